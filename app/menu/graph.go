package menu

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

const (
	// maxDepth is how many preparations may be made of each other in a row.
	maxDepth = 10
	// maxWays is in how many ways items may come into one preparation. Closing an order reads them all, so they are bounded when
	// a recipe is written.
	maxWays = 500
)

// graph is what an organisation's preparations are made of, by id.
type graph map[string]node

// node is one preparation: how many of its lines are items, and the preparations that the others are.
type node struct {
	items int64
	parts []string
}

// extent is how far a preparation reaches.
type extent struct {
	depth int64 // preparations in the longest row from it on
	ways  int64 // ways in which items come into it; anything above maxWays is maxWays + 1
}

// check refuses what became of the graph with a new recipe of a preparation: one that comes back to itself, and one that is too
// deep or too wide, be it the preparation or another that is made of it.
func (g graph) check(id string, recipe []RecipeLine) error {
	for i, l := range recipe {
		if l.PreparationID == "" {
			continue
		}
		if way := g.way(l.PreparationID, id, make(map[string]bool)); way != nil {
			return fault.Invalid(fmt.Sprintf("preparation.recipe[%d].preparation_id", i),
				"must not come back to the preparation: "+strings.Join(append([]string{id}, way...), " → ")).WithReason("RECIPE_CYCLE")
		}
	}
	known := make(map[string]extent, len(g))
	for _, other := range slices.Sorted(maps.Keys(g)) {
		reach := g.extent(other, known)
		if reach.depth > maxDepth {
			return fault.Invalid("preparation.recipe",
				fmt.Sprintf("must not put more than %d preparations in a row; %s would have %d", maxDepth, other, reach.depth)).WithReason("RECIPE_TOO_DEEP")
		}
		if reach.ways > maxWays {
			return fault.Invalid("preparation.recipe",
				fmt.Sprintf("must not bring items in by more than %d ways; %s would have more", maxWays, other)).WithReason("RECIPE_TOO_WIDE")
		}
	}
	return nil
}

// way returns the way from one preparation to another, both included, or nil. What was seen before leads nowhere.
func (g graph) way(from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, part := range g[from].parts {
		if way := g.way(part, to, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// extent measures a preparation, each part once. The graph must have no cycle.
func (g graph) extent(id string, known map[string]extent) extent {
	if e, ok := known[id]; ok {
		return e
	}
	e := extent{depth: 1, ways: g[id].items}
	for _, part := range g[id].parts {
		below := g.extent(part, known)
		e.depth = max(e.depth, below.depth+1)
		e.ways += below.ways
	}
	e.ways = min(e.ways, maxWays+1)
	known[id] = e
	return e
}

// with replaces the recipe of a preparation.
func (g graph) with(id string, recipe []RecipeLine) graph {
	n := node{}
	for _, l := range recipe {
		if l.PreparationID == "" {
			n.items++
		} else {
			n.parts = append(n.parts, l.PreparationID)
		}
	}
	g[id] = n
	return g
}
