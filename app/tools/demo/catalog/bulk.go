package catalog

// Bulk returns a short catalogue for benchmark data: few items, so that the ledger of stock doesn't outgrow the orders.
func Bulk() Catalogue {
	full := Staging()
	keep := []int{chicken, beef, potatoes, rice, coffee, soda}
	c := Catalogue{Suppliers: full.Suppliers}
	at := make(map[int]int, len(keep))
	for i, item := range keep {
		at[item] = i
		c.Items = append(c.Items, full.Items[item])
		c.Items[i].ShelfDays = 0
	}
	for _, d := range full.Dishes {
		var recipe []Portion
		for _, p := range d.Recipe {
			if i, ok := at[p.Item]; ok && len(recipe) < 2 {
				recipe = append(recipe, Portion{Item: i, Quantity: p.Quantity, YieldBP: p.YieldBP})
			}
		}
		switch d.ID {
		case "MENU_CHICKEN_CHIPS", "MENU_PILAU", "MENU_BURGER", "MENU_CHIPS", "MENU_COFFEE", "MENU_SODA":
			d.Recipe = recipe
			c.Dishes = append(c.Dishes, d)
		}
	}
	for i := range c.Suppliers {
		c.Suppliers[i].EveryDays = 7
	}
	return c
}
