package catalog

// Items by index. Recipes refer to them.
const (
	chicken = iota
	beef
	tilapia
	rice
	potatoes
	flour
	oil
	tomatoes
	onions
	eggs
	milk
	cheese
	coffee
	soda
	beer
)

// Suppliers by index.
const (
	freshProduce = iota
	meatAndFish
	dryGoods
	beverages
)

// vat is Uganda's standard rate.
const vat = 1_800

// cost writes a unit cost in whole minor units.
func cost(minor int64) int64 { return minor * 1_000_000 }

// Staging returns the catalogue of the demo organisation, in Uganda shillings.
func Staging() Catalogue {
	return Catalogue{
		Dishes: dishes(),
		Items: []Item{
			chicken:  {ID: "ITEM_1", Name: "Chicken", BaseUnit: "kg", Cost: cost(16_500), ShelfDays: 5, Supplier: meatAndFish},
			beef:     {ID: "ITEM_2", Name: "Beef", BaseUnit: "kg", Cost: cost(21_000), ShelfDays: 6, Supplier: meatAndFish},
			tilapia:  {ID: "ITEM_3", Name: "Tilapia", BaseUnit: "kg", Cost: cost(19_500), ShelfDays: 5, Supplier: meatAndFish},
			rice:     {ID: "ITEM_4", Name: "Rice", BaseUnit: "kg", Cost: cost(5_000), Supplier: dryGoods},
			potatoes: {ID: "ITEM_5", Name: "Potatoes", BaseUnit: "kg", Cost: cost(3_000), ShelfDays: 21, Supplier: freshProduce},
			flour:    {ID: "ITEM_6", Name: "Wheat flour", BaseUnit: "kg", Cost: cost(4_600), Supplier: dryGoods},
			oil:      {ID: "ITEM_7", Name: "Cooking oil", BaseUnit: "l", Cost: cost(9_000), Supplier: dryGoods},
			tomatoes: {ID: "ITEM_8", Name: "Tomatoes", BaseUnit: "kg", Cost: cost(4_000), ShelfDays: 7, Supplier: freshProduce},
			onions:   {ID: "ITEM_9", Name: "Onions", BaseUnit: "kg", Cost: cost(3_600), ShelfDays: 21, Supplier: freshProduce},
			eggs:     {ID: "ITEM_10", Name: "Eggs", BaseUnit: "piece", Cost: cost(550), ShelfDays: 14, Supplier: freshProduce, Whole: true},
			milk:     {ID: "ITEM_11", Name: "Milk", BaseUnit: "l", Cost: cost(3_000), ShelfDays: 6, Supplier: freshProduce},
			cheese:   {ID: "ITEM_12", Name: "Cheese", BaseUnit: "kg", Cost: cost(38_000), ShelfDays: 30, Supplier: dryGoods},
			coffee:   {ID: "ITEM_13", Name: "Coffee beans", BaseUnit: "kg", Cost: cost(48_000), Supplier: dryGoods},
			soda:     {ID: "ITEM_14", Name: "Soda 300 ml", BaseUnit: "bottle", Cost: cost(1_400), Supplier: beverages, Whole: true},
			beer:     {ID: "ITEM_15", Name: "Beer 500 ml", BaseUnit: "bottle", Cost: cost(3_600), Supplier: beverages, Whole: true},
		},
		Modifiers: []Modifier{
			{Name: "Extra cheese", Price: 3_000},
			{Name: "Avocado", Price: 2_500},
			{Name: "Large", Price: 4_000},
		},
		Suppliers: []Supplier{
			freshProduce: {ID: "SUP_FRESH", Name: "Hilltop Fresh Produce", Email: "orders@hilltop.example", LeadTimeDays: 1, EveryDays: 2},
			meatAndFish:  {ID: "SUP_MEAT", Name: "Lakeside Meat and Fish", Email: "orders@lakeside.example", LeadTimeDays: 1, EveryDays: 2},
			dryGoods:     {ID: "SUP_DRY", Name: "Equator Dry Goods", Email: "sales@equator.example", LeadTimeDays: 3, EveryDays: 7},
			beverages:    {ID: "SUP_DRINKS", Name: "Crested Beverages", Email: "trade@crested.example", LeadTimeDays: 2, EveryDays: 7},
		},
	}
}

// all is a portion of which nothing is lost.
func all(item int, quantity int64) Portion {
	return Portion{Item: item, Quantity: quantity, YieldBP: FullYield}
}

// part is a portion that loses weight in preparation.
func part(item int, quantity, yieldBP int64) Portion {
	return Portion{Item: item, Quantity: quantity, YieldBP: yieldBP}
}

