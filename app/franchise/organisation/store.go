package organisation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Store is the Directory that asks the database each time.
type Store struct {
	db postgres.Querier
}

var _ Directory = (*Store)(nil)

// NewStore returns a Directory over db.
func NewStore(db *postgres.DB) *Store { return &Store{db: db} }

// Organisation implements [Directory].
func (s *Store) Organisation(ctx context.Context, orgID string) (*Organisation, error) {
	return Load(ctx, s.db, orgID)
}

// Load reads an organisation in one statement, as q sees it.
func Load(ctx context.Context, q postgres.Querier, orgID string) (*Organisation, error) {
	rows, err := sqlc.New().OrganisationDirectory(ctx, q, &sqlc.OrganisationDirectoryParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("load organisation: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.NotFound("organisation", orgID)
	}
	first := rows[0]
	settings := Settings{
		AdFundRateBP:  int64(first.AdFundRateBp),
		Currency:      first.Currency,
		CutoffMinutes: int(first.DayCutoffMinutes),
		Name:          first.OrgName,
		PromotionMode: first.PromotionMode,
		RoyaltyBase:   RoyaltyBase(first.RoyaltyBase),
		RoyaltyFloor:  first.RoyaltyFloor,
		RoyaltyRateBP: int64(first.RoyaltyRateBp),
		WasteCapBP:    int64(first.WasteCapBp),
		Weights: Weights{
			Margin: first.WeightMargin, Revenue: first.WeightRevenue, Service: first.WeightService, Waste: first.WeightWaste,
		},
	}
	branches := make([]branch.Branch, 0, len(rows))
	for _, row := range rows {
		if row.BranchID == nil {
			continue
		}
		location, err := branch.Zone(*row.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("load zone of branch %s: %w", *row.BranchID, err)
		}
		branches = append(branches, branch.Branch{
			CutoffMinutes: settings.CutoffMinutes,
			Currency:      settings.Currency,
			ID:            *row.BranchID,
			Location:      location,
			Name:          *row.BranchName,
			OpenedOn:      *row.OpenedOn,
			OrgID:         orgID,
			ServiceTarget: time.Duration(*row.ServiceTargetSeconds) * time.Second,
			TimeZone:      *row.TimeZone,
		})
	}
	return New(orgID, settings, branches), nil
}

// upsertBranch writes b. A zero opening date keeps the one that stands; a new branch then opens on opensOn. It returns the
// opening date that holds.
func upsertBranch(ctx context.Context, tx postgres.Querier, b branch.Branch, opensOn civil.Date, now time.Time) (civil.Date, error) {
	params := &sqlc.BranchUpsertParams{
		OrgID: b.OrgID, ID: b.ID, Name: b.Name, TimeZone: b.TimeZone,
		ServiceTargetSeconds: int32(b.ServiceTarget / time.Second),
		DefaultOpenedOn:      opensOn, CreatedAt: now,
	}
	if !b.OpenedOn.IsZero() {
		params.OpenedOn = &b.OpenedOn
	}
	openedOn, err := sqlc.New().BranchUpsert(ctx, tx, params)
	if err != nil {
		return civil.Date{}, fmt.Errorf("upsert branch: %w", err)
	}
	return openedOn, nil
}

func updateSettings(ctx context.Context, tx postgres.Querier, orgID string, change Change) (Settings, error) {
	params := &sqlc.OrganisationUpdateParams{
		OrgID: orgID, Name: change.Name, DayCutoffMinutes: change.CutoffMinutes, WasteCapBp: change.WasteCapBP,
		RoyaltyBase: (*string)(change.RoyaltyBase), RoyaltyRateBp: change.RoyaltyRateBP, RoyaltyFloor: change.RoyaltyFloor,
		AdFundRateBp: change.AdFundRateBP, PromotionMode: change.PromotionMode,
	}
	if w := change.Weights; w != nil {
		params.WeightMargin, params.WeightRevenue = float8(w.Margin), float8(w.Revenue)
		params.WeightService, params.WeightWaste = float8(w.Service), float8(w.Waste)
	}
	row, err := sqlc.New().OrganisationUpdate(ctx, tx, params)
	if errors.Is(err, pgx.ErrNoRows) {
		return Settings{}, fault.NotFound("organisation", orgID)
	}
	if err != nil {
		return Settings{}, fmt.Errorf("update organisation: %w", err)
	}
	return Settings{
		AdFundRateBP:  int64(row.AdFundRateBp),
		Currency:      row.Currency,
		CutoffMinutes: int(row.DayCutoffMinutes),
		Name:          row.Name,
		PromotionMode: row.PromotionMode,
		RoyaltyBase:   RoyaltyBase(row.RoyaltyBase),
		RoyaltyFloor:  row.RoyaltyFloor,
		RoyaltyRateBP: int64(row.RoyaltyRateBp),
		WasteCapBP:    int64(row.WasteCapBp),
		Weights: Weights{
			Margin: row.WeightMargin, Revenue: row.WeightRevenue, Service: row.WeightService, Waste: row.WeightWaste,
		},
	}, nil
}

func float8(f float64) pgtype.Float8 { return pgtype.Float8{Float64: f, Valid: true} }
