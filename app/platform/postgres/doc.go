// Package postgres opens the connection pool, runs transactions and translates what the database refuses.
package postgres
