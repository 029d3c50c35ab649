package promotions_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
	promotionsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1/promotionsv1connect"
)

// halfPastFive in Kampala, a Friday.
var halfPastFive = time.Date(2024, time.November, 8, 14, 30, 0, 0, time.UTC)

type testBundle struct {
	beer, burger, dessert string
	branch                string
	clock                 *clock.Manual
	db                    *postgres.DB
	manager, owner        caller.Caller
	orders                ordersv1connect.OrderServiceClient
	promotions            promotionsv1connect.PromotionServiceClient
	server                *rpctest.Server
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(halfPastFive), db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	b.manager = factory.As(b.owner, caller.RoleManager, "")
	b.branch = factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.burger = b.dish(t, "FOOD", 15_000)
	b.beer = b.dish(t, "DRINK", 6000)
	b.dessert = b.dish(t, "FOOD", 7000)
	pricer := promotions.NewPricer()
	promotionHandler := promotions.NewHandler(b.db, promotions.NewService(b.clock.Now), pricer)
	orderHandler := orders.NewHandler(b.db, orders.NewService(b.clock.Now, pricer, nil), rpctest.Validate)
	b.server = rpctest.New(t, rpc.Service{
		Name: promotionsv1connect.PromotionServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return promotionsv1connect.NewPromotionServiceHandler(promotionHandler, options...)
		},
	}, rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(orderHandler, options...)
		},
	})
	b.orders = ordersv1connect.NewOrderServiceClient(b.server.As(b.owner), b.server.URL)
	b.promotions = b.as(b.owner)
	return b
}

func (b *testBundle) as(c caller.Caller) promotionsv1connect.PromotionServiceClient {
	return promotionsv1connect.NewPromotionServiceClient(b.server.As(c), b.server.URL)
}

func (b *testBundle) dish(t *testing.T, category string, price int64) string {
	t.Helper()
	id := factory.MenuItem(t, b.db, b.owner, price, nil)
	_, err := b.db.Exec(t.Context(), "UPDATE menu_items SET category = $1 WHERE id = $2", category, id)
	require.NoError(t, err)
	return id
}

// activate writes and activates a promotion that needs no approval.
func (b *testBundle) activate(t *testing.T, id string, terms *promotionsv1.Terms) {
	t.Helper()
	terms.Name, terms.ApprovalRequired = id, new(bool)
	_, err := b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{PromotionId: id, Terms: terms})
	require.NoError(t, err)
	_, err = b.promotions.ActivatePromotion(t.Context(), &promotionsv1.ActivatePromotionRequest{PromotionId: id})
	require.NoError(t, err)
}

func percentOff(bp int32) *promotionsv1.Terms_PercentOff {
	return &promotionsv1.Terms_PercentOff{PercentOff: &promotionsv1.PercentOff{PercentBp: bp}}
}

func fixedOff(amount int64) *promotionsv1.Terms_FixedOff {
	return &promotionsv1.Terms_FixedOff{FixedOff: &promotionsv1.FixedOff{Amount: amount}}
}

func categories(names ...string) *promotionsv1.Scope { return &promotionsv1.Scope{Categories: names} }

// worked activates the promotions of the worked example; a second earlier each, so that ages differ.
func (b *testBundle) worked(t *testing.T, fourth int32) {
	t.Helper()
	b.activate(t, "P1", &promotionsv1.Terms{
		Effect: &promotionsv1.Terms_HappyHour{HappyHour: &promotionsv1.HappyHour{PercentBp: 5000}}, Priority: 200, Scope: categories("DRINK"),
		Dayparts: []*promotionsv1.Daypart{{Start: "16:00", End: "19:00"}},
	})
	b.activate(t, "P2", &promotionsv1.Terms{Effect: percentOff(1000), Priority: 150, Scope: categories("FOOD")})
	b.activate(t, "P3", &promotionsv1.Terms{Effect: fixedOff(5000), Priority: 100, MinimumSpend: 40_000})
	b.activate(t, "P4", &promotionsv1.Terms{Effect: percentOff(3000), Priority: fourth, Exclusive: true, CouponCodes: []string{"Vip"}})
}

