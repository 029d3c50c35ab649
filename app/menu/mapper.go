package menu

import (
	"cmp"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

func itemFromProto(p *menuv1.MenuItem) (Item, error) {
	item := Item{
		Active:    p.GetActive(),
		Category:  p.GetCategory(),
		ID:        p.GetId(),
		Name:      p.GetName(),
		Price:     p.GetPrice(),
		TaxRateBP: p.GetTaxRateBp(),

		ModifierGroups: p.GetModifierGroupIds(),
	}
	var err error
	item.Recipe, err = recipeFromProto("menu_item.recipe", p.GetRecipe())
	return item, err
}

func recipeFromProto(path string, wire []*menuv1.RecipeLine) ([]RecipeLine, error) {
	var recipe []RecipeLine
	for i, l := range wire {
		net, err := quantity.FromWire(fmt.Sprintf("%s[%d].quantity", path, i), l.GetQuantity())
		if err != nil {
			return nil, err
		}
		recipe = append(recipe, RecipeLine{
			ItemID: l.GetItemId(), PreparationID: l.GetPreparationId(), Quantity: net, YieldBP: cmp.Or(l.GetYieldBp(), fullYield),
		})
	}
	return recipe, nil
}

func recipeToProto(recipe []RecipeLine) []*menuv1.RecipeLine {
	wire := make([]*menuv1.RecipeLine, len(recipe))
	for i, l := range recipe {
		wire[i] = &menuv1.RecipeLine{ItemId: l.ItemID, PreparationId: l.PreparationID, Quantity: quantity.ToWire(l.Quantity), YieldBp: l.YieldBP}
	}
	return wire
}

func itemToProto(item *Item) *menuv1.MenuItem {
	return &menuv1.MenuItem{
		Id:        item.ID,
		Name:      item.Name,
		Category:  item.Category,
		Price:     item.Price,
		TaxRateBp: item.TaxRateBP,
		Active:    item.Active,
		Recipe:    recipeToProto(item.Recipe),

		ModifierGroupIds: item.ModifierGroups,
	}
}

func preparationFromProto(p *menuv1.Preparation) (Preparation, error) {
	made := Preparation{ID: p.GetId(), Name: p.GetName(), OutputUnit: p.GetOutputUnit()}
	var err error
	if made.OutputQuantity, err = quantity.FromWire("preparation.output_quantity", p.GetOutputQuantity()); err != nil {
		return made, err
	}
	made.Recipe, err = recipeFromProto("preparation.recipe", p.GetRecipe())
	return made, err
}

func preparationToProto(p *Preparation) *menuv1.Preparation {
	return &menuv1.Preparation{
		Id: p.ID, Name: p.Name, OutputQuantity: quantity.ToWire(p.OutputQuantity), OutputUnit: p.OutputUnit, Recipe: recipeToProto(p.Recipe),
	}
}

func groupFromProto(p *menuv1.ModifierGroup) (ModifierGroup, error) {
	g := ModifierGroup{ID: p.GetId(), MaxChoices: p.GetMaxChoices(), MinChoices: p.GetMinChoices(), Name: p.GetName()}
	for i, m := range p.GetModifiers() {
		recipe, err := recipeFromProto(fmt.Sprintf("modifier_group.modifiers[%d].recipe", i), m.GetRecipe())
		if err != nil {
			return g, err
		}
		g.Modifiers = append(g.Modifiers, Modifier{Active: m.GetActive(), ID: m.GetId(), Name: m.GetName(), Price: m.GetPrice(), Recipe: recipe})
	}
	return g, nil
}

func groupToProto(g *ModifierGroup) *menuv1.ModifierGroup {
	p := &menuv1.ModifierGroup{Id: g.ID, MaxChoices: g.MaxChoices, MinChoices: g.MinChoices, Name: g.Name}
	for _, m := range g.Modifiers {
		p.Modifiers = append(p.Modifiers, &menuv1.Modifier{Active: m.Active, Id: m.ID, Name: m.Name, Price: m.Price, Recipe: recipeToProto(m.Recipe)})
	}
	return p
}

func costToProto(c *Cost, currency string) *menuv1.GetMenuItemCostResponse {
	of := dishCostToProto(c)
	p := &menuv1.GetMenuItemCostResponse{
		Cost: of.GetCost(), Currency: currency, FoodCostBp: of.FoodCostBp, Margin: of.GetMargin(), MarginBp: of.MarginBp, Partial: c.Partial, Price: of.GetPrice(),
	}
	for _, i := range c.Ingredients {
		p.Ingredients = append(p.Ingredients, &menuv1.IngredientCost{
			Cost: i.Cost, ItemId: i.Item.ID, ItemName: i.Item.Name, Quantity: quantity.ToWire(i.Quantity), UnitCost: quantity.CostToWire(i.UnitCost),
		})
	}
	return p
}

func dishCostToProto(c *Cost) *menuv1.MenuItemCost {
	p := &menuv1.MenuItemCost{
		Category: c.Dish.Category, Cost: c.Total, Margin: c.Dish.Price - c.Total, MenuItemId: c.Dish.ID, Name: c.Dish.Name, Partial: c.Partial,
		Price: c.Dish.Price,
	}
	if bp, ok := money.Bp(p.GetMargin(), p.GetPrice()); ok {
		p.MarginBp = &bp
	}
	if bp, ok := money.Bp(p.GetCost(), p.GetPrice()); ok {
		p.FoodCostBp = &bp
	}
	return p
}
