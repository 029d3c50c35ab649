package kpi

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// event is a Server-Sent Event in the forms in which it is written, made once and shared by all streams.
type event struct {
	// chunk is the event as a chunk of HTTP/1.1, of which begin and end mark the event itself.
	chunk      []byte
	begin, end int
}

func newEvent(format string, args ...any) event {
	text := fmt.Appendf(nil, format, args...)
	size := fmt.Appendf(nil, "%x\r\n", len(text))
	return event{begin: len(size), chunk: slices.Concat(size, text, []byte("\r\n")), end: len(size) + len(text)}
}

// text is the event itself.
func (e event) text() []byte { return e.chunk[e.begin:e.end] }

// withoutID is the event without its id, which stands last.
func (e event) withoutID() []byte {
	text := e.text()
	if at := bytes.LastIndex(text, []byte("\nid: ")); at >= 0 {
		return slices.Concat(text[:at], []byte("\n\n"))
	}
	return text
}

// lastChunk ends a body of HTTP/1.1.
const lastChunk = "0\r\n\r\n"

var heartbeatEvent = newEvent("event: heartbeat\ndata: {\"status\":\"ok\"}\n\n")

// firstHeartbeat also says how long an EventSource waits before it comes back by itself, and names the first figures: so a stream begins
// with two events of two lines each, as operators expect it.
func firstHeartbeat(id string) []byte {
	return fmt.Appendf(nil, "event: heartbeat\ndata: {\"status\":\"ok\"}\nid: %s\nretry: %d\n\n", id, reconnectMilliseconds)
}

// goodbyeEvent says why a stream ends and when to come back, if that is of use.
func goodbyeEvent(reason kpiv1.GoodbyeReason, retryAfter time.Duration) event {
	retry := ""
	if retryAfter > 0 {
		retry = fmt.Sprintf("retry: %d\n", retryAfter.Milliseconds())
	}
	return newEvent("event: goodbye\ndata: {\"reason\":%q,\"retryAfterMs\":%d}\n%s\n", nameOf(reason), retryAfter.Milliseconds(), retry)
}