func (b *testBundle) open(t *testing.T) *ordersv1.Order {
	t.Helper()
	resp, err := b.orders.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{BranchId: b.branch, Lines: []*ordersv1.NewLine{
		{MenuItemId: b.burger, Quantity: 2}, {MenuItemId: b.beer, Quantity: 3}, {MenuItemId: b.dessert, Quantity: 1},
	}})
	require.NoError(t, err)
	return resp.GetOrder()
}

func (b *testBundle) evaluate(t *testing.T, mode promotionsv1.PromotionMode, codes ...string) *promotionsv1.EvaluatePromotionsResponse {
	t.Helper()
	resp, err := b.promotions.EvaluatePromotions(t.Context(), &promotionsv1.EvaluatePromotionsRequest{
		BranchId: b.branch, CouponCodes: codes, Mode: mode, Lines: []*promotionsv1.BasketLine{
			{MenuItemId: b.burger, Quantity: 2}, {MenuItemId: b.beer, Quantity: 3}, {MenuItemId: b.dessert, Quantity: 1},
		},
	})
	require.NoError(t, err)
	return resp
}

func reasons(decisions []*promotionsv1.Decision) map[string]string {
	found := map[string]string{}
	for _, d := range decisions {
		found[d.GetPromotionId()] = d.GetReason()
	}
	return found
}

func TestTheWorkedExample(t *testing.T) {
	t.Parallel()

	t.Run("IsEvaluatedAndClosedToTheMinorUnit", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.worked(t, 50)
		resp := b.evaluate(t, promotionsv1.PromotionMode_PROMOTION_MODE_UNSPECIFIED)
		require.Equal(t, []int64{55_000, 17_700, 37_300, 6714, 44_014}, []int64{resp.GetGross(), resp.GetDiscount(), resp.GetNet(), resp.GetTax(), resp.GetDue()})
		var net, tax []int64
		for _, l := range resp.GetLines() {
			net, tax = append(net, l.GetNet()), append(tax, l.GetTax())
		}
		require.Equal(t, []int64{23_809, 7936, 5555}, net)
		require.Equal(t, []int64{4286, 1428, 1000}, tax)
		require.Equal(t, map[string]string{"P1": "APPLIED", "P2": "APPLIED", "P3": "APPLIED", "P4": "COUPON_MISSING"}, reasons(resp.GetDecisions()))

		closed, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: b.open(t).GetId()})
		require.NoError(t, err)
		o, err := b.orders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: closed.GetOrder().GetId()})
		require.NoError(t, err)
		for _, order := range []*ordersv1.Order{closed.GetOrder(), o.GetOrder()} {
			require.Equal(t, []int64{55_000, 17_700, 17_700, 37_300, 6714, 44_014}, []int64{
				order.GetGross(), order.GetDiscount(), order.GetPromotionDiscount(), order.GetNet(), order.GetTax(), order.GetDue(),
			})
			require.Len(t, order.GetPromotions(), 3)
			require.Equal(t, "P3", order.GetPromotions()[2].GetPromotionId())
			require.EqualValues(t, 5000, order.GetPromotions()[2].GetAmount())
			require.EqualValues(t, 6191, order.GetLines()[0].GetPromotionDiscount())
		}
		var discounts int64
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT discounts FROM branch_day_sales WHERE org_id = $1", b.owner.OrgID).Scan(&discounts))
		require.EqualValues(t, 17_700, discounts)
	})

	t.Run("WithACouponInBothModes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.worked(t, 50)
		priority := b.evaluate(t, promotionsv1.PromotionMode_PROMOTION_MODE_PRIORITY, "VIP")
		require.EqualValues(t, 17_700, priority.GetDiscount())
		require.Equal(t, "EXCLUSIVE_OUTRANKED", reasons(priority.GetDecisions())["P4"])
		best := b.evaluate(t, promotionsv1.PromotionMode_PROMOTION_MODE_BEST_FOR_GUEST, "vip")
		require.EqualValues(t, 17_700, best.GetDiscount())
		require.Equal(t, "BETTER_FOR_GUEST", reasons(best.GetDecisions())["P4"])
	})

	t.Run("AnExclusiveOneOfHigherPriorityStandsAlone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.worked(t, 300)
		resp := b.evaluate(t, promotionsv1.PromotionMode_PROMOTION_MODE_PRIORITY, "vip")
		require.EqualValues(t, 16_500, resp.GetDiscount())
		require.EqualValues(t, 38_500, resp.GetNet())
	})

	t.Run("TheHappyHourIsOverAtSeven", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.worked(t, 50)
		resp, err := b.promotions.EvaluatePromotions(t.Context(), &promotionsv1.EvaluatePromotionsRequest{
			BranchId: b.branch, At: timestamppb.New(time.Date(2024, time.November, 8, 16, 0, 0, 0, time.UTC)),
			Lines: []*promotionsv1.BasketLine{{MenuItemId: b.beer, Quantity: 3}},
		})
		require.NoError(t, err)
		require.Zero(t, resp.GetDiscount())
		require.Equal(t, map[string]string{"P1": "OUTSIDE_DAYPART", "P2": "OUT_OF_SCOPE", "P3": "MINIMUM_SPEND", "P4": "COUPON_MISSING"}, reasons(resp.GetDecisions()))
	})
}

