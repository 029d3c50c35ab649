package organisation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func TestScope(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t, map[string]string{"A": "Africa/Kampala", "B": "Africa/Kampala", "C": "Pacific/Auckland"})
	manager := caller.Caller{Kind: caller.KindUser, Role: caller.RoleManager}
	supervisor := caller.Caller{Kind: caller.KindUser, Role: caller.RoleSupervisor, BranchID: "B"}
	cases := map[string]struct {
		caller   caller.Caller
		ids      []string
		want     string
		notFound string
	}{
		"a manager sees all":                             {caller: manager, want: "*"},
		"a key of the organisation sees all":             {caller: caller.Caller{Kind: caller.KindAPIKey}, want: "*"},
		"a manager picks branches":                       {caller: manager, ids: []string{"C", "A", "C"}, want: "A,C"},
		"a supervisor sees the own branch":               {caller: supervisor, want: "B"},
		"a supervisor names the own branch":              {caller: supervisor, ids: []string{"B"}, want: "B"},
		"a key of a branch sees it":                      {caller: caller.Caller{Kind: caller.KindAPIKey, BranchID: "A"}, want: "A"},
		"a supervisor of nothing sees nothing":           {caller: caller.Caller{Kind: caller.KindUser, Role: caller.RoleSupervisor}, want: ""},
		"a supervisor doesn't find a foreign branch":     {caller: supervisor, ids: []string{"B", "A"}, notFound: "A"},
		"nobody finds an unknown branch":                 {caller: manager, ids: []string{"A", "X"}, notFound: "X"},
		"a branch that is gone leaves its staff nothing": {caller: caller.Caller{Kind: caller.KindAPIKey, BranchID: "X"}, want: ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope, err := o.Scope(tc.caller, tc.ids...)
			if tc.notFound != "" {
				require.ErrorIs(t, err, fault.NotFound("branch", tc.notFound))
				require.ErrorContains(t, err, `branch "`+tc.notFound+`" not found`)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, scope.String())
		})
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t, map[string]string{"A": "Pacific/Auckland", "B": "Africa/Kampala", "C": "Africa/Kampala"})
	at := time.Date(2024, time.November, 8, 17, 0, 0, 0, time.UTC)

	t.Run("EachZoneHasItsBusinessDate", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Africa/Kampala=2024-11-08 Pacific/Auckland=2024-11-09 ", o.Calendar(at).String())
	})

	t.Run("TheCutOffDecides", func(t *testing.T) {
		t.Parallel()
		late := o.Calendar(time.Date(2024, time.November, 9, 0, 59, 59, 0, time.UTC))
		require.Equal(t, "2024-11-08", late.Today("Africa/Kampala").String())
	})

	t.Run("AScopeHasTheZonesOfItsBranches", func(t *testing.T) {
		t.Parallel()
		scope, err := o.Scope(caller.Caller{Kind: caller.KindAPIKey}, "B")
		require.NoError(t, err)
		require.Equal(t, "Africa/Kampala=2024-11-08 ", scope.Calendar(o.Calendar(at)).String())
	})

	t.Run("AnOrganisationWithoutBranchesLivesByUTC", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "UTC=2024-11-08 ", newOrganisation(t, nil).Calendar(at).String())
	})
}

func TestWeights(t *testing.T) {
	t.Parallel()
	require.NoError(t, organisation.Weights{Margin: .1, Revenue: .2, Service: .3, Waste: .4}.Check("ranking_weights"))
	require.NoError(t, organisation.Weights{Revenue: 1}.Check("ranking_weights"))
	require.ErrorContains(t, organisation.Weights{Revenue: 1.00001}.Check("ranking_weights"), "ranking_weights: must sum to 1")
	require.ErrorContains(t, organisation.Weights{Margin: -1, Revenue: 2}.Check("ranking_weights"), "ranking_weights: must not be negative")
}

// newOrganisation makes an organisation with a cut-off at 04:00 from the zones of its branches.
func newOrganisation(t *testing.T, zones map[string]string) *organisation.Organisation {
	t.Helper()
	var branches []branch.Branch
	for _, id := range []string{"A", "B", "C"} {
		if zones[id] == "" {
			continue
		}
		location, err := branch.Zone(zones[id])
		require.NoError(t, err)
		branches = append(branches, branch.Branch{ID: id, Location: location, TimeZone: zones[id]})
	}
	return organisation.New("ORG", organisation.Settings{CutoffMinutes: 240}, branches)
}
