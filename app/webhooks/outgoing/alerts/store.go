package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes thresholds and what was told. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// wanted returns the types of event that the organisation's endpoints want.
func (s store) wanted(ctx context.Context, q postgres.Querier, orgID string) ([]string, error) {
	wanted, err := s.queries.EndpointWantedList(ctx, q, &sqlc.EndpointWantedListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("get wanted events: %w", err)
	}
	return wanted, nil
}

// lockOrganisation makes new thresholds of an organisation queue, so that their number stays bounded.
func (s store) lockOrganisation(ctx context.Context, tx postgres.Querier, orgID string) error {
	if _, err := s.queries.EndpointOrganisationLock(ctx, tx, &sqlc.EndpointOrganisationLockParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("lock organisation: %w", err)
	}
	return nil
}

func (s store) upsert(ctx context.Context, tx postgres.Querier, t Threshold) (Threshold, error) {
	row, err := s.queries.ThresholdUpsert(ctx, tx, &sqlc.ThresholdUpsertParams{
		OrgID: t.OrgID, ID: t.ID, Metric: string(t.Metric), Direction: string(t.Direction), Value: t.Value, BranchID: t.BranchID, UpdatedBy: t.UpdatedBy,
		Now: t.UpdatedAt,
	})
	if err != nil {
		return Threshold{}, fmt.Errorf("upsert threshold: %w", err)
	}
	return fromRow(row), nil
}

// list returns all thresholds; lock keeps others from changing them until the transaction ends.
func (s store) list(ctx context.Context, q postgres.Querier, orgID string, lock bool) ([]Threshold, error) {
	var rows []*sqlc.KpiThreshold
	var err error
	if lock {
		rows, err = s.queries.ThresholdLock(ctx, q, &sqlc.ThresholdLockParams{OrgID: orgID})
	} else {
		rows, err = s.queries.ThresholdList(ctx, q, &sqlc.ThresholdListParams{OrgID: orgID})
	}
	if err != nil {
		return nil, fmt.Errorf("list thresholds: %w", err)
	}
	thresholds := make([]Threshold, len(rows))
	for i, row := range rows {
		thresholds[i] = fromRow(row)
	}
	return thresholds, nil
}

// tell writes down where the figures stand.
func (s store) tell(ctx context.Context, tx postgres.Querier, orgID string, thresholds []Threshold) error {
	p := &sqlc.ThresholdTellParams{OrgID: orgID}
	for _, t := range thresholds {
		p.Ids = append(p.Ids, t.ID)
		p.Crossed = append(p.Crossed, t.Crossed)
		p.ToldOn = append(p.ToldOn, t.ToldOn)
	}
	if err := s.queries.ThresholdTell(ctx, tx, p); err != nil {
		return fmt.Errorf("update thresholds: %w", err)
	}
	return nil
}

// remove returns false if there is no such threshold.
func (s store) remove(ctx context.Context, tx postgres.Querier, orgID, id string) (bool, error) {
	rows, err := s.queries.ThresholdDelete(ctx, tx, &sqlc.ThresholdDeleteParams{OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("delete threshold: %w", err)
	}
	return rows == 1, nil
}

// insertAlerts writes down which targets of a month are exceeded and returns those that weren't told before.
func (s store) insertAlerts(ctx context.Context, tx postgres.Querier, orgID, period string, exceeded []excess, now time.Time) ([]excess, error) {
	p := &sqlc.BudgetAlertInsertParams{OrgID: orgID, Period: period, Now: now}
	for _, e := range exceeded {
		p.BranchIds = append(p.BranchIds, e.branchID)
		p.Metrics = append(p.Metrics, e.metric)
	}
	rows, err := s.queries.BudgetAlertInsert(ctx, tx, p)
	if err != nil {
		return nil, fmt.Errorf("insert budget alerts: %w", err)
	}
	fresh := make(map[string]bool, len(rows))
	for _, r := range rows {
		fresh[r.BranchID+" "+r.Metric] = true
	}
	var untold []excess
	for _, e := range exceeded {
		if fresh[e.branchID+" "+e.metric] {
			untold = append(untold, e)
		}
	}
	return untold, nil
}

func fromRow(r *sqlc.KpiThreshold) Threshold {
	t := Threshold{
		BranchID: r.BranchID, CreatedAt: r.CreatedAt, Crossed: r.Crossed, Direction: Direction(r.Direction), ID: r.ID, Metric: Metric(r.Metric),
		OrgID: r.OrgID, UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy, Value: r.Value,
	}
	if r.ToldOn != nil {
		t.ToldOn = *r.ToldOn
	}
	return t
}