func TestCouponsAreRedeemedExactlyAsOftenAsTheLimitAllows(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]*promotionsv1.Limits{
		"InAll": {Total: 100}, "PerCoupon": {PerCoupon: 100}, "Both": {PerCoupon: 100, Total: 150},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const clients, each = 64, 2
			b := setup(t)
			b.activate(t, "P", &promotionsv1.Terms{Effect: fixedOff(1000), CouponCodes: []string{"HUNDRED"}, Limits: limits})
			var applied, refused atomic.Int64
			var all errgroup.Group
			for range clients {
				all.Go(func() error {
					for range each {
						opened, err := b.orders.OpenOrder(context.Background(), &ordersv1.OpenOrderRequest{
							BranchId: b.branch, Lines: []*ordersv1.NewLine{{MenuItemId: b.beer, Quantity: 1}},
						})
						if err != nil {
							return err
						}
						closed, err := b.orders.CloseOrder(context.Background(), &ordersv1.CloseOrderRequest{
							OrderId: opened.GetOrder().GetId(), CouponCodes: []string{"hundred"},
						})
						if err != nil {
							return err
						}
						switch d := closed.GetOrder().GetPromotionDiscount(); {
						case d == 1000:
							applied.Add(1)
						case d == 0 && len(closed.GetDecisions()) == 1 && !closed.GetDecisions()[0].GetApplied():
							refused.Add(1)
						}
					}
					return nil
				})
			}
			require.NoError(t, all.Wait())
			require.EqualValues(t, 100, applied.Load())
			require.EqualValues(t, clients*each-100, refused.Load())
			got, err := b.promotions.GetPromotion(t.Context(), &promotionsv1.GetPromotionRequest{PromotionId: "P"})
			require.NoError(t, err)
			require.EqualValues(t, 100, got.GetPromotion().GetRedeemed())
			require.Equal(t, map[string]int64{"HUNDRED": 100}, got.GetRedeemedByCoupon())
		})
	}
}

