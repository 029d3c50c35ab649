package menu

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func madeOf(ids ...string) []RecipeLine {
	recipe := make([]RecipeLine, len(ids))
	for i, id := range ids {
		recipe[i].PreparationID = id
	}
	return recipe
}

func TestGraph(t *testing.T) {
	t.Parallel()
	row := func(length int) graph {
		g := graph{}.with("P1", make([]RecipeLine, 1))
		for i := 2; i <= length; i++ {
			g.with(fmt.Sprint("P", i), madeOf(fmt.Sprint("P", i-1)))
		}
		return g
	}
	cases := map[string]struct {
		graph  graph
		id     string
		recipe []RecipeLine
		reason string // empty: allowed
		field  string
	}{
		"a preparation of items":                 {graph{}, "A", make([]RecipeLine, 100), "", ""},
		"one of itself":                          {graph{}, "A", madeOf("A"), "RECIPE_CYCLE", "preparation.recipe[0].preparation_id"},
		"one that comes back":                    {row(4), "P1", madeOf("P4"), "RECIPE_CYCLE", "preparation.recipe[0].preparation_id"},
		"one that comes back by its second line": {row(4).with("Q", nil), "P1", madeOf("Q", "P3"), "RECIPE_CYCLE", "preparation.recipe[1].preparation_id"},
		"two of the same part":                   {row(2).with("Q", madeOf("P1")), "R", madeOf("P2", "Q"), "", ""},
		"a row of as many as there may be":       {row(maxDepth - 1), "TOP", madeOf("P9"), "", ""},
		"a row of one more":                      {row(maxDepth), "TOP", madeOf("P10"), "RECIPE_TOO_DEEP", "preparation.recipe"},
		"a row that grows from below":            {row(maxDepth), "P1", madeOf("Q"), "RECIPE_TOO_DEEP", "preparation.recipe"},
		"as many ways as there may be":           {graph{}.with("A", make([]RecipeLine, 250)).with("B", make([]RecipeLine, 250)), "C", madeOf("A", "B"), "", ""},
		"one way more":                           {graph{}.with("A", make([]RecipeLine, 250)).with("B", make([]RecipeLine, 251)), "C", madeOf("A", "B"), "RECIPE_TOO_WIDE", "preparation.recipe"},
		"one way more in what is made of it":     {graph{}.with("B", madeOf("A")).with("C", make([]RecipeLine, 401)).with("D", madeOf("B", "C")), "A", make([]RecipeLine, 100), "RECIPE_TOO_WIDE", "preparation.recipe"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.graph.with(tc.id, tc.recipe).check(tc.id, tc.recipe)
			if tc.reason == "" {
				require.NoError(t, err)
				return
			}
			var refusal *fault.Error
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, tc.reason, refusal.Reason)
			require.Equal(t, tc.field, refusal.Field())
		})
	}
}

func TestGraphNamesTheWayRound(t *testing.T) {
	t.Parallel()
	g := graph{}.with("B", madeOf("C")).with("C", madeOf("D", "A"))
	recipe := madeOf("B")
	require.ErrorContains(t, g.with("A", recipe).check("A", recipe), "A → B → C → A")
}

// TestGraphLooksAtEachPreparationOnce has so many ways through it that only their number could be counted in time.
func TestGraphLooksAtEachPreparationOnce(t *testing.T) {
	t.Parallel()
	const layers, width = 200, 50
	g := make(graph)
	var below []string
	for layer := range layers {
		var here []string
		for i := range width {
			id := fmt.Sprintf("%d_%d", layer, i)
			g.with(id, madeOf(below...))
			here = append(here, id)
		}
		below = here
	}
	require.Nil(t, g.way("199_0", "nowhere", make(map[string]bool)))
	require.Equal(t, int64(layers), g.extent("199_0", make(map[string]extent)).depth)
}

func TestGraphAgainstANaiveSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const size = 7
		id := func(i int) string { return fmt.Sprint("N", i) }
		g := make(graph)
		for i := range size { // each is made of later ones only, so that there is no cycle yet
			var parts []string
			for j := i + 1; j < size; j++ {
				if rapid.Bool().Draw(t, "edge") {
					parts = append(parts, id(j))
				}
			}
			g.with(id(i), append(madeOf(parts...), make([]RecipeLine, rapid.IntRange(0, 3).Draw(t, "items"))...))
		}
		var walk func(at string) (depth, ways int64)
		walk = func(at string) (depth, ways int64) {
			ways = g[at].items
			for _, part := range g[at].parts {
				below, more := walk(part)
				depth, ways = max(depth, below), ways+more
			}
			return depth + 1, ways
		}
		depth, ways := walk(id(0))
		require.Equal(t, extent{depth: depth, ways: min(ways, maxWays+1)}, g.extent(id(0), make(map[string]extent)))

		var reaches func(at, to string) bool
		reaches = func(at, to string) bool {
			return at == to || slices.ContainsFunc(g[at].parts, func(part string) bool { return reaches(part, to) })
		}
		from, to := rapid.IntRange(0, size-1).Draw(t, "from"), rapid.IntRange(0, size-1).Draw(t, "to")
		way := g.way(id(from), id(to), make(map[string]bool))
		require.Equal(t, reaches(id(from), id(to)), way != nil)
		for i := 1; i < len(way); i++ {
			require.Contains(t, g[way[i-1]].parts, way[i])
		}
	})
}
