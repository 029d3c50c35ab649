package kpi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// Path is where the stream is served as Server-Sent Events.
const Path = "/stream/kpis"

// reconnectMilliseconds is how long an EventSource waits before it comes back by itself.
const reconnectMilliseconds = 3000

// ticketTaker turns a one-time ticket into its caller; auth.Streams is the one.
type ticketTaker interface {
	TakeTicket(ctx context.Context, text string) (caller.Caller, error)
}

// tickets know callers by their tickets. No ticket is recognised before it is taken: behind an address that is over its limit, only those
// who send their token get in.
type tickets struct{ taker ticketTaker }

// Authenticate implements [rpc.Authenticator].
func (t tickets) Authenticate(ctx context.Context, ticket string) (caller.Caller, error) {
	return t.taker.TakeTicket(ctx, ticket)
}

// Events serves the stream as Server-Sent Events:
//
//	GET /stream/kpis?orgId=…[&branchId=…][&branches=true][&ticket=…]
//
// The caller is known by the Authorization header or by a ticket.
type Events struct {
	authenticator rpc.Authenticator
	limiter       *ratelimit.Limiter
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
	c, err := h.caller(w, r)
	if err != nil {
		return err
	}
	ctx := caller.With(r.Context(), c)
	var stream *stream
	err = rpc.Attempt(ctx, w.Header(), h.limiter, c, func(ctx context.Context) (err error) {
		stream, err = h.open(ctx, c, r.URL.Query(), w.Header())
		return err
	})
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
	if stream.begin(r.Header.Get("Last-Event-ID"), out) == nil {
		if detach(stream, w, r) {
			return nil
		}
		_ = stream.follow(ctx, out)
	}
	stream.close()
	return nil
}

func (h *Events) caller(w http.ResponseWriter, r *http.Request) (caller.Caller, error) {
	if ticket := r.URL.Query().Get("ticket"); ticket != "" {
		return rpc.Identify(r.Context(), w.Header(), h.limiter, h.tickets, ticket)
	}
	return rpc.Identify(r.Context(), w.Header(), h.limiter, h.authenticator, r.Header.Get("Authorization"))
}

func (h *Events) open(ctx context.Context, c caller.Caller, query url.Values, answer http.Header) (*stream, error) {
	branches, err := flag("branches", query.Get("branches"))
	if err != nil {
		return nil, err
	}
	asked := &kpiv1.StreamKpisRequest{OrgId: query.Get("orgId"), BranchId: query.Get("branchId"), Branches: branches}
	if err := rpc.Permit(streamMethod, c, asked); err != nil {
		return nil, err
	}
	return h.opener.open(ctx, asked.GetBranchId(), branches, answer)
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
	if _, err := e.writer.Write(of.text()); err != nil {
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
