package stream

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dialers is how many streams are opened at a time.
const dialers = 32

// latencies counts times by millisecond; the last counter has what took longer.
type latencies struct{ counts [10_000]atomic.Int64 }

func (l *latencies) add(d time.Duration, n int64) {
	l.counts[min(max(int(d.Milliseconds()), 0), len(l.counts)-1)].Add(n)
}

// quantiles returns times in milliseconds below which such shares lie, with how many there are.
func (l *latencies) quantiles(shares ...float64) (milliseconds []float64, total int64) {
	for i := range l.counts {
		total += l.counts[i].Load()
	}
	for _, share := range shares {
		at := 0
		for seen := l.counts[0].Load(); float64(seen) < share*float64(total); seen += l.counts[at].Load() {
			at++
		}
		milliseconds = append(milliseconds, float64(at))
	}
	return milliseconds, total
}

// watchers are clients of a server. They read what comes and hand each figure of an event to heard.
type watchers struct {
	connections []net.Conn
	ended       atomic.Int64 // streams that the server ended
	running     sync.WaitGroup
}

// watch opens so many streams, spread over the organisations. field is the member of the events whose number counts.
func watch(b *testing.B, s *server, n int, target func(i int) string, field string, heard func(watcher int, value int64)) *watchers {
	b.Helper()
	w := &watchers{connections: make([]net.Conn, n)}
	var opening sync.WaitGroup
	next := atomic.Int64{}
	for range dialers {
		opening.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				connection, err := open(s.address, target(i))
				if err != nil {
					b.Errorf("watcher %d: %v", i, err)
					return
				}
				w.connections[i] = connection
			}
		})
	}
	opening.Wait()
	require.False(b, b.Failed(), "all streams must open")
	for i, connection := range w.connections {
		w.running.Go(func() { w.read(connection, []byte(`"`+field+`":`), func(value int64) { heard(i, value) }) })
	}
	return w
}

// open asks for a stream and returns the connection when the answer's head says that it is one.
func open(address, target string) (net.Conn, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(connection, "GET %s\r\nHost: %s\r\n\r\n", target, address); err != nil {
		return nil, err
	}
	head := make([]byte, len("HTTP/1.1 200"))
	if err := connection.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := readFull(connection, head); err != nil {
		return nil, err
	}
	if !bytes.Equal(head, []byte("HTTP/1.1 200")) {
		rest := make([]byte, 2048)
		n, _ := connection.Read(rest)
		return nil, errors.New(string(head) + string(rest[:n]))
	}
	return connection, connection.SetReadDeadline(time.Time{})
}

func readFull(connection net.Conn, into []byte) (int, error) {
	for read := 0; ; {
		n, err := connection.Read(into[read:])
		if read += n; err != nil || read == len(into) {
			return read, err
		}
	}
}

// read takes events as they come. A number that is cut by the end of what was read so far is completed by the next.
func (w *watchers) read(connection net.Conn, field []byte, heard func(int64)) {
	var buffer [2048]byte
	kept := 0
	for {
		n, err := connection.Read(buffer[kept:])
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				w.ended.Add(1)
			}
			return
		}
		rest := buffer[:kept+n]
		for {
			at := bytes.Index(rest, field)
			if at < 0 {
				rest = rest[max(len(rest)-len(field)+1, 0):]
				break
			}
			end := bytes.IndexByte(rest[at:], ',')
			if end < 0 {
				rest = rest[at:]
				break
			}
			if value, err := strconv.ParseInt(string(rest[at+len(field):at+end]), 10, 64); err == nil {
				heard(value)
			}
			rest = rest[at+end:]
		}
		kept = copy(buffer[:], rest)
	}
}

// hangUp closes all streams.
func (w *watchers) hangUp() {
	for _, connection := range w.connections {
		_ = connection.Close()
	}
	w.running.Wait()
}
