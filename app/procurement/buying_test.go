package procurement_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// worked is the worked example: on hand 18, on order 6, promised 4; d 7.5, L 2, R 3, SS 7.5.
func worked() (procurement.Position, procurement.Offer, procurement.Wants) {
	safety := dec("7.5")
	return procurement.Position{OnHand: dec("18"), OnOrder: dec("6"), Committed: dec("4")},
		procurement.Offer{LeadTimeDays: 2, PackSize: dec("12"), ReviewPeriodDays: 3, SupplierID: "SUPPLIER", UnitCost: dec("100")},
		procurement.Wants{SafetyStock: &safety, Use: procurement.Use{Days: 28, Used: dec("210")}}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(p *procurement.Position, o *procurement.Offer, w *procurement.Wants)
		need     string
		quantity string
		warnings []string
	}{
		"InPacks": {func(*procurement.Position, *procurement.Offer, *procurement.Wants) {}, "25", "36", nil},
		"AtLeastTheMOQ": {func(_ *procurement.Position, o *procurement.Offer, _ *procurement.Wants) {
			o.MinOrderQuantity = dec("50")
		}, "25", "60", nil},
		"MoreThanItKeeps": {func(_ *procurement.Position, o *procurement.Offer, _ *procurement.Wants) {
			o.MinOrderQuantity, o.ShelfDays = dec("50"), 8
		}, "25", "60", []string{"SHELF_LIFE"}},
		"NothingAbove":     {func(p *procurement.Position, _ *procurement.Offer, _ *procurement.Wants) { p.OnHand = dec("21") }, "0", "0", nil},
		"AtTheReorderMark": {func(p *procurement.Position, _ *procurement.Offer, _ *procurement.Wants) { p.OnHand = dec("20.5") }, "22.5", "24", nil},
		"AStaticLevel": {func(p *procurement.Position, _ *procurement.Offer, w *procurement.Wants) {
			p.OnHand, w.ReorderLevel = dec("30"), dec("32")
		}, "13", "24", nil},
		"NobodySellsIt": {func(_ *procurement.Position, o *procurement.Offer, _ *procurement.Wants) { o.SupplierID = "" }, "25", "0", []string{"NO_SUPPLIER"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, o, w := worked()
			c.change(&p, &o, &w)
			s, err := procurement.Suggest(procurement.StrategySafetyStock, p, o, w)
			require.NoError(t, err)
			require.Equal(t, "45", s.Par.String())
			require.Equal(t, c.need, s.Need.String())
			require.Equal(t, c.quantity, s.Quantity.String())
			require.Equal(t, c.warnings, s.Warnings)
		})
	}

	t.Run("BuysNoMoreThanUseNeedsWhateverTheReorderLevel", func(t *testing.T) {
		t.Parallel()
		o := procurement.Offer{PackSize: dec("4"), ReviewPeriodDays: 2, SupplierID: "S"}
		w := procurement.Wants{ReorderLevel: dec("10"), SafetyStock: new(decimal.Decimal), Use: procurement.Use{Days: 1, Used: dec("2")}}
		for onHand, want := range map[string]string{"3": "4", "4": "0", "10": "0"} {
			s, err := procurement.Suggest(procurement.StrategySafetyStock, procurement.Position{OnHand: dec(onHand)}, o, w)
			require.NoError(t, err)
			require.Equal(t, []string{"10", "4", want}, []string{s.ReorderPoint.String(), s.Par.String(), s.Quantity.String()}, onHand)
		}
	})

	t.Run("DecidesByExactFigures", func(t *testing.T) {
		t.Parallel()
		o := procurement.Offer{LeadTimeDays: 3, PackSize: dec("1"), ReviewPeriodDays: 4, SupplierID: "S"}
		w := procurement.Wants{SafetyStock: new(decimal.Decimal), Use: procurement.Use{Days: 28, Used: dec("20")}}
		s, err := procurement.Suggest(procurement.StrategySafetyStock, procurement.Position{}, o, w)
		require.NoError(t, err)
		require.Equal(t, []string{"0.714", "2.143", "5", "5"}, []string{s.Daily.String(), s.Lead.String(), s.Par.String(), s.Quantity.String()})
		o.LeadTimeDays, w.Use.Used = 7, dec("12")
		s, err = procurement.Suggest(procurement.StrategySafetyStock, procurement.Position{OnHand: dec("3")}, o, w)
		require.NoError(t, err)
		require.Equal(t, []string{"3", "4.714", "2"}, []string{s.ReorderPoint.String(), s.Par.String(), s.Quantity.String()})
	})

	t.Run("CoversTheForecast", func(t *testing.T) {
		t.Parallel()
		p, o, w := worked()
		for _, expected := range []string{"5", "5", "10", "10", "20"} {
			w.Foreseen = append(w.Foreseen, dec(expected))
		}
		s, err := procurement.Suggest(procurement.StrategyForecast, p, o, w)
		require.NoError(t, err)
		require.Equal(t, []string{"17.5", "57.5", "0"}, []string{s.ReorderPoint.String(), s.Par.String(), s.Quantity.String()})
		p.OnHand = dec("15.5")
		s, err = procurement.Suggest(procurement.StrategyForecast, p, o, w)
		require.NoError(t, err)
		require.Equal(t, []string{"40", "48"}, []string{s.Need.String(), s.Quantity.String()})
		w.Foreseen = nil
		s, err = procurement.Suggest(procurement.StrategyForecast, p, o, w)
		require.NoError(t, err)
		require.Equal(t, []string{"NO_FORECAST"}, s.Warnings)
		require.Equal(t, procurement.StrategySafetyStock, s.Strategy)
	})

	t.Run("LiftsThePositionToParAndNoFurtherThanItMust", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			whole := func(name string, least, most int64) decimal.Decimal {
				return decimal.NewFromInt(rapid.Int64Range(least, most).Draw(t, name))
			}
			safety := whole("safety", 0, 20)
			o := procurement.Offer{
				LeadTimeDays: int32(rapid.IntRange(0, 9).Draw(t, "lead")), MinOrderQuantity: whole("moq", 0, 90), PackSize: whole("pack", 1, 30),
				ReviewPeriodDays: int32(rapid.IntRange(1, 9).Draw(t, "review")), SupplierID: "S",
			}
			days := rapid.Int64Range(1, 28).Draw(t, "days")
			w := procurement.Wants{ReorderLevel: whole("level", 0, 100), SafetyStock: &safety, Use: procurement.Use{Days: days, Used: whole("used", 0, 9000)}}
			p := procurement.Position{OnHand: whole("hand", -20, 500), OnOrder: whole("order", 0, 100), InTransit: whole("transit", 0, 50), Committed: whole("committed", 0, 50)}
			s, err := procurement.Suggest(procurement.StrategySafetyStock, p, o, w)
			require.NoError(t, err)

			position := p.OnHand.IntPart() + p.OnOrder.IntPart() + p.InTransit.IntPart() - p.Committed.IntPart()
			// All times the days, so that everything is whole.
			used := w.Use.Used.IntPart()
			reorder := max(w.ReorderLevel.IntPart()*days, used*int64(o.LeadTimeDays)+safety.IntPart()*days)
			par := used*int64(o.LeadTimeDays+o.ReviewPeriodDays) + safety.IntPart()*days
			want := int64(0)
			if pack := o.PackSize.IntPart(); position*days <= reorder {
				for want*days < par-position*days || want < o.MinOrderQuantity.IntPart() {
					want += pack
				}
			}
			require.Equal(t, want, s.Quantity.IntPart())
		})
	})
}

