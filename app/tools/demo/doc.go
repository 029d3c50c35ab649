// Package demo fills a database with made-up restaurants: the staging set that the dashboard and the release checklist are
// shown with ([Load]), and as many orders as a benchmark wants ([Seed]).
//
// Both are simulated by package sim, so that every figure in the rollup is the sum of raw rows, and stored through COPY.
// It is an operator's tool for organisations of its own. It writes past the services, so nothing is told to the cache and no
// foreign key is checked where the role may switch that off; the rows are made to satisfy them.
package demo