func dishes() []Dish {
	return []Dish{
		{ID: "MENU_ROLEX", Name: "Rolex", Category: Breakfast, Price: 8_000, TaxRateBP: vat, Weight: 12,
			Recipe: []Portion{all(eggs, 2_000), all(flour, 100), part(tomatoes, 50, 9_000), all(onions, 20), all(oil, 15)}},
		{ID: "MENU_OMELETTE", Name: "Spanish omelette", Category: Breakfast, Price: 12_000, TaxRateBP: vat, Weight: 8,
			Recipe: []Portion{all(eggs, 3_000), part(potatoes, 120, 8_500), all(onions, 30), all(oil, 20), all(cheese, 30)}},
		{ID: "MENU_PANCAKES", Name: "Pancakes", Category: Breakfast, Price: 10_000, TaxRateBP: vat, Weight: 6,
			Recipe: []Portion{all(flour, 120), all(milk, 150), all(eggs, 1_000), all(oil, 20)}},
		{ID: "MENU_CHICKEN_CHIPS", Name: "Chicken and chips", Category: Main, Price: 25_000, TaxRateBP: vat, Weight: 16,
			Recipe: []Portion{part(chicken, 350, 8_800), part(potatoes, 300, 8_200), all(oil, 60)}},
		{ID: "MENU_LUWOMBO", Name: "Chicken luwombo", Category: Main, Price: 32_000, TaxRateBP: vat, Weight: 6,
			Recipe: []Portion{part(chicken, 400, 8_800), all(rice, 150), part(tomatoes, 80, 9_000), all(onions, 50)}},
		{ID: "MENU_PILAU", Name: "Beef pilau", Category: Main, Price: 24_000, TaxRateBP: vat, Weight: 9,
			Recipe: []Portion{part(beef, 200, 9_200), all(rice, 200), all(onions, 60), all(oil, 20)}},
		{ID: "MENU_STEW", Name: "Beef stew and rice", Category: Main, Price: 22_000, TaxRateBP: vat, Weight: 8,
			Recipe: []Portion{part(beef, 180, 9_200), all(rice, 180), part(tomatoes, 100, 9_000), all(onions, 50)}},
		{ID: "MENU_BURGER", Name: "Beef burger", Category: Main, Price: 24_000, TaxRateBP: vat, Weight: 9,
			Recipe: []Portion{part(beef, 180, 9_500), all(flour, 90), all(cheese, 30), part(tomatoes, 30, 9_000), all(onions, 20)}},
		{ID: "MENU_CHICKEN_BURGER", Name: "Chicken burger", Category: Main, Price: 23_000, TaxRateBP: vat, Weight: 6,
			Recipe: []Portion{part(chicken, 200, 9_000), all(flour, 90), part(tomatoes, 30, 9_000), all(onions, 20)}},
		{ID: "MENU_TILAPIA", Name: "Whole tilapia", Category: Main, Price: 38_000, TaxRateBP: vat, Weight: 5,
			Recipe: []Portion{part(tilapia, 600, 8_500), part(potatoes, 200, 8_200), all(oil, 50)}},
		{ID: "MENU_FISH_CHIPS", Name: "Fish and chips", Category: Main, Price: 30_000, TaxRateBP: vat, Weight: 6,
			Recipe: []Portion{part(tilapia, 300, 8_500), part(potatoes, 300, 8_200), all(oil, 60)}},
		{ID: "MENU_MARGHERITA", Name: "Margherita pizza", Category: Main, Price: 28_000, TaxRateBP: vat, Weight: 7,
			Recipe: []Portion{all(flour, 220), all(cheese, 120), part(tomatoes, 120, 9_000), all(oil, 20)}},
		{ID: "MENU_CHICKEN_PIZZA", Name: "Chicken pizza", Category: Main, Price: 34_000, TaxRateBP: vat, Weight: 5,
			Recipe: []Portion{all(flour, 220), all(cheese, 110), part(chicken, 120, 9_000), part(tomatoes, 100, 9_000)}},
		{ID: "MENU_SAMOSAS", Name: "Beef samosas", Category: Side, Price: 9_000, TaxRateBP: vat, Weight: 9,
			Recipe: []Portion{part(beef, 60, 9_500), all(flour, 60), all(onions, 20), all(oil, 30)}},
		{ID: "MENU_CHIPS", Name: "Chips", Category: Side, Price: 8_000, TaxRateBP: vat, Weight: 10,
			Recipe: []Portion{part(potatoes, 300, 8_200), all(oil, 40)}},
		{ID: "MENU_SALAD", Name: "Tomato and onion salad", Category: Side, Price: 7_000, TaxRateBP: vat, Weight: 6,
			Recipe: []Portion{part(tomatoes, 150, 9_000), all(onions, 60), all(oil, 10)}},
		{ID: "MENU_COFFEE", Name: "House coffee", Category: Hot, Price: 7_000, TaxRateBP: vat, Weight: 12,
			Recipe: []Portion{all(coffee, 18), all(milk, 50)}},
		{ID: "MENU_LATTE", Name: "Café latte", Category: Hot, Price: 9_000, TaxRateBP: vat, Weight: 10,
			Recipe: []Portion{all(coffee, 18), part(milk, 200, 9_500)}},
		{ID: "MENU_SODA", Name: "Soda", Category: Cold, Price: 4_000, TaxRateBP: vat, Weight: 16, Recipe: []Portion{all(soda, 1_000)}},
		{ID: "MENU_BEER", Name: "Beer", Category: Cold, Price: 8_000, TaxRateBP: vat, Weight: 12, Recipe: []Portion{all(beer, 1_000)}},
	}
}