// supply sets the worked example up in the database: 28 days on which 7.5 were used.
func (b *testBundle) supply(t *testing.T, item *procurementv1.SupplierItem) {
	t.Helper()
	today := civil.NewDate(2024, time.November, 8)
	for i := range 28 {
		date := today.AddDays(-i - 1)
		require.NoError(t, daysales.Add(t.Context(), b.db, daysales.Delta{
			BranchID: b.branch, Currency: "UGX", Date: date, Figures: daysales.Figures{Orders: 1, Gross: 1}, OrgID: b.owner.OrgID,
		}))
		_, err := b.db.Exec(t.Context(), "INSERT INTO stock_days (org_id, branch_id, item_id, business_date, used) VALUES ($1, $2, $3, $4, 7.5)", b.owner.OrgID, b.branch, b.item, date)
		require.NoError(t, err)
	}
	_, err := b.db.Exec(t.Context(), "INSERT INTO stock_policies (org_id, branch_id, item_id, safety_stock, updated_by, updated_at) VALUES ($1, $2, $3, 7.5, 'u', now())",
		b.owner.OrgID, b.branch, b.item)
	require.NoError(t, err)
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "18", UnitCost: "100", ReceivedAt: noon})
	three := int32(3)
	_, err = b.client.UpsertSupplier(t.Context(), &procurementv1.UpsertSupplierRequest{Supplier: &procurementv1.Supplier{
		Id: "SUPPLIER", Name: "Kampala Meat", LeadTimeDays: 2, ReviewPeriodDays: &three,
	}})
	require.NoError(t, err)
	item.ItemId, item.UnitCost = b.item, "100"
	_, err = b.client.UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{SupplierId: "SUPPLIER", Items: []*procurementv1.SupplierItem{item}})
	require.NoError(t, err)
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.supply(t, &procurementv1.SupplierItem{PackSize: 12})
	alone := factory.Item(t, b.db, b.owner) // nobody sells it
	_, err := b.db.Exec(t.Context(), "INSERT INTO stock_policies (org_id, branch_id, item_id, reorder_level, safety_stock, updated_by, updated_at) VALUES ($1, $2, $3, 5, 5, 'u', now())",
		b.owner.OrgID, b.branch, alone)
	require.NoError(t, err)
	job := procurement.DraftsJob(b.db, procurement.NewService(b.clock.Now, nil))
	ctx := caller.With(t.Context(), caller.Caller{Kind: caller.KindJob, OrgID: b.owner.OrgID})
	run := func() (procurement.DraftsSummary, error) {
		made, err := job.Work(ctx, b.owner.OrgID, procurement.DraftsArgs{RequestedBy: "usr", Strategy: procurement.StrategySafetyStock})
		if err != nil {
			return procurement.DraftsSummary{}, err
		}
		return made.(procurement.DraftsSummary), nil
	}
	made := make([]procurement.DraftsSummary, 8)
	var all errgroup.Group
	for i := range made {
		all.Go(func() (err error) {
			made[i], err = run()
			return err
		})
	}
	require.NoError(t, all.Wait())
	written := 0
	for _, m := range made {
		require.Equal(t, made[0].Orders, m.Orders)
		require.Equal(t, []procurement.NeededItem{{BranchID: b.branch, ItemID: alone}}, m.NoSupplier)
		written += m.Written
	}
	require.Equal(t, 1, written)
	got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: made[0].Orders[0]})
	require.NoError(t, err)
	require.Equal(t, "2024-11-08", got.GetPurchaseOrder().GetGeneratedFor())
	require.InDelta(t, 36, got.GetPurchaseOrder().GetLines()[0].GetQuantity(), 0)

	b.clock.Advance(24 * time.Hour)
	next, err := run()
	require.NoError(t, err)
	require.NotEqual(t, made[0].Orders, next.Orders)
	require.EqualValues(t, 1, next.Superseded)

	resp, err := b.client.GenerateDraftOrders(t.Context(), &procurementv1.GenerateDraftOrdersRequest{})
	require.NoError(t, err)
	require.Equal(t, procurement.DraftsKind, resp.GetJob().GetKind())
}

