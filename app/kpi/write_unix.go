//go:build unix

package kpi

import (
	"errors"
	"syscall"
)

// writeNow writes to a socket what it takes without waiting.
func writeNow(descriptor uintptr, text []byte) (int, error) {
	for {
		written, err := syscall.Write(int(descriptor), text)
		switch {
		case err == nil:
			return written, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return 0, nil
		default:
			return 0, err
		}
	}
}
