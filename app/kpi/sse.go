package kpi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// Path is where the stream is served as Server-Sent Events.
const Path = "/stream/kpis"

// reconnectMilliseconds is how long an EventSource waits before it comes back by itself.
const reconnectMilliseconds = 3000

// tickets turns a one-time ticket into its caller.
type tickets interface {
	TakeTicket(ctx context.Context, text string) (caller.Caller, error)
}

// Events serves the stream as Server-Sent Events:
//
//	GET /stream/kpis?orgId=…[&branchId=…][&branches=true][&ticket=…][&lastEventId=…]
//
// The caller is known by the Authorization header or by a ticket. Who comes back names the last id by the header Last-Event-ID or, where
// that can't be set, such as in a new EventSource with a new ticket, by lastEventId.
type Events struct {
	authenticator rpc.Authenticator
	opener        opener
	tickets       tickets
}

// ServeHTTP implements [http.Handler].
func (h *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // the route of GET takes HEAD as well, whose answer has no body
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "a stream is opened with GET", http.StatusMethodNotAllowed)
		return
	}
	if err := h.serve(w, r); err != nil {
		rpc.WriteError(w, r, err)
	}
}

// serve returns an error only if nothing was sent yet.
func (h *Events) serve(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	c, err := h.caller(r, query.Get("ticket"))
	if err != nil {
		return err
	}
	branches, err := flag("branches", query.Get("branches"))
	if err != nil {
		return err
	}
	ctx := caller.With(r.Context(), c)
	asked := &kpiv1.StreamKpisRequest{
		OrgId: query.Get("orgId"), BranchId: query.Get("branchId"), Branches: branches,
		LastEventId: cmp.Or(r.Header.Get("Last-Event-ID"), query.Get("lastEventId")),
	}
	if err := rpc.Permit(streamMethod, c, asked); err != nil {
		return err
	}
	stream, err := h.opener.open(ctx, asked.GetBranchId(), branches, w.Header())
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	unbuffered(header)
	if r.ProtoMajor == 1 { // after the goodbye nobody listens on the connection
		header.Set("Connection", "close")
	}
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{controller: http.NewResponseController(w), firstID: stream.view.id(stream.first.kpis), timeout: stream.broker.writeTimeout, view: stream.view, writer: w}
	// Errors have nowhere to go any more; they are counted.
	if stream.begin(asked.GetLastEventId(), out) == nil {
		if detach(stream, w, r) {
			return nil
		}
		_ = stream.follow(ctx, out)
	}
	stream.close(stream.reason)
	return nil
}

// unbuffered has proxies hand the answer on as it comes.
func unbuffered(header http.Header) {
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Accel-Buffering", "no") // of nginx
}

func (h *Events) caller(r *http.Request, ticket string) (caller.Caller, error) {
	if ticket != "" {
		return h.tickets.TakeTicket(r.Context(), ticket)
	}
	return h.authenticator.Authenticate(r.Context(), r.Header.Get("Authorization"))
}

func flag(name, text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, invalidFlag(name)
	}
	return on, nil
}

// eventWriter writes Server-Sent Events.
type eventWriter struct {
	begun      bool
	controller *http.ResponseController
	// firstID names the figures with which the stream begins.
	firstID string
	timeout time.Duration
	view    View
	writer  http.ResponseWriter
}

func (e *eventWriter) goodbye(reason kpiv1.GoodbyeReason, retryAfter time.Duration) error {
	return e.write(goodbyeEvent(reason, retryAfter).text())
}

func (e *eventWriter) heartbeat() error {
	if e.begun {
		return e.write(heartbeatEvent.text())
	}
	e.begun = true
	return e.write(firstHeartbeat(e.firstID))
}

func (e *eventWriter) kpis(of *edition) error {
	event, err := of.event(e.view)
	if err != nil {
		return err
	}
	if !e.begun {
		return e.write(event.withoutID())
	}
	return e.write(event.text())
}

func (e *eventWriter) write(text []byte) error {
	began := time.Now()
	if err := e.controller.SetWriteDeadline(began.Add(e.timeout)); err != nil {
		return err
	}
	if _, err := e.writer.Write(text); err != nil { //nolint:gosec // an event stream, which no browser renders
		return slow(err, began, e.timeout)
	}
	return slow(flush(e.controller), began, e.timeout)
}

// slow tells a client that reads too slowly from one that is gone. Over HTTP/2 the deadline closes the stream, so that time alone tells.
func slow(err error, began time.Time, timeout time.Duration) error {
	if err != nil && (errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) >= timeout) {
		return errTooSlow
	}
	return err
}
