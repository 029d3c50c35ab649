// Package local runs the product on one machine: private PostgreSQL and Valkey servers, and server processes on top.
//
// The servers belong to the checkout and listen on loopback only. Every command that uses them holds a shared lock on
// one file; the last to leave stops them. They are tuned for speed, not for keeping data: a power failure may lose it.
package local