func TestAVoidReleasesWhatWasRedeemed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate(t, "P", &promotionsv1.Terms{Effect: fixedOff(1000), CouponCodes: []string{"ONCE"}, Limits: &promotionsv1.Limits{PerCoupon: 1, Total: 1}})
	closing := func(require bool) (*ordersv1.CloseOrderResponse, error) {
		return b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: b.open(t).GetId(), CouponCodes: []string{"once"}, RequireCoupons: require})
	}
	first, err := closing(true)
	require.NoError(t, err)
	require.EqualValues(t, 1000, first.GetOrder().GetPromotionDiscount())

	_, err = closing(true)
	code, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, connect.CodeFailedPrecondition, code)
	require.Equal(t, "COUPON_NOT_APPLIED", reason)

	_, err = b.orders.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: first.GetOrder().GetId(), Reason: "mistake"})
	require.NoError(t, err)
	again, err := closing(false)
	require.NoError(t, err)
	require.EqualValues(t, 1000, again.GetOrder().GetPromotionDiscount())

	results, err := b.promotions.ListPromotionResults(t.Context(), &promotionsv1.ListPromotionResultsRequest{StartDate: "2024-11-08", EndDate: "2024-11-08"})
	require.NoError(t, err)
	require.Len(t, results.GetResults(), 1)
	require.Equal(t, []int64{1, 1000, 55_000, 54_000}, []int64{
		results.GetResults()[0].GetRedemptions(), results.GetResults()[0].GetDiscount(), results.GetResults()[0].GetGrossSales(), results.GetResults()[0].GetNetSales(),
	})
	differences, err := daysales.Reconcile(t.Context(), b.db, b.owner.OrgID, civil.NewDate(2024, time.November, 1), civil.NewDate(2024, time.November, 30))
	require.NoError(t, err)
	require.Empty(t, differences)
}

func TestDiscountsByHandComeAfterPromotions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate(t, "P", &promotionsv1.Terms{Effect: percentOff(5000)})
	o := b.open(t)
	_, err := b.orders.DiscountOrder(t.Context(), &ordersv1.DiscountOrderRequest{OrderId: o.GetId(), Amount: 6000, LineNo: 3, Reason: "late"})
	require.NoError(t, err)
	_, err = b.orders.DiscountOrder(t.Context(), &ordersv1.DiscountOrderRequest{OrderId: o.GetId(), Amount: 900, Reason: "regular"})
	require.NoError(t, err)
	_, err = b.orders.CompOrder(t.Context(), &ordersv1.CompOrderRequest{OrderId: o.GetId(), LineNos: []int32{2}, Reason: "flat beer"})
	require.NoError(t, err)
	preview, err := b.orders.PreviewOrder(t.Context(), &ordersv1.PreviewOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	closed, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	for _, order := range []*ordersv1.Order{preview.GetOrder(), closed.GetOrder()} {
		// The promotion takes half of 30,000 and of 7,000; the beer is given away. By hand, 6,000 on the dessert is cut to 3,500, and
		// what of the 900 was not taken off the beer is all taken off the burgers, the only line with something left.
		require.EqualValues(t, 18_500, order.GetPromotionDiscount())
		require.EqualValues(t, 15_000, order.GetLines()[0].GetPromotionDiscount())
		require.EqualValues(t, 7000, order.GetLines()[2].GetDiscount())
		require.Zero(t, order.GetLines()[1].GetPromotionDiscount())
		require.Equal(t, order.GetLines()[1].GetGross(), order.GetLines()[1].GetComp()+order.GetLines()[1].GetDiscount())
		require.Equal(t, order.GetGross(), order.GetNet()+order.GetDiscount()+order.GetComp())
	}
	require.Equal(t, preview.GetOrder().GetNet(), closed.GetOrder().GetNet())
}

