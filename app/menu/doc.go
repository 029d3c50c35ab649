// Package menu holds what guests can order: dishes with their price, tax, category and recipe, the modifiers that guests may choose
// with them, and the preparations that kitchens make ahead.
//
// Recipes are made of inventory items and of preparations, which are made of further ones. What a portion takes from stock is read
// through all of them in one statement as fractions, and rounded once, for an item of an order's line. Preparations never come
// back to themselves: their writers are kept apart and look at the whole graph.
//
// Orders copy names, prices and taxes when they are taken, and take from stock by the recipes of the moment at which they close. A
// change of the menu never changes the past.
package menu
