package inventory_test

import (
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func (b *testBundle) wasteRequest(id string, quantity float64) *inventoryv1.RecordWastageRequest {
	return &inventoryv1.RecordWastageRequest{WastageId: id, BranchId: b.branch, ItemId: b.item, Quantity: quantity, Reason: "expired"}
}

func TestRecordWastage(t *testing.T) {
	t.Parallel()

	t.Run("BooksTheCostOfTheOldestBatches", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 2, "4000")
		b.clock.Advance(time.Minute)
		b.batch(t, 1, "4600")
		req := b.wasteRequest("", 3)
		req.WastedAt = timestamppb.New(time.Date(2024, time.November, 8, 0, 30, 0, 0, time.UTC)) // 03:30 in Kampala
		resp, err := b.client.RecordWastage(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, int64(12_600), resp.GetWastage().GetCost())
		require.Equal(t, "2024-11-07", resp.GetWastage().GetBusinessDate())
		require.Equal(t, b.owner.UserID, resp.GetWastage().GetRecordedBy())
		_, waste := b.day(t, "2024-11-07")
		require.Equal(t, int64(12_600), waste)
		b.reconciled(t)
	})

	t.Run("RefusesMoreThanIsOnHandAndBooksNothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 2, "4000")
		_, err := b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2.001))
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "INSUFFICIENT_STOCK", reason)
		_, err = b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2))
		require.NoError(t, err, "a refused record leaves its id free")
		b.reconciled(t)
	})

	t.Run("AnswersAResendWithTheFirstRecord", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "4000")
		first, err := b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2))
		require.NoError(t, err)
		b.clock.Advance(time.Hour)
		second, err := b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2))
		require.NoError(t, err)
		require.True(t, proto.Equal(first, second), "%v", second)
		_, waste := b.day(t, "2024-11-08")
		require.Equal(t, int64(8_000), waste)
		b.reconciled(t)
	})

	t.Run("RefusesOtherContentUnderAnIDThatIsTaken", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "4000")
		_, err := b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2))
		require.NoError(t, err)
		_, err = b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 3))
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeAlreadyExists, code)
		require.Equal(t, "WASTAGE_ID_TAKEN", reason)
		b.reconciled(t)
	})

	t.Run("BooksOnceWhenResentAtTheSameTime", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "4000")
		var group sync.WaitGroup
		costs := make([]int64, 12)
		for i := range costs {
			group.Go(func() {
				resp, err := b.client.RecordWastage(t.Context(), b.wasteRequest("W1", 2))
				if err == nil {
					costs[i] = resp.GetWastage().GetCost()
				}
			})
		}
		group.Wait()
		for _, cost := range costs {
			require.Equal(t, int64(8_000), cost)
		}
		_, waste := b.day(t, "2024-11-08")
		require.Equal(t, int64(8_000), waste)
		b.reconciled(t)
	})
}

func TestWastageStaysInTheCallersBranch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.batch(t, 10, "4000")
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	stranger := factory.Organisation(t, b.db, factory.OrgOpts{})
	key := func(branch string, scopes ...string) caller.Caller {
		return caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", BranchID: branch, OrgID: b.owner.OrgID, Scopes: scopes}
	}
	cases := map[string]struct {
		caller caller.Caller
		code   connect.Code
	}{
		"staff of the branch":         {factory.As(b.owner, caller.RoleStaff, b.branch), 0},
		"staff of another branch":     {factory.As(b.owner, caller.RoleStaff, other), connect.CodeNotFound},
		"a manager":                   {factory.As(b.owner, caller.RoleManager, ""), 0},
		"a key of the branch":         {key(b.branch, "inventory:write"), 0},
		"a key of another branch":     {key(other, "inventory:write"), connect.CodeNotFound},
		"a key without the scope":     {key(b.branch, "orders:write"), connect.CodePermissionDenied},
		"an owner of somewhere else":  {stranger, connect.CodeNotFound},
		"a supervisor of the branch":  {factory.As(b.owner, caller.RoleSupervisor, b.branch), 0},
		"a supervisor from elsewhere": {factory.As(b.owner, caller.RoleSupervisor, other), connect.CodeNotFound},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.as(tc.caller).RecordWastage(t.Context(), b.wasteRequest("", 0.5))
			if tc.code == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.code, connect.CodeOf(err), "%v", err)
		})
	}
}

func TestListsPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var batches, wastage []string
	for i := range 5 {
		batches = append(batches, b.batch(t, 1, "4000").GetId())
		b.clock.Advance(time.Duration(i%2) * time.Minute) // some at the same instant
	}
	for range 5 {
		resp, err := b.client.RecordWastage(t.Context(), b.wasteRequest("", 0.5))
		require.NoError(t, err)
		wastage = append(wastage, resp.GetWastage().GetId())
		b.clock.Advance(time.Minute)
	}

	t.Run("Batches", func(t *testing.T) {
		t.Parallel()
		for includeEmpty, want := range map[bool][]string{true: batches, false: batches[2:]} {
			got := pages(t, func(token string) ([]string, string) {
				resp, err := b.client.ListBatches(t.Context(), &inventoryv1.ListBatchesRequest{
					BranchId: b.branch, IncludeEmpty: includeEmpty, ItemId: b.item, PageSize: 2, PageToken: token,
				})
				require.NoError(t, err)
				return idsOf(resp.GetBatches()), resp.GetNextPageToken()
			})
			require.Equal(t, want, got)
		}
	})

	t.Run("Wastage", func(t *testing.T) {
		t.Parallel()
		got := pages(t, func(token string) ([]string, string) {
			resp, err := b.client.ListWastage(t.Context(), &inventoryv1.ListWastageRequest{BranchId: b.branch, PageSize: 2, PageToken: token})
			require.NoError(t, err)
			return idsOf(resp.GetWastage()), resp.GetNextPageToken()
		})
		require.Len(t, got, 5)
		for i := range got {
			require.Equal(t, wastage[len(wastage)-1-i], got[i], "newest first")
		}
	})

	t.Run("Items", func(t *testing.T) {
		t.Parallel()
		for range 3 {
			factory.Item(t, b.db, b.owner)
		}
		got := pages(t, func(token string) ([]string, string) {
			resp, err := b.client.ListItems(t.Context(), &inventoryv1.ListItemsRequest{PageSize: 3, PageToken: token})
			require.NoError(t, err)
			return idsOf(resp.GetItems()), resp.GetNextPageToken()
		})
		require.Len(t, got, 4)
		require.IsIncreasing(t, got)
	})
}

func pages(t *testing.T, load func(token string) (ids []string, next string)) []string {
	t.Helper()
	ids, token := load("")
	for token != "" {
		var more []string
		more, token = load(token)
		require.NotEmpty(t, more)
		ids = append(ids, more...)
	}
	return ids
}

func idsOf[Row interface{ GetId() string }](rows []Row) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.GetId()
	}
	return ids
}

func TestWastageOfARange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.batch(t, 20, "4000")
	waste := func(reason string, quantity float64) string {
		resp, err := b.client.RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{BranchId: b.branch, ItemId: b.item, Quantity: quantity, Reason: reason})
		require.NoError(t, err)
		b.clock.Advance(time.Minute)
		return resp.GetWastage().GetId()
	}
	waste("expired", 1)
	b.clock.Set(noon.AddDate(0, 0, 1))
	first, second, third := waste("expired", 2), waste("dropped", 0.5), waste("expired", 0.25)
	b.clock.Set(noon.AddDate(0, 0, 2))
	waste("expired", 4)

	t.Run("ListsItPageByPageWithTheTotalsOnTheFirst", func(t *testing.T) {
		t.Parallel()
		req := &inventoryv1.ListWastageRequest{BranchId: b.branch, StartDate: "2024-11-09", EndDate: "2024-11-09", PageSize: 2}
		resp, err := b.client.ListWastage(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, []string{third, second}, idsOf(resp.GetWastage()))
		require.Equal(t, "UGX", resp.GetCurrency())
		want := []*inventoryv1.WastageTotal{
			{Reason: "dropped", ItemId: b.item, ItemName: b.item, BaseUnit: "kg", Records: 1, Quantity: 0.5, Cost: 2_000},
			{Reason: "expired", ItemId: b.item, ItemName: b.item, BaseUnit: "kg", Records: 2, Quantity: 2.25, Cost: 9_000},
		}
		require.Len(t, resp.GetTotals(), len(want))
		for i := range want {
			require.True(t, proto.Equal(want[i], resp.GetTotals()[i]), "%v", resp.GetTotals()[i])
		}
		req.PageToken = resp.GetNextPageToken()
		resp, err = b.client.ListWastage(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, []string{first}, idsOf(resp.GetWastage()))
		require.Empty(t, resp.GetTotals())
	})

	t.Run("HasNoTotalsWithoutARange", func(t *testing.T) {
		t.Parallel()
		resp, err := b.client.ListWastage(t.Context(), &inventoryv1.ListWastageRequest{BranchId: b.branch})
		require.NoError(t, err)
		require.Len(t, resp.GetWastage(), 5)
		require.Empty(t, resp.GetTotals())
	})

	t.Run("RefusesARangeThatIsNone", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct{ start, end, field string }{
			"half a range":              {"2024-11-09", "", "end_date"},
			"the other half":            {"", "2024-11-09", "start_date"},
			"a date that doesn't exist": {"2024-02-30", "2024-11-09", "start_date"},
			"the end before the start":  {"2024-11-09", "2024-11-08", "end_date"},
			"401 days":                  {"2024-01-01", "2025-02-04", "end_date"},
		} {
			_, err := b.client.ListWastage(t.Context(), &inventoryv1.ListWastageRequest{BranchId: b.branch, StartDate: c.start, EndDate: c.end})
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, name)
			require.Equal(t, []string{c.field}, fields, name)
		}
		_, err := b.client.ListWastage(t.Context(), &inventoryv1.ListWastageRequest{BranchId: b.branch, StartDate: "2024-01-01", EndDate: "2025-02-03"})
		require.NoError(t, err, "400 days")
	})
}