func TestLifeOfAPromotion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	author, other := b.as(b.manager), b.as(factory.As(b.owner, caller.RoleManager, ""))
	ctx := t.Context()
	created, err := author.CreatePromotion(ctx, &promotionsv1.CreatePromotionRequest{Terms: &promotionsv1.Terms{Name: "Half", Effect: percentOff(5000)}})
	require.NoError(t, err)
	id := created.GetPromotion().GetId()
	require.Equal(t, promotionsv1.PromotionStatus_PROMOTION_STATUS_DRAFT, created.GetPromotion().GetStatus())

	_, err = author.ActivatePromotion(ctx, &promotionsv1.ActivatePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodeFailedPrecondition, "APPROVAL_REQUIRED")
	_, err = author.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodePermissionDenied, "OWN_PROMOTION")
	_, err = other.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id, Revision: 7})
	refused(t, err, connect.CodeAborted, "REVISION_CHANGED")
	_, err = other.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id, Note: "good for October"})
	require.NoError(t, err)
	_, err = other.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodeFailedPrecondition, "PROMOTION_NOT_DRAFT")
	require.Zero(t, b.evaluate(t, 0).GetDiscount(), "approved is not active")

	_, err = author.ActivatePromotion(ctx, &promotionsv1.ActivatePromotionRequest{PromotionId: id})
	require.NoError(t, err)
	require.EqualValues(t, 27_500, b.evaluate(t, 0).GetDiscount())
	_, err = author.UpdatePromotion(ctx, &promotionsv1.UpdatePromotionRequest{PromotionId: id, Terms: &promotionsv1.Terms{Name: "All", Effect: percentOff(10_000)}})
	refused(t, err, connect.CodeFailedPrecondition, "PROMOTION_ACTIVE")
	_, err = author.PausePromotion(ctx, &promotionsv1.PausePromotionRequest{PromotionId: id})
	require.NoError(t, err)
	require.Zero(t, b.evaluate(t, 0).GetDiscount())
	_, err = author.PausePromotion(ctx, &promotionsv1.PausePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodeFailedPrecondition, "PROMOTION_NOT_ACTIVE")

	// New terms need a new approval, and their author is who changed them.
	_, err = other.UpdatePromotion(ctx, &promotionsv1.UpdatePromotionRequest{PromotionId: id, Terms: &promotionsv1.Terms{Name: "Quarter", Effect: percentOff(2500)}})
	require.NoError(t, err)
	_, err = other.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodePermissionDenied, "OWN_PROMOTION")
	_, err = author.ApprovePromotion(ctx, &promotionsv1.ApprovePromotionRequest{PromotionId: id})
	require.NoError(t, err)
	_, err = author.ArchivePromotion(ctx, &promotionsv1.ArchivePromotionRequest{PromotionId: id})
	require.NoError(t, err)
	_, err = author.ActivatePromotion(ctx, &promotionsv1.ActivatePromotionRequest{PromotionId: id})
	refused(t, err, connect.CodeFailedPrecondition, "PROMOTION_ARCHIVED")

	got, err := author.GetPromotion(ctx, &promotionsv1.GetPromotionRequest{PromotionId: id})
	require.NoError(t, err)
	var actions []string
	for i, e := range got.GetHistory() {
		require.EqualValues(t, i+1, e.GetRevision())
		actions = append(actions, e.GetAction())
	}
	require.Equal(t, []string{"CREATED", "APPROVED", "ACTIVATED", "PAUSED", "UPDATED", "APPROVED", "ARCHIVED"}, actions)
	require.Equal(t, "good for October", got.GetHistory()[1].GetNote())
	require.EqualValues(t, 2500, got.GetHistory()[4].GetTerms().GetPercentOff().GetPercentBp())

	stranger := b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
	_, err = stranger.GetPromotion(ctx, &promotionsv1.GetPromotionRequest{PromotionId: id})
	require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
}

func refused(t *testing.T, err error, code connect.Code, reason string) {
	t.Helper()
	gotCode, gotReason, _ := rpctest.Fault(t, err)
	require.Equal(t, code, gotCode)
	require.Equal(t, reason, gotReason)
}

