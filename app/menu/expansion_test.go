package menu_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

// kitchen is a random menu with another way to expand it: by recursion, in fractions.
type kitchen struct {
	items        []string
	preparations []string
	output       map[string]int64 // thousandths
	recipes      map[string][]*menuv1.RecipeLine
	rt           *rapid.T
}

// recipe draws lines of the items and the preparations so far, each at most once.
func (k *kitchen) recipe(label string, mayLeaveOut bool) []*menuv1.RecipeLine {
	type component struct{ item, preparation string }
	var known []component
	for _, id := range k.items {
		known = append(known, component{item: id})
	}
	for _, id := range k.preparations {
		known = append(known, component{preparation: id})
	}
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(known), 1, 4, rapid.ID[component]).Draw(k.rt, "recipe of "+label)
	recipe := make([]*menuv1.RecipeLine, len(chosen))
	for i, c := range chosen {
		thousandths := rapid.Int64Range(1, 20_000).Draw(k.rt, "quantity")
		if mayLeaveOut && rapid.Bool().Draw(k.rt, "left out") {
			thousandths = -thousandths
		}
		recipe[i] = &menuv1.RecipeLine{
			ItemId: c.item, PreparationId: c.preparation, Quantity: float64(thousandths) / 1000,
			YieldBp: rapid.SampledFrom([]int32{10_000, 9_000, 7_500, 3_333, 1}).Draw(k.rt, "yield"),
		}
	}
	return recipe
}

// needs adds what so much of a recipe takes of each item.
func (k *kitchen) needs(recipe []*menuv1.RecipeLine, times *big.Rat, total map[string]*big.Rat) {
	for _, l := range recipe {
		net := decimal.NewFromFloat(l.GetQuantity()).Rat()
		taken := new(big.Rat).Mul(times, net)
		taken.Mul(taken, big.NewRat(10_000, int64(l.GetYieldBp())))
		if id := l.GetPreparationId(); id != "" {
			k.needs(k.recipes[id], taken.Quo(taken, big.NewRat(k.output[id], 1000)), total)
			continue
		}
		if total[l.GetItemId()] == nil {
			total[l.GetItemId()] = new(big.Rat)
		}
		total[l.GetItemId()].Add(total[l.GetItemId()], taken)
	}
}

// rounded is a requirement in thousandths, half away from zero, and never negative.
func rounded(exact *big.Rat) string {
	if exact.Sign() < 0 {
		return "0.000"
	}
	thousandths := new(big.Rat).Add(new(big.Rat).Mul(exact, big.NewRat(1000, 1)), big.NewRat(1, 2))
	return decimal.NewFromBigInt(new(big.Int).Quo(thousandths.Num(), thousandths.Denom()), -3).StringFixed(3)
}

func TestExpansionsAgainstANaiveRecursion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	items := []string{b.item, factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner)}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		ctx := context.Background()
		k := &kitchen{items: items, output: make(map[string]int64), recipes: make(map[string][]*menuv1.RecipeLine), rt: rt}
		for i := range rapid.IntRange(0, 4).Draw(rt, "preparations") {
			id := fmt.Sprintf("P%d_%d", run, i)
			k.recipes[id], k.output[id] = k.recipe(id, false), rapid.Int64Range(500, 20_000).Draw(rt, "output")
			if err := b.prepare(id, float64(k.output[id])/1000, k.recipes[id]...); err != nil {
				require.ErrorContains(rt, err, "must not come to more than")
				rt.Skip("more than a batch may take")
			}
			k.preparations = append(k.preparations, id)
		}
		dish, extra := fmt.Sprint("DISH", run), fmt.Sprint("EXTRA", run)
		wanted := burger(dish, k.recipe(dish, false)...)
		changed := k.recipe(extra, true)
		_, err := b.client.UpsertModifierGroup(ctx, &menuv1.UpsertModifierGroupRequest{ModifierGroup: &menuv1.ModifierGroup{
			Name: "Extras", MaxChoices: 1, Modifiers: []*menuv1.Modifier{{Id: extra, Name: extra, Active: true, Recipe: changed}},
		}})
		if err == nil {
			_, err = b.client.UpsertMenuItem(ctx, &menuv1.UpsertMenuItemRequest{MenuItem: wanted})
		}
		if err != nil {
			require.ErrorContains(rt, err, "must not come to more than")
			rt.Skip("more than a portion may take")
		}

		dishes, modifiers, err := menu.LoadWith(ctx, b.db, b.owner.OrgID, []string{dish}, []string{extra})
		require.NoError(rt, err)
		portions := decimal.New(rapid.Int64Range(1, 20_000).Draw(rt, "portions"), -3)
		for name, c := range map[string]struct {
			recipes     [][]*menuv1.RecipeLine
			ingredients []menu.Ingredient
		}{
			"the dish": {[][]*menuv1.RecipeLine{wanted.GetRecipe()}, dishes[dish].Ingredients},
			"with the modifier": {
				[][]*menuv1.RecipeLine{wanted.GetRecipe(), changed}, append(append([]menu.Ingredient{}, dishes[dish].Ingredients...), modifiers[extra]...),
			},
		} {
			want := make(map[string]*big.Rat)
			for _, recipe := range c.recipes {
				k.needs(recipe, portions.Rat(), want)
			}
			itemIDs, parts := menu.ByItem(c.ingredients)
			require.Len(rt, itemIDs, len(want), name)
			for id, exact := range want {
				require.Equal(rt, rounded(exact), menu.Requirement(parts[id], portions).StringFixed(3), "%s of %s", id, name)
			}
		}
	})
}
