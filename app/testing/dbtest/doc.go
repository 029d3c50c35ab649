// Package dbtest gives each test a database and a part of Valkey of its own, on real servers.
package dbtest