func TestOverlappingExclusivePromotionsAreAWarning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate(t, "P1", &promotionsv1.Terms{Effect: percentOff(1000), Exclusive: true, Scope: categories("FOOD")})
	resp, err := b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{Terms: &promotionsv1.Terms{
		Name: "P2", Effect: percentOff(1000), Exclusive: true, Scope: categories("FOOD", "TYPO"),
	}})
	require.NoError(t, err)
	require.Len(t, resp.GetWarnings(), 2)
	require.Equal(t, "UNKNOWN_CATEGORY", resp.GetWarnings()[0].GetReason())
	require.Equal(t, "EXCLUSIVE_OVERLAP", resp.GetWarnings()[1].GetReason())
	require.Equal(t, "P1", resp.GetWarnings()[1].GetPromotionId())
}

func TestListPromotions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	elsewhere := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.activate(t, "A", &promotionsv1.Terms{Effect: percentOff(1000), Priority: 1})
	b.clock.Advance(time.Second)
	b.activate(t, "B", &promotionsv1.Terms{Effect: percentOff(1000), Priority: 5, CouponCodes: []string{"x"}})
	b.clock.Advance(time.Second)
	b.activate(t, "C", &promotionsv1.Terms{Effect: percentOff(1000), Priority: 1, Scope: &promotionsv1.Scope{BranchIds: []string{elsewhere}}})
	b.clock.Advance(time.Second)
	_, err := b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{PromotionId: "D", Terms: &promotionsv1.Terms{
		Name: "Later", Effect: percentOff(1000), Priority: 1, StartsAt: timestamppb.New(halfPastFive.Add(time.Hour)),
	}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		req  *promotionsv1.ListPromotionsRequest
		want []string
	}{
		"All":       {&promotionsv1.ListPromotionsRequest{}, []string{"B", "A", "C", "D"}},
		"ByStatus":  {&promotionsv1.ListPromotionsRequest{Statuses: []promotionsv1.PromotionStatus{promotionsv1.PromotionStatus_PROMOTION_STATUS_DRAFT}}, []string{"D"}},
		"ByBranch":  {&promotionsv1.ListPromotionsRequest{BranchId: b.branch}, []string{"B", "A", "D"}},
		"ByCode":    {&promotionsv1.ListPromotionsRequest{CouponCode: "X"}, []string{"B"}},
		"ByName":    {&promotionsv1.ListPromotionsRequest{NameContains: "LAT"}, []string{"D"}},
		"ByInstant": {&promotionsv1.ListPromotionsRequest{HoldsAt: timestamppb.New(halfPastFive)}, []string{"B", "A", "C"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for c.req.PageSize = 1; ; {
				resp, err := b.promotions.ListPromotions(t.Context(), c.req)
				require.NoError(t, err)
				for _, p := range resp.GetPromotions() {
					got = append(got, p.GetId())
				}
				if c.req.PageToken = resp.GetNextPageToken(); c.req.PageToken == "" {
					break
				}
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	valid := func() *promotionsv1.Terms { return &promotionsv1.Terms{Name: "P", Effect: percentOff(1000)} }
	for name, c := range map[string]struct {
		change func(*promotionsv1.Terms)
		field  string
	}{
		"MoreThanAllOff": {func(p *promotionsv1.Terms) { p.Effect = percentOff(15_000) }, "terms.percent_off.percent_bp"},
		"NoEffect":       {func(p *promotionsv1.Terms) { p.Effect = nil }, "terms.effect"},
		"NoName":         {func(p *promotionsv1.Terms) { p.Name = "" }, "terms.name"},
		"UnknownBranch":  {func(p *promotionsv1.Terms) { p.Scope = &promotionsv1.Scope{BranchIds: []string{b.branch, "x"}} }, "terms.scope.branch_ids[1]"},
		"UnknownDish":    {func(p *promotionsv1.Terms) { p.Scope = &promotionsv1.Scope{MenuItemIds: []string{"x"}} }, "terms.scope.menu_item_ids[0]"},
		"EmptyDaypart":   {func(p *promotionsv1.Terms) { p.Dayparts = []*promotionsv1.Daypart{{Start: "10:00", End: "10:00"}} }, "terms.dayparts[0].end"},
		"NoTimeOfDay":    {func(p *promotionsv1.Terms) { p.Dayparts = []*promotionsv1.Daypart{{Start: "24:00", End: "10:00"}} }, "terms.dayparts[0].start"},
		"SameCodeTwice":  {func(p *promotionsv1.Terms) { p.CouponCodes = []string{"a", "A"} }, "terms.coupon_codes[1]"},
		"NoCode":         {func(p *promotionsv1.Terms) { p.CouponCodes = []string{"a b"} }, "terms.coupon_codes[0]"},
		"HappyHourAllDay": {func(p *promotionsv1.Terms) {
			p.Effect = &promotionsv1.Terms_HappyHour{HappyHour: &promotionsv1.HappyHour{PercentBp: 1}}
		}, "terms.dayparts"},
		"NegativeSpend": {func(p *promotionsv1.Terms) { p.MinimumSpend = -1 }, "terms.minimum_spend"},
		"EndsBeforeItsTime": {func(p *promotionsv1.Terms) {
			p.StartsAt, p.EndsAt = timestamppb.New(halfPastFive), timestamppb.New(halfPastFive)
		}, "terms.ends_at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			terms := valid()
			c.change(terms)
			_, err := b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{Terms: terms})
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Contains(t, fields, c.field)
		})
	}

	t.Run("ATakenId", func(t *testing.T) {
		t.Parallel()
		id := ids.New("promo")
		_, err := b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{PromotionId: id, Terms: valid()})
		require.NoError(t, err)
		_, err = b.promotions.CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{PromotionId: id, Terms: valid()})
		refused(t, err, connect.CodeAlreadyExists, "PROMOTION_ID_TAKEN")
	})

	t.Run("AnUnknownCode", func(t *testing.T) {
		t.Parallel()
		o := b.open(t)
		_, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId(), CouponCodes: []string{"NOPE"}})
		code, _, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code)
		require.Equal(t, []string{"coupon_codes[0]"}, fields)
		still, err := b.orders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: o.GetId()})
		require.NoError(t, err)
		require.Equal(t, ordersv1.OrderStatus_ORDER_STATUS_OPEN, still.GetOrder().GetStatus())
	})

	t.Run("OnlyAnOwnerDoesWithoutApproval", func(t *testing.T) {
		t.Parallel()
		terms := valid()
		terms.ApprovalRequired = new(bool)
		_, err := b.as(b.manager).CreatePromotion(t.Context(), &promotionsv1.CreatePromotionRequest{Terms: terms})
		refused(t, err, connect.CodePermissionDenied, "APPROVAL_NEEDED")
	})

	t.Run("ALimitUnderWhatWasRedeemed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.activate(t, "P", &promotionsv1.Terms{Effect: fixedOff(10)})
		for range 2 {
			_, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: b.open(t).GetId()})
			require.NoError(t, err)
		}
		_, err := b.promotions.PausePromotion(t.Context(), &promotionsv1.PausePromotionRequest{PromotionId: "P"})
		require.NoError(t, err)
		_, err = b.promotions.UpdatePromotion(t.Context(), &promotionsv1.UpdatePromotionRequest{PromotionId: "P", Terms: &promotionsv1.Terms{
			Name: "P", Effect: fixedOff(10), Limits: &promotionsv1.Limits{Total: 1},
		}})
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{"terms.limits.total"}, fields)
	})
}

func TestREST(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate(t, "P", &promotionsv1.Terms{Effect: percentOff(1000)})
	for _, path := range []string{"/promotions", "/promotions/P", "/promotions/results?startDate=2024-11-01&endDate=2024-11-08"} {
		resp, err := b.server.As(b.owner).Get(b.server.URL + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
	}
}
