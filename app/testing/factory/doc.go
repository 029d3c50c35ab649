// Package factory puts rows into a test's database, with sense for every field that the test doesn't care about.
package factory
