package outgoing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes endpoints and what goes to them. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// lockOrganisation makes changes of an organisation's endpoints queue.
func (s store) lockOrganisation(ctx context.Context, tx postgres.Querier, orgID string) error {
	if _, err := s.queries.EndpointOrganisationLock(ctx, tx, &sqlc.EndpointOrganisationLockParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("lock organisation: %w", err)
	}
	return nil
}

// updateOrganisation writes down what all enabled endpoints want.
func (s store) updateOrganisation(ctx context.Context, tx postgres.Querier, orgID string) error {
	if err := s.queries.EndpointOrganisationUpdate(ctx, tx, &sqlc.EndpointOrganisationUpdateParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("update organisation: %w", err)
	}
	return nil
}

func (s store) insert(ctx context.Context, tx postgres.Querier, e *Endpoint) error {
	err := s.queries.EndpointInsert(ctx, tx, &sqlc.EndpointInsertParams{
		OrgID: e.OrgID, ID: e.ID, Url: e.URL, Description: e.Description, Events: e.Events, BranchIds: present(e.BranchIDs), Now: e.CreatedAt,
		Secret: e.Secret, CreatedBy: e.CreatedBy,
	})
	if err != nil {
		return fmt.Errorf("insert endpoint: %w", err)
	}
	return nil
}

// get returns an endpoint, or not_found; lock keeps others from changing it until the transaction ends.
func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string, lock bool) (*Endpoint, error) {
	var row *sqlc.Endpoint
	var err error
	if lock {
		row, err = s.queries.EndpointLock(ctx, q, &sqlc.EndpointLockParams{OrgID: orgID, ID: id})
	} else {
		row, err = s.queries.EndpointGet(ctx, q, &sqlc.EndpointGetParams{OrgID: orgID, ID: id})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound(id)
	}
	if err != nil {
		return nil, fmt.Errorf("get endpoint: %w", err)
	}
	return fromRow(row), nil
}

func (s store) list(ctx context.Context, q postgres.Querier, orgID string) ([]*Endpoint, error) {
	rows, err := s.queries.EndpointList(ctx, q, &sqlc.EndpointListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	endpoints := make([]*Endpoint, len(rows))
	for i, row := range rows {
		endpoints[i] = fromRow(row)
	}
	return endpoints, nil
}

// subscribers returns the enabled endpoints with what they want, and nothing else of them.
func (s store) subscribers(ctx context.Context, q postgres.Querier, orgID string) ([]Endpoint, error) {
	rows, err := s.queries.EndpointListEnabled(ctx, q, &sqlc.EndpointListEnabledParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list enabled endpoints: %w", err)
	}
	endpoints := make([]Endpoint, len(rows))
	for i, r := range rows {
		endpoints[i] = Endpoint{ID: r.ID, Subscription: Subscription{BranchIDs: r.BranchIds, Events: r.Events}}
	}
	return endpoints, nil
}

func (s store) update(ctx context.Context, tx postgres.Querier, e *Endpoint) error {
	err := s.queries.EndpointUpdate(ctx, tx, &sqlc.EndpointUpdateParams{
		OrgID: e.OrgID, ID: e.ID, Url: e.URL, Description: e.Description, Events: e.Events, BranchIds: present(e.BranchIDs), State: string(e.State),
		StateReason: e.StateReason, StateSince: e.StateSince, Secret: e.Secret, OldSecret: e.OldSecret, OldSecretUntil: nullTime(e.OldSecretUntil),
		FailingSince: nullTime(e.FailingSince), Exhausted: e.Exhausted, UpdatedAt: e.UpdatedAt, DeletedAt: nullTime(e.DeletedAt),
	})
	if err != nil {
		return fmt.Errorf("update endpoint: %w", err)
	}
	return nil
}

func (s store) deleteOldEndpoints(ctx context.Context, q postgres.Querier, orgID string, before time.Time) (int64, error) {
	deleted, err := s.queries.EndpointDeleteOld(ctx, q, &sqlc.EndpointDeleteOldParams{OrgID: orgID, Before: before})
	if err != nil {
		return 0, fmt.Errorf("delete old endpoints: %w", err)
	}
	return deleted, nil
}

func fromRow(r *sqlc.Endpoint) *Endpoint {
	return &Endpoint{
		Subscription: Subscription{BranchIDs: r.BranchIds, Description: r.Description, Events: r.Events, URL: r.Url},
		CreatedAt:    r.CreatedAt, CreatedBy: r.CreatedBy, DeletedAt: timeOf(r.DeletedAt), Exhausted: r.Exhausted, FailingSince: timeOf(r.FailingSince),
		ID: r.ID, OldSecret: r.OldSecret, OldSecretUntil: timeOf(r.OldSecretUntil), OrgID: r.OrgID, Secret: r.Secret, State: State(r.State),
		StateReason: r.StateReason, StateSince: r.StateSince, UpdatedAt: r.UpdatedAt,
	}
}

// present is a list that isn't NULL.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
