// Package schema brings a database to the state that the files in schema/ declare, as the Atlas CLI does.
//
// The files are run in an empty database of the same server, which is then compared with the real one; what differs is
// planned by Atlas. New indexes of tables that exist are built CONCURRENTLY, so nothing runs in a transaction: an
// apply that was stopped is simply run again.
package schema
