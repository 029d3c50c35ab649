package branch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a machine may have no zones of its own

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Get returns a branch of the caller's organisation. One that doesn't exist and one outside the caller's scope are the
// same not_found.
func Get(ctx context.Context, q postgres.Querier, c caller.Caller, id string) (Branch, error) {
	if !c.MayBranch(id) {
		return Branch{}, fault.NotFound("branch", id)
	}
	row, err := sqlc.New().BranchGet(ctx, q, &sqlc.BranchGetParams{OrgID: c.OrgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Branch{}, fault.NotFound("branch", id)
	}
	if err != nil {
		return Branch{}, fmt.Errorf("get branch: %w", err)
	}
	return fromRow(sqlc.BranchListRow(*row))
}

// List returns the branches in the caller's scope, by id.
func List(ctx context.Context, q postgres.Querier, c caller.Caller) ([]Branch, error) {
	rows, err := sqlc.New().BranchList(ctx, q, &sqlc.BranchListParams{OrgID: c.OrgID})
	if err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	branches := make([]Branch, 0, len(rows))
	for _, row := range rows {
		if !c.MayBranch(row.ID) {
			continue
		}
		b, err := fromRow(*row)
		if err != nil {
			return nil, err
		}
		branches = append(branches, b)
	}
	return branches, nil
}

func fromRow(row sqlc.BranchListRow) (Branch, error) {
	location, err := Zone(row.TimeZone)
	if err != nil {
		return Branch{}, fmt.Errorf("load zone of branch %s: %w", row.ID, err)
	}
	return Branch{
		CutoffMinutes:     int(row.DayCutoffMinutes),
		Currency:          row.Currency,
		ID:                row.ID,
		Location:          location,
		Name:              row.Name,
		OpenedOn:          row.OpenedOn,
		OrgID:             row.OrgID,
		PromotionMode:     row.PromotionMode,
		PromotionsVersion: row.PromotionsVersion,
		ServiceTarget:     time.Duration(row.ServiceTargetSeconds) * time.Second,
		TimeZone:          row.TimeZone,
		WebhookEvents:     row.WebhookEvents,
	}, nil
}

// zones keeps parsed zones: time.LoadLocation reads a file on every call.
var zones sync.Map

// Zone returns an IANA time zone by name. The empty name and `Local` are none: they mean whatever the machine is set to.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not an IANA time zone", name)
	}
	if found, ok := zones.Load(name); ok {
		return found.(*time.Location), nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, location)
	return location, nil
}
