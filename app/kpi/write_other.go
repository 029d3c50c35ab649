//go:build !unix

package kpi

// writeNow leaves it to who waits.
func writeNow(uintptr, []byte) (int, error) { return 0, nil }
