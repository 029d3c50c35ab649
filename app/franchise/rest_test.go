package franchise_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

// TestREST calls the routes as the release checklist does and looks for the fields that its jq lines read.
func TestREST(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.New(t))
	id := b.branch(t, factory.BranchOpts{})
	b.book(t, id, "2024-11-08", daysales.Figures{COGS: 26_800, Gross: 59_600, Orders: 3})
	b.foresee(t, id, factory.Item(t, b.db, b.owner), "2024-11-09", "42.5", "WEEKDAY_MA")

	get := func(t *testing.T, path string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+path, http.NoBody)
		require.NoError(t, err)
		resp, err := b.server.As(b.owner).Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.Unmarshal(text, &body), string(text))
		return resp.StatusCode, body
	}

	for path, field := range map[string]string{
		"/franchise/overview?range=today":                                    "summary",
		"/franchise/rankings?period=2024-11":                                 "rankings",
		"/franchise/rankings?range=today":                                    "rankings",
		"/franchise/budgets?period=2024-11":                                  "budgets",
		"/franchise/budgets?range=today":                                     "budgets",
		"/franchise/forecast/items?startDate=2024-11-01&endDate=2024-11-30":  "forecast",
		"/franchise/same-store-growth?range=mtd":                             "branchIds",
		"/franchise/royalties?period=2024-10":                                "royalties",
		"/franchise/branches?":                                               "branches",
		"/franchise/settings?":                                               "settings",
		"/franchise/overview?startDate=2024-11-01&endDate=2024-11-08&range=": "days",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, path+"&orgId="+b.owner.OrgID)
			require.Equal(t, http.StatusOK, status, body)
			require.NotEmpty(t, body[field])
		})
	}

	t.Run("RatiosAreAbsentOrNumbersOfBasisPoints", func(t *testing.T) {
		t.Parallel()
		_, body := get(t, "/franchise/overview?range=today")
		summary := body["summary"].(map[string]any)
		require.Equal(t, "59600", summary["netSales"], "64-bit integers are text in JSON")
		require.Equal(t, "4497", summary["foodCostBp"])
		require.NotContains(t, summary, "serviceLevelBp")
	})

	t.Run("BadRequestsNameTheirField", func(t *testing.T) {
		t.Parallel()
		status, body := get(t, "/franchise/overview?range=fortnight")
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, body["message"], "range: must be today")
		status, _ = get(t, "/franchise/overview?orgId=ELSEWHERE")
		require.Equal(t, http.StatusNotFound, status)
	})
}
