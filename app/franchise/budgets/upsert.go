package budgets

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// entry is a target with the branch and month that it is for.
type entry struct {
	Target
	branchID string
	month    civil.Month
}

// key tells entries for the same branch and month.
type key struct {
	branchID string
	month    civil.Month
}

// Upsert sets targets, all or none, in the transaction that it is given. A branch and month may be named once.
func (s *Service) Upsert(ctx context.Context, tx postgres.Querier, targets []*franchisev1.BudgetTarget) error {
	c := caller.From(ctx)
	o, err := organisation.Load(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	entries := make([]entry, len(targets))
	seen := make(map[key]int, len(targets))
	for i, t := range targets {
		field := fmt.Sprintf("targets[%d]", i)
		e, err := entryFromProto(field, t)
		if err != nil {
			return err
		}
		if err := check(field, o, c, e, t.GetCurrency()); err != nil {
			return err
		}
		k := key{e.branchID, e.month}
		if first, ok := seen[k]; ok {
			return fault.Invalid(field, fmt.Sprintf("must not repeat the branch and month of targets[%d]", first))
		}
		seen[k], entries[i] = i, e
	}
	return upsert(ctx, tx, o.ID, entries, c.ActorID(), s.clock())
}

func check(field string, o *organisation.Organisation, c caller.Caller, e entry, currency string) error {
	if _, ok := o.Branch(e.branchID); !ok || !c.MayBranch(e.branchID) {
		err := fault.NotFound("branch", e.branchID)
		err.Message = field + ".branch_id: " + err.Message
		return err
	}
	if currency != "" && currency != o.Currency {
		return fault.Invalid(field+".currency", "must be "+o.Currency+", the organisation's currency").WithReason("CURRENCY_MISMATCH")
	}
	return nil
}

func entryFromProto(field string, t *franchisev1.BudgetTarget) (entry, error) {
	month, err := ranges.ParsePeriod(t.GetPeriod())
	if err != nil {
		return entry{}, fault.Invalid(field+".period", "must be a month of the form YYYY-MM from 2000-01 to 2199-12")
	}
	return entry{
		Target: Target{
			Amounts: Amounts{COGS: t.GetCogs(), Revenue: t.GetRevenue(), Waste: t.GetWaste()},
			Weights: t.GetWeekdayWeights(),
		},
		branchID: t.GetBranchId(),
		month:    month,
	}, nil
}
