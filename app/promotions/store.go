package promotions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes promotions. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// insert writes a draft with its codes. It returns false if the id is taken.
func (s store) insert(ctx context.Context, tx postgres.Querier, orgID string, p *Promotion) (bool, error) {
	terms, err := json.Marshal(p.Terms)
	if err != nil {
		return false, fmt.Errorf("encode terms: %w", err)
	}
	inserted, err := s.queries.PromotionInsert(ctx, tx, &sqlc.PromotionInsertParams{
		OrgID: orgID, ID: p.ID, Terms: terms, Name: p.Terms.Name, Priority: p.Terms.Priority, StartsAt: nullTime(p.Terms.StartsAt),
		EndsAt: nullTime(p.Terms.EndsAt), LimitTotal: p.Terms.LimitTotal, Author: p.Author, Now: p.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert promotion: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	return true, s.setCoupons(ctx, tx, orgID, p)
}

func (s store) lock(ctx context.Context, tx postgres.Querier, orgID, id string) (Promotion, error) {
	row, err := s.queries.PromotionLock(ctx, tx, &sqlc.PromotionLockParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Promotion{}, fault.NotFound("promotion", id)
	}
	if err != nil {
		return Promotion{}, fmt.Errorf("lock promotion: %w", err)
	}
	return fromRow(row, 0)
}

// update writes new terms and codes.
func (s store) update(ctx context.Context, tx postgres.Querier, orgID string, p *Promotion) error {
	terms, err := json.Marshal(p.Terms)
	if err != nil {
		return fmt.Errorf("encode terms: %w", err)
	}
	err = s.queries.PromotionUpdate(ctx, tx, &sqlc.PromotionUpdateParams{
		OrgID: orgID, ID: p.ID, Status: string(p.Status), Terms: terms, Name: p.Terms.Name, Priority: p.Terms.Priority,
		StartsAt: nullTime(p.Terms.StartsAt), EndsAt: nullTime(p.Terms.EndsAt), LimitTotal: p.Terms.LimitTotal, Revision: p.Revision,
		Author: p.Author, ApprovedBy: nullText(p.ApprovedBy), UpdatedAt: p.UpdatedAt,
	})
	if postgres.IsCheckViolation(err, "promotions_limit") {
		return fault.Invalid("terms.limits.total", "must not be less than what was redeemed already")
	}
	if err != nil {
		return fmt.Errorf("update promotion: %w", err)
	}
	return s.setCoupons(ctx, tx, orgID, p)
}

func (s store) setCoupons(ctx context.Context, tx postgres.Querier, orgID string, p *Promotion) error {
	codes := p.Terms.CouponCodes
	if codes == nil {
		codes = []string{}
	}
	err := s.queries.PromotionCouponDeleteOthers(ctx, tx, &sqlc.PromotionCouponDeleteOthersParams{OrgID: orgID, PromotionID: p.ID, Codes: codes})
	if err != nil {
		return fmt.Errorf("delete coupons: %w", err)
	}
	err = s.queries.PromotionCouponUpsert(ctx, tx, &sqlc.PromotionCouponUpsertParams{
		OrgID: orgID, PromotionID: p.ID, LimitEach: p.Terms.LimitPerCoupon, Codes: codes,
	})
	if postgres.IsCheckViolation(err, "promotion_coupons_limit") {
		return fault.Invalid("terms.limits.per_coupon", "must not be less than what was redeemed of a code already")
	}
	if err != nil {
		return fmt.Errorf("upsert coupons: %w", err)
	}
	return nil
}

func (s store) setStatus(ctx context.Context, tx postgres.Querier, orgID string, p *Promotion) error {
	err := s.queries.PromotionSetStatus(ctx, tx, &sqlc.PromotionSetStatusParams{
		OrgID: orgID, ID: p.ID, Status: string(p.Status), Revision: p.Revision, ApprovedBy: nullText(p.ApprovedBy), UpdatedAt: p.UpdatedAt,
	})
	if err != nil {
		return fmt.Errorf("set status of promotion: %w", err)
	}
	return nil
}

func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string) (Promotion, error) {
	row, err := s.queries.PromotionGet(ctx, q, &sqlc.PromotionGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Promotion{}, fault.NotFound("promotion", id)
	}
	if err != nil {
		return Promotion{}, fmt.Errorf("get promotion: %w", err)
	}
	return fromListRow((*sqlc.PromotionListRow)(row))
}

// cursor is the last promotion of a page.
type cursor struct {
	CreatedAt time.Time `json:"at"`
	ID        string    `json:"id"`
	Rank      int32     `json:"r"` // priority, negated
}

func (s store) list(ctx context.Context, q postgres.Querier, orgID string, f Filter, after cursor, size int32) ([]Promotion, error) {
	statuses := make([]string, len(f.Statuses))
	for i, status := range f.Statuses {
		statuses[i] = string(status)
	}
	rows, err := s.queries.PromotionList(ctx, q, &sqlc.PromotionListParams{
		OrgID: orgID, Statuses: statuses, BranchID: f.BranchID, CouponCode: f.CouponCode, HoldsAt: nullTime(f.HoldsAt), NameContains: f.NameContains,
		AfterRank: after.Rank, AfterCreatedAt: after.CreatedAt, AfterID: after.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list promotions: %w", err)
	}
	promotions := make([]Promotion, len(rows))
	for i, row := range rows {
		if promotions[i], err = fromListRow(row); err != nil {
			return nil, err
		}
	}
	return promotions, nil
}

func (s store) listActive(ctx context.Context, q postgres.Querier, orgID string) ([]*pricing.Promotion, error) {
	rows, err := s.queries.PromotionListActive(ctx, q, &sqlc.PromotionListActiveParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list active promotions: %w", err)
	}
	active := make([]*pricing.Promotion, len(rows))
	for i, row := range rows {
		active[i] = &pricing.Promotion{CreatedAt: row.CreatedAt, ID: row.ID}
		if err := json.Unmarshal(row.Terms, &active[i].Terms); err != nil {
			return nil, fmt.Errorf("decode terms of promotion %s: %w", row.ID, err)
		}
	}
	return active, nil
}

// listExclusive returns the exclusive promotions beside one that are not archived.
func (s store) listExclusive(ctx context.Context, q postgres.Querier, orgID, besides string) ([]Promotion, error) {
	rows, err := s.queries.PromotionListExclusive(ctx, q, &sqlc.PromotionListExclusiveParams{OrgID: orgID, ID: besides})
	if err != nil {
		return nil, fmt.Errorf("list exclusive promotions: %w", err)
	}
	others := make([]Promotion, len(rows))
	for i, row := range rows {
		others[i].ID = row.ID
		if err := json.Unmarshal(row.Terms, &others[i].Terms); err != nil {
			return nil, fmt.Errorf("decode terms of promotion %s: %w", row.ID, err)
		}
	}
	return others, nil
}

func (s store) unknownCategories(ctx context.Context, q postgres.Querier, orgID string, categories []string) ([]string, error) {
	if len(categories) == 0 {
		return nil, nil
	}
	unknown, err := s.queries.PromotionCategoryMissing(ctx, q, &sqlc.PromotionCategoryMissingParams{OrgID: orgID, Categories: categories})
	if err != nil {
		return nil, fmt.Errorf("list unknown categories: %w", err)
	}
	return unknown, nil
}

func (s store) bumpVersion(ctx context.Context, tx postgres.Querier, orgID string) error {
	if err := s.queries.PromotionVersionBump(ctx, tx, &sqlc.PromotionVersionBumpParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("bump version of promotions: %w", err)
	}
	return nil
}

func fromListRow(r *sqlc.PromotionListRow) (Promotion, error) {
	return fromRow(&sqlc.Promotion{
		ID: r.ID, Status: r.Status, Terms: r.Terms, Revision: r.Revision, Author: r.Author, ApprovedBy: r.ApprovedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}, r.Redemptions)
}

func fromRow(r *sqlc.Promotion, redeemed int64) (Promotion, error) {
	p := Promotion{
		Author: r.Author, CreatedAt: r.CreatedAt, ID: r.ID, Redeemed: redeemed, Revision: r.Revision, Status: Status(r.Status), UpdatedAt: r.UpdatedAt,
	}
	if r.ApprovedBy != nil {
		p.ApprovedBy = *r.ApprovedBy
	}
	if err := json.Unmarshal(r.Terms, &p.Terms); err != nil {
		return Promotion{}, fmt.Errorf("decode terms of promotion %s: %w", r.ID, err)
	}
	return p, nil
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s store) currency(ctx context.Context, q postgres.Querier, orgID string) (string, error) {
	currency, err := s.queries.OrganisationCurrencyGet(ctx, q, &sqlc.OrganisationCurrencyGetParams{OrgID: orgID})
	if err != nil {
		return "", fmt.Errorf("get currency of organisation: %w", err)
	}
	return currency, nil
}
