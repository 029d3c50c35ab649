// Package release brings indexes into a live database and out of it, one at a time and beside its writers, and tells how they do.
//
// Every step looks at the database first, so that a run that was stopped anywhere is simply run again: what is there is left alone, what a
// build left half done is dropped and built anew. One operator works at a time; `schema apply` is one of them.
package release
