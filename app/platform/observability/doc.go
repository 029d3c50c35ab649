// Package observability sets up logs, metrics and traces, and says which build this is.
package observability
