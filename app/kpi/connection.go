package kpi

import (
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// sendBuffer bounds in bytes what the kernel keeps for a client that doesn't read, and so how old what it reads then can be.
const sendBuffer = 64 << 10

// connection is a stream of Server-Sent Events that was taken over from net/http, which needs two goroutines and buffers for each
// request that goes on: several times the memory. Whoever has news writes it, without waiting; only for a client whose end is full a
// goroutine waits.
type connection struct {
	net.Conn

	raw    syscall.RawConn
	stream *stream

	mu sync.Mutex
	// again says that there is more news for who is busy writing.
	again, busy bool
}

// detach takes over the connection of a stream that has begun. It returns false if it can't be: then nothing has changed, and the
// stream has to be followed. A stream that was taken over closes itself.
func detach(s *stream, w http.ResponseWriter, r *http.Request) bool {
	if r.ProtoMajor != 1 || r.ProtoMinor == 0 { // without chunks
		return false
	}
	taken, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	c := &connection{Conn: taken, stream: s}
	if tcp, ok := taken.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // it works without
		c.raw, _ = tcp.SyscallConn()
	}
	s.broker.connections.Go(c.read)
	first := s.first
	s.first = nil
	s.watcher.follow(first, c.pump)
	return true
}

// read waits until the client hangs up. What else it says has no meaning.
func (c *connection) read() {
	var ignored [64]byte
	for {
		if _, err := c.Read(ignored[:]); err != nil {
			break
		}
	}
	_ = c.Close()
	c.mu.Lock()
	reason := c.stream.reason
	c.mu.Unlock()
	c.stream.close(reason) // without the lock, for which the hub waits with the news for others
}

// pump writes the news, unless somebody is at it, who then goes on.
func (c *connection) pump() {
	c.mu.Lock()
	if c.busy {
		c.again = true
		c.mu.Unlock()
		return
	}
	c.busy = true
	c.mu.Unlock()
	c.write()
}

// write writes until there is no more news, the stream has ended, or somebody else goes on.
func (c *connection) write() {
	for {
		n, ok := c.stream.watcher.take()
		if !ok {
			c.mu.Lock()
			c.busy, c.again = c.again, false
			idle := !c.busy
			c.mu.Unlock()
			if idle {
				return
			}
			continue
		}
		text, err := c.encode(n)
		if err != nil {
			c.drop(stays)
			return
		}
		written, err := c.try(text)
		if err != nil {
			c.drop(stays)
			return
		}
		if written < len(text) {
			go c.wait(text[written:], n.reason)
			return
		}
		if n.reason != stays {
			c.drop(n.reason)
			return
		}
	}
}

// encode returns the news as chunks. The text is shared: nobody may change it.
func (c *connection) encode(n news) (text []byte, err error) {
	if n.figures != nil {
		figures, err := n.figures.event(c.stream.view)
		if err != nil || n == (news{figures: n.figures}) {
			return figures.chunk, err
		}
		text = slices.Clone(figures.chunk)
	}
	if n.heartbeat {
		if text == nil && n.reason == stays {
			return heartbeatEvent.chunk, nil
		}
		text = append(text, heartbeatEvent.chunk...)
	}
	if n.reason != stays {
		text = append(append(text, goodbyeEvent(n.reason, retryAfter(n.reason)).chunk...), lastChunk...)
	}
	return text, nil
}

// try writes what the kernel takes at once.
func (c *connection) try(text []byte) (written int, err error) {
	if c.raw == nil {
		return 0, nil
	}
	failure := c.raw.Write(func(descriptor uintptr) bool {
		written, err = writeNow(descriptor, text)
		return true
	})
	return written, errors.Join(failure, err)
}

// wait writes what is left when the client's end is full, and goes on with the news.
func (c *connection) wait(rest []byte, reason kpiv1.GoodbyeReason) {
	err := c.SetWriteDeadline(time.Now().Add(c.stream.broker.writeTimeout))
	written := 0
	if err == nil {
		written, err = c.Write(rest)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.leave(rest[written:])
		c.drop(kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW)
	case err != nil || c.SetWriteDeadline(time.Time{}) != nil:
		c.drop(stays)
	case reason != stays:
		c.drop(reason)
	default:
		c.write()
	}
}

// leave has the kernel keep the rest of an event and a goodbye, in a larger buffer, for a client that reads on after all.
func (c *connection) leave(rest []byte) {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok || tcp.SetWriteBuffer(2*sendBuffer+len(rest)) != nil || tcp.SetWriteDeadline(time.Time{}) != nil {
		return
	}
	goodbye := goodbyeEvent(kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW, 0).chunk
	_, _ = c.try(slices.Concat(rest, goodbye, []byte(lastChunk))) // else the end of the connection must do
}

// drop closes the connection. What the kernel has of it is still sent. It stays busy: nothing is written any more.
func (c *connection) drop(reason kpiv1.GoodbyeReason) {
	c.mu.Lock()
	c.stream.reason = reason
	c.mu.Unlock()
	_ = c.Close()
}