func TestDraftsCanBeEditedAndPrinted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.client.UpsertSupplier(t.Context(), &procurementv1.UpsertSupplierRequest{Supplier: &procurementv1.Supplier{
		Id: "SUPPLIER", Name: "<script>alert(1)</script> Nyama & Söhne 肉屋", Terms: "30 days",
	}})
	require.NoError(t, err)
	_, err = b.client.CreatePurchaseOrder(t.Context(), b.order("PO1"))
	require.NoError(t, err)
	edited, err := b.client.UpdatePurchaseOrder(t.Context(), &procurementv1.UpdatePurchaseOrderRequest{
		PoId: "PO1", Lines: []*procurementv1.NewPurchaseOrderLine{{ItemId: b.item, Quantity: 7.5, UnitCost: "1000.5"}},
	})
	require.NoError(t, err)
	require.EqualValues(t, 7504, edited.GetPurchaseOrder().GetTotal())
	got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: "PO1"})
	require.NoError(t, err)
	require.EqualValues(t, 7504, got.GetPurchaseOrder().GetTotal())
	require.Len(t, got.GetPurchaseOrder().GetLines(), 1)

	resp, err := b.server.As(b.owner).Get(b.server.URL + "/procurement/purchase-orders/PO1/document")
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode, string(page))
	require.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
	require.Equal(t, "default-src 'none'; style-src 'unsafe-inline'", resp.Header.Get("Content-Security-Policy"))
	require.Contains(t, string(page), "&lt;script&gt;alert(1)&lt;/script&gt; Nyama &amp; Söhne 肉屋")
	require.Contains(t, string(page), `<th class="number">7504</th>`)
	require.Contains(t, string(page), `<td class="number">1000.5</td>`)
	require.Contains(t, string(page), "30 days")

	resp, err = b.server.As(b.owner).Get(b.server.URL + "/procurement/purchase-orders/PO1/document?format=DOCUMENT_FORMAT_PDF")
	require.NoError(t, err)
	file, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode, string(file))
	require.Equal(t, "application/pdf", resp.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="purchase-order-PO1.pdf"`, resp.Header.Get("Content-Disposition"))
	require.Equal(t, "%PDF-", string(file[:5]))
	stranger := b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
	_, err = stranger.GetPurchaseOrderDocument(t.Context(), &procurementv1.GetPurchaseOrderDocumentRequest{PoId: "PO1"})
	requireRefused(t, err, connect.CodeNotFound, "PURCHASE_ORDER_NOT_FOUND")

	for _, step := range []func() error{
		func() error {
			_, err := b.client.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: "PO1"})
			return err
		},
		func() error {
			_, err := b.client.UpdatePurchaseOrder(t.Context(), &procurementv1.UpdatePurchaseOrderRequest{PoId: "PO1", Lines: b.order("").GetLines()})
			return err
		},
	} {
		err = step()
	}
	code, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, connect.CodeFailedPrecondition, code)
	require.Equal(t, "PO_NOT_DRAFT", reason)

	listed, err := b.client.ListPurchaseOrders(t.Context(), &procurementv1.ListPurchaseOrdersRequest{SupplierId: "OTHER"})
	require.NoError(t, err)
	require.Empty(t, listed.GetPurchaseOrders(), fmt.Sprint(listed))
}
