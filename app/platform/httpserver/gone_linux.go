package httpserver

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// giveUp bounds, for connections accepted from a socket, how long what was sent may stay unread or unacknowledged.
func giveUp(_, _ string, socket syscall.RawConn) error {
	return socket.Control(func(descriptor uintptr) { // it works without
		_ = unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(goneTimeout.Milliseconds()))
	})
}
