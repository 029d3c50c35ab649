package plans

// Reports are the names of the operator's reports, with their queries. Other queries are reported under their file's name.
var Reports = map[string][]string{
	"overview":  {"OrganisationDirectory", "BranchDaySum", "OrderListClosed", "OrderListAny", "KpiOpenOrderCount", "WastageList"},
	"rankings":  {"RankList", "RankReplace"},
	"budgets":   {"BudgetList", "BudgetActuals", "BudgetUpsert"},
	"inventory": {"StockLevelList", "BatchList", "StockOnHandList", "StockBatchListOpen", "StockRiskLevelList", "WastageListByDate"},
}
