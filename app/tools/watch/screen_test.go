package watch_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/tools/watch"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

func figures() *kpiv1.Kpis {
	return &kpiv1.Kpis{
		Currency: "USD", Timestamp: timestamppb.New(time.Date(2024, 11, 8, 12, 0, 0, 0, time.UTC)),
		Total: &kpiv1.KpiFigures{
			Revenue: 5_960_000, Orders: 46, AverageCheck: proto.Int64(129_565), Discounts: 1_000, OpenOrders: 7, ServiceLevelBp: proto.Int64(9_005),
			StockAtRisk: 3, BudgetAttainmentBp: proto.Int64(-50),
		},
		Branches: []*kpiv1.BranchKpis{{BranchName: "Kampala Road", BusinessDate: "2024-11-08", Figures: &kpiv1.KpiFigures{}}},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	require.Equal(t, ""+
		"        BRANCH        DATE  NET SALES USD  ORDERS  AVERAGE CHECK  DISCOUNTS  OPEN  ON TIME  AT RISK  OF BUDGET\n"+
		"  Kampala Road  2024-11-08           0.00       0              -       0.00     0        -        0          -\n"+
		"         Total                   59600.00      46        1295.65      10.00     7  90.05 %        3    -0.50 %\n",
		watch.Table(figures()))
}

func TestScreen(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	screen := &watch.Screen{Out: &out}
	require.NoError(t, screen.Show(figures()))
	require.Contains(t, out.String(), "\x1b[2J\x1b[H")
	require.Contains(t, out.String(), "live, as of ")
	out.Reset()
	screen.Notice("the server is shutting down", 1234*time.Millisecond)
	require.NotContains(t, out.String(), "\x1b[2J", "it is cleared once")
	require.Contains(t, out.String(), "59600.00", "the last figures stay")
	require.Contains(t, out.String(), "the server is shutting down; again in 1.2s\x1b[K\n")
}

func TestLines(t *testing.T) {
	t.Parallel()
	var out, errors bytes.Buffer
	lines := watch.Lines{Errors: &errors, Out: &out}
	require.NoError(t, lines.Show(figures()))
	lines.Notice("away", time.Second)
	require.Equal(t, "away; again in 1s\n", errors.String())
	require.JSONEq(t, `{"revenue":5960000,"orders":46,"averageCheck":129565,"discounts":1000,"serviceLevelBp":9005,"openOrders":7,"stockAtRisk":3,
		"budgetAttainmentBp":-50,"timestamp":"2024-11-08T12:00:00Z","currency":"USD","branches":[{"branchId":"","branchName":"Kampala Road",
		"businessDate":"2024-11-08","revenue":0,"orders":0,"discounts":0,"openOrders":0,"stockAtRisk":0}]}`, out.String())
	require.Equal(t, byte('\n'), out.Bytes()[out.Len()-1])
}

func TestMoreBranchesThanLinesAreCounted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	k := figures()
	for len(k.GetBranches()) < 40 {
		k.Branches = append(k.Branches, &kpiv1.BranchKpis{BranchName: "Jinja", Figures: &kpiv1.KpiFigures{}})
	}
	const height = 12
	screen := &watch.Screen{Out: &out, Height: func() int { return height }}
	require.NoError(t, screen.Show(k))
	require.Less(t, bytes.Count(out.Bytes(), []byte("\n")), height)
	require.Contains(t, out.String(), "… and 33 more branches")
	require.Contains(t, out.String(), "Total")
	out.Reset()
	k.Branches = k.GetBranches()[:5]
	require.NoError(t, screen.Show(k))
	require.NotContains(t, out.String(), "more branches")
}

func TestNamesCommandNoTerminal(t *testing.T) {
	t.Parallel()
	k := figures()
	k.Branches[0].BranchName = "Kampala\x1b[2JRoad\n"
	require.NotContains(t, watch.Table(k), "\x1b")
	require.Contains(t, watch.Table(k), "Kampala�[2JRoad�")
}
