package kpi

import (
	"cmp"
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
//	GET /stream/kpis?orgId=…[&branchId=…][&branches=true][&ticket=…][&lastEventId=…]
//
// The caller is known by the Authorization header or by a ticket. Who comes back names the last id by the header Last-Event-ID or, where
// that can't be set, such as in a new EventSource with a new ticket, by lastEventId.
type Events struct {
	authenticator rpc.Authenticator
	limiter       *ratelimit.Limiter
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
	unbuffered(header)
	if r.ProtoMajor == 1 { // after the goodbye nobody listens on the connection
		header.Set("Connection", "close")
	}
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{controller: http.NewResponseController(w), firstID: stream.view.id(stream.first.kpis), timeout: stream.broker.writeTimeout, view: stream.view, writer: w}
	// Errors have nowhere to go any more; they are counted.
	if stream.begin(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("lastEventId")), out) == nil {
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
	if _, err := e.writer.Write(text); err != nil {
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
