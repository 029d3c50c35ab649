// Package valkey opens the client of Valkey, or of Redis 7, which speaks the same protocol.
package valkey
