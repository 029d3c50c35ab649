package plans

import (
	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// Parameters are the values of all queries: what begins a range is early and what ends it late, so that there is something between.
func Parameters(conn *pgx.Conn) *explain.Sampler {
	const early, late = "'2024-01-01T00:00:00Z'::timestamptz", "'2024-11-08T12:00:00Z'::timestamptz"
	return &explain.Sampler{
		Column: tenantColumn, Conn: conn,
		Fixed: map[string]string{
			"timestamp with time zone": late, "date": "'2024-11-08'",
			"PageSize": "50::int", "Limit": "50::int", "Most": "50::int",
			"FromDate": "'2024-10-01'::date", "StartDate": "'2024-10-01'::date", "ToDate": "'2024-10-31'::date", "EndDate": "'2024-10-31'::date",
			"FromDates": "'2024-10-01'::date", "ToDates": "'2024-10-31'::date",
			"Today": "'2024-11-08'::date", "Now": late, "At": late, "CreatedFrom": early, "CreatedTo": late, "Since": early, "NameContains": "''",

			"EndpointEventInsert.DeliveryIds":             "ARRAY(SELECT 'unused_' || g FROM generate_series(1, 20) g)::text[]",
			"PurchaseOrderLineInsert.ItemIds":             "ARRAY(SELECT id FROM inventory_items WHERE org_id = '%s' ORDER BY id DESC LIMIT 20)::text[]",
			"StockCountLineInsertAll.CountID":             "(SELECT l.count_id FROM stock_count_lines l JOIN inventory_items i ON i.org_id = l.org_id AND i.id = l.item_id WHERE l.org_id = '%s' AND NOT i.is_active ORDER BY 1 LIMIT 1)",
			"UserInsert.Email":                            "'unused@example.com'",
			"PurchaseOrderSupersede.GeneratedFor":         "'2030-01-01'::date",
			"StockCountLineInsert.ItemIds":                "ARRAY(SELECT id FROM inventory_items WHERE org_id = '%s' ORDER BY id DESC LIMIT 20)::text[]",
			"StockTransferLineInsert.ItemIds":             "ARRAY(SELECT id FROM inventory_items WHERE org_id = '%s' ORDER BY id DESC LIMIT 20)::text[]",
			"StockTransferParcelInsert.LineNos":           "(SELECT min(line_no) FROM stock_transfer_lines WHERE org_id = '%s' AND transfer_id = (SELECT min(transfer_id) FROM stock_transfer_lines WHERE org_id = '%s'))",
			"StockTransferParcelInsert.TransferID":        "(SELECT min(transfer_id) FROM stock_transfer_lines WHERE org_id = '%s')",
			"ModifierRetireOthers.Ids":                    "ARRAY['none']::text[]",
			"PromotionCouponDeleteOthers.Codes":           "ARRAY['none']::text[]",
			"OrganisationSetPlan.Plan":                    "'FREE'",
			"PromotionList.AfterRank":                     "-1000000",
			"StreamTicketTake.Now":                        early,
			"SubscriptionUpsert.Payment":                  "'PAID'",
			"SubscriptionUpsert.Plan":                     "'PRO'",
			"SubscriptionUpsert.Status":                   "'ACTIVE'",
			"SupplierInvoiceListByOrder.BeforeRecordedAt": late,
			"SupplierItemListBySupplier.AfterItemID":      "''",
			"SupplierItemUpsert.Preferred":                "false",
			"WastageListByDate.BeforeCreatedAt":           late,
			"WebhookEventListLost.After":                  early,
			"WebhookEventListLost.Before":                 late,
		},
		Named: map[string]string{
			"EndpointDeliveryRecord.Number":    "endpoint_deliveries.attempts + 1",
			"StockMovementListByOrder.OrderID": "stock_movements.source_id",
			"SupplierItemLock.ItemIds":         "inventory_items.id",
			"UserSetPassword.CheckedHash":      "users.password_hash",
		},
		Rows: map[string]string{ //nolint:gosec // conditions, no secrets
			"EndpointDeliveryHold.endpoint_deliveries":       "state = 'PENDING'",
			"EndpointDeliveryHoldOne.endpoint_deliveries":    "state = 'PENDING'",
			"EndpointDeliveryRecord.endpoint_deliveries":     "state = 'PENDING'",
			"OrderTicketReady.order_tickets":                 "ready_at IS NULL",
			"PurchaseOrderListGenerated.purchase_orders":     "generated_for IS NOT NULL",
			"PurchaseOrderSupersede.purchase_orders":         "generated_for IS NOT NULL AND status = 'DRAFT' AND updated_by IS NULL",
			"StockMovementListByOrder.stock_movements":       "kind = 'SALE'",
			"StockTransferParcelList.stock_transfer_parcels": "received_qty < quantity",
			"UserSetPassword.users":                          "disabled_at IS NULL",
		},
	}
}
