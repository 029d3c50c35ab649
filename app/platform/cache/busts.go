package cache

import (
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1/billingv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1/jobsv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1/promotionsv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1/webhooksv1connect"
)

var (
	// sales is what a change of a branch day shows in: its figures, its score, its budget, and what was really used.
	sales = []Report{Overview, Rankings, Budgets, Forecast, KPIs}
	// cost is what a change of stock shows in: waste, purchases and the cost of sales.
	cost = []Report{Overview, Rankings, Budgets, KPIs}
	// everything is what a change of settings or branches shows in.
	everything = []Report{Directory, Overview, Rankings, Budgets, Forecast, KPIs}
	// live is what shows in the live figures alone: open orders, and stock at risk.
	live = []Report{KPIs}
	// nothing is for mutations that no report shows.
	nothing = []Report{}
)

// busts says which mutation invalidates which reports. Every RPC that can change something stands here; a test walks all
// of them.
var busts = map[string][]Report{
	authv1connect.AuthServiceChangePasswordProcedure: nothing,
	authv1connect.AuthServiceCreateApiKeyProcedure:   nothing,
	authv1connect.AuthServiceCreateUserProcedure:     nothing,
	authv1connect.AuthServiceLoginProcedure:          nothing,
	authv1connect.AuthServiceLogoutProcedure:         nothing,
	authv1connect.AuthServiceRefreshProcedure:        nothing,
	authv1connect.AuthServiceRevokeApiKeyProcedure:   nothing,
	authv1connect.AuthServiceUpdateUserProcedure:     nothing,

	// Limits look the plan up where it stands.
	billingv1connect.BillingServiceChangePlanProcedure: nothing,

	// Whom to tell shows in no report.
	endpointsv1connect.EndpointServiceCreateEndpointProcedure:       nothing,
	endpointsv1connect.EndpointServiceDeleteEndpointProcedure:       nothing,
	endpointsv1connect.EndpointServiceDisableEndpointProcedure:      nothing,
	endpointsv1connect.EndpointServiceEnableEndpointProcedure:       nothing,
	endpointsv1connect.EndpointServiceReplayDeliveryProcedure:       nothing,
	endpointsv1connect.EndpointServiceRotateEndpointSecretProcedure: nothing,
	endpointsv1connect.EndpointServiceSendTestEventProcedure:        nothing,
	endpointsv1connect.EndpointServiceUpdateEndpointProcedure:       nothing,
	endpointsv1connect.ThresholdServiceDeleteKpiThresholdProcedure:  nothing,
	endpointsv1connect.ThresholdServiceSetKpiThresholdProcedure:     nothing,

	franchisev1connect.FranchiseServiceRecomputeRankingsProcedure: {Rankings},
	// A run invalidates when it is done, by its job; uplifts hold from the next run on.
	franchisev1connect.FranchiseServiceSetForecastUpliftsProcedure: nothing,
	franchisev1connect.FranchiseServiceStartForecastRunProcedure:   nothing,
	franchisev1connect.FranchiseServiceStartRankingsRunProcedure:   nothing,
	franchisev1connect.FranchiseServiceUpdateSettingsProcedure:     everything,
	franchisev1connect.FranchiseServiceUpsertBranchProcedure:       everything,
	franchisev1connect.FranchiseServiceUpsertBudgetsProcedure:      {Budgets, KPIs},

	// Opening stock settles negative stock, which changes the day's cost of sales.
	inventoryv1connect.InventoryServiceAddBatchProcedure:      cost,
	inventoryv1connect.InventoryServiceRecordWastageProcedure: cost,
	// So do counts, transfers that arrive, and adjustments.
	inventoryv1connect.InventoryServiceAdjustStockProcedure:      cost,
	inventoryv1connect.InventoryServiceCommitStockCountProcedure: cost,
	inventoryv1connect.InventoryServiceReceiveTransferProcedure:  cost,
	inventoryv1connect.InventoryServiceRecordStockCountProcedure: cost,
	// What is sent changes no figure but stock at risk before it arrives; a policy changes that too, and what is suggested to be
	// bought, which is never cached. A count changes nothing before it is committed.
	inventoryv1connect.InventoryServiceApproveTransferProcedure:     nothing,
	inventoryv1connect.InventoryServiceCancelStockCountProcedure:    nothing,
	inventoryv1connect.InventoryServiceCancelTransferProcedure:      live,
	inventoryv1connect.InventoryServiceCreateTransferProcedure:      nothing,
	inventoryv1connect.InventoryServiceOpenStockCountProcedure:      nothing,
	inventoryv1connect.InventoryServiceSendTransferProcedure:        live,
	inventoryv1connect.InventoryServiceSetCountedItemsProcedure:     nothing,
	inventoryv1connect.InventoryServiceUpsertStockPoliciesProcedure: live,
	// The forecast shows items' names and units.
	inventoryv1connect.InventoryServiceUpsertItemProcedure: {Forecast, KPIs},

	// What a job changes it invalidates itself, when it is done.
	jobsv1connect.JobServiceCancelJobProcedure: nothing,

	// Closed orders keep what they cost.
	kpiv1connect.KpiServiceCreateStreamTicketProcedure: nothing,

	menuv1connect.MenuServiceUpsertCategoryProcedure:      nothing,
	menuv1connect.MenuServiceUpsertMenuItemProcedure:      nothing,
	menuv1connect.MenuServiceUpsertModifierGroupProcedure: nothing,
	menuv1connect.MenuServiceUpsertPreparationProcedure:   nothing,

	// An order shows in no report but the live figures before it is closed or voided; tickets of a closed order can still become ready.
	ordersv1connect.OrderServiceAddItemsProcedure:      nothing,
	ordersv1connect.OrderServiceCloseOrderProcedure:    sales,
	ordersv1connect.OrderServiceCompOrderProcedure:     nothing,
	ordersv1connect.OrderServiceDiscountOrderProcedure: nothing,
	ordersv1connect.OrderServiceIngestOrdersProcedure:  sales,
	ordersv1connect.OrderServiceMarkReadyProcedure:     {Overview, Rankings, KPIs},
	ordersv1connect.OrderServiceOpenOrderProcedure:     live,
	ordersv1connect.OrderServiceRefundOrderProcedure:   sales,
	ordersv1connect.OrderServiceSendOrderProcedure:     nothing,
	ordersv1connect.OrderServiceVoidLineProcedure:      nothing,
	ordersv1connect.OrderServiceVoidOrderProcedure:     sales,

	procurementv1connect.ProcurementServiceApprovePurchaseOrderProcedure:  nothing,
	procurementv1connect.ProcurementServiceCancelPurchaseOrderProcedure:   nothing,
	procurementv1connect.ProcurementServiceClosePurchaseOrderProcedure:    nothing,
	procurementv1connect.ProcurementServiceCreatePurchaseOrderProcedure:   nothing,
	procurementv1connect.ProcurementServicePlacePurchaseOrderProcedure:    nothing,
	procurementv1connect.ProcurementServiceReceivePurchaseOrderProcedure:  cost,
	procurementv1connect.ProcurementServiceSubmitPurchaseOrderProcedure:   nothing,
	procurementv1connect.ProcurementServiceUpsertSupplierProcedure:        nothing,
	procurementv1connect.ProcurementServiceGenerateDraftOrdersProcedure:   nothing,
	procurementv1connect.ProcurementServiceMatchSupplierInvoiceProcedure:  nothing,
	procurementv1connect.ProcurementServiceRecordSupplierInvoiceProcedure: nothing,
	procurementv1connect.ProcurementServiceUpdatePurchaseOrderProcedure:   nothing,
	procurementv1connect.ProcurementServiceUpsertSupplierItemsProcedure:   nothing,

	// What a promotion gives shows in reports when an order is closed.
	promotionsv1connect.PromotionServiceActivatePromotionProcedure: nothing,
	promotionsv1connect.PromotionServiceApprovePromotionProcedure:  nothing,
	promotionsv1connect.PromotionServiceArchivePromotionProcedure:  nothing,
	promotionsv1connect.PromotionServiceCreatePromotionProcedure:   nothing,
	promotionsv1connect.PromotionServicePausePromotionProcedure:    nothing,
	promotionsv1connect.PromotionServiceUpdatePromotionProcedure:   nothing,

	webhooksv1connect.WebhookServiceReplayReceivedEventProcedure: nothing,
}

// BustsOf returns the reports that a successful call of the procedure invalidates.
func BustsOf(procedure string) []Report { return busts[procedure] }

// Listed reports whether the procedure stands in the table at all.
func Listed(procedure string) ([]Report, bool) {
	reports, ok := busts[procedure]
	return reports, ok
}
