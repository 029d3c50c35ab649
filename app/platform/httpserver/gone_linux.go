package httpserver

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// giveUp bounds, for connections accepted from a socket, how long what was sent may stay unacknowledged.
func giveUp(_, _ string, socket syscall.RawConn) error {
	var failure error
	err := socket.Control(func(descriptor uintptr) {
		failure = unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(goneTimeout.Milliseconds()))
	})
	return errors.Join(err, failure)
}
