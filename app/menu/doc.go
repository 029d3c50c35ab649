// Package menu holds what guests can order: dishes with their price, tax and recipe.
//
// Orders copy a dish's name, price and tax when it is ordered, so that a change of the menu never changes the past.
package menu
