package menu

import (
	"cmp"
	"fmt"

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
	}
	for i, l := range p.GetRecipe() {
		net, err := quantity.FromWire(fmt.Sprintf("menu_item.recipe[%d].quantity", i), l.GetQuantity())
		if err != nil {
			return Item{}, err
		}
		item.Recipe = append(item.Recipe, RecipeLine{ItemID: l.GetItemId(), Quantity: net, YieldBP: cmp.Or(l.GetYieldBp(), fullYield)})
	}
	return item, nil
}

func itemToProto(item *Item) *menuv1.MenuItem {
	p := &menuv1.MenuItem{
		Id:        item.ID,
		Name:      item.Name,
		Category:  item.Category,
		Price:     item.Price,
		TaxRateBp: item.TaxRateBP,
		Active:    item.Active,
	}
	for _, l := range item.Recipe {
		p.Recipe = append(p.Recipe, &menuv1.RecipeLine{ItemId: l.ItemID, Quantity: quantity.ToWire(l.Quantity), YieldBp: l.YieldBP})
	}
	return p
}
