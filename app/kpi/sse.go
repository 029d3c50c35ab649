package kpi

import (
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
//	GET /stream/kpis?orgId=…[&branchId=…][&branches=true][&ticket=…]
//
// The caller is known by the Authorization header or by a ticket.
type Events struct {
	authenticator rpc.Authenticator
	opener        opener
	tickets       tickets
}

// ServeHTTP implements [http.Handler].
func (h *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
		OrgId: query.Get("orgId"), BranchId: query.Get("branchId"), Branches: branches, LastEventId: r.Header.Get("Last-Event-ID"),
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
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Accel-Buffering", "no") // of nginx
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{controller: http.NewResponseController(w), timeout: stream.broker.writeTimeout, view: stream.view, writer: w}
	// Errors have nowhere to go any more; they are counted.
	if stream.begin(asked.GetLastEventId(), out) == nil {
		if detach(stream, w, r) {
			return nil
		}
		_ = stream.follow(ctx, out)
	}
	stream.close()
	return nil
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
	timeout    time.Duration
	view       View
	writer     http.ResponseWriter
}

func (e *eventWriter) goodbye(reason kpiv1.GoodbyeReason, retryAfter time.Duration) error {
	return e.write(goodbyeEvent(reason, retryAfter))
}

func (e *eventWriter) heartbeat() error {
	if e.begun {
		return e.write(heartbeatEvent)
	}
	e.begun = true
	return e.write(firstHeartbeatEvent)
}

func (e *eventWriter) kpis(of *edition) error {
	event, err := of.event(e.view)
	if err != nil {
		return err
	}
	return e.write(event)
}

func (e *eventWriter) write(of event) error {
	if err := e.controller.SetWriteDeadline(time.Now().Add(e.timeout)); err != nil {
		return err
	}
	if _, err := e.writer.Write(of.text()); err != nil { //nolint:gosec // an event stream, which no browser renders
		return slow(err)
	}
	return slow(e.controller.Flush())
}

// slow tells a client that reads too slowly from one that is gone.
func slow(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errTooSlow
	}
	return err
}
