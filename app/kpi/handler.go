package kpi

import (
	"context"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

var streamMethod = kpiv1.File_chefcloud_kpi_v1_kpi_proto.Services().ByName("KpiService").Methods().ByName("StreamKpis")

func invalidFlag(name string) error { return fault.Invalid(name, "must be true or false") }

// Handler serves chefcloud.kpi.v1.
type Handler struct {
	db      *postgres.DB
	opener  opener
	service *Service
	streams *auth.Streams
}

var _ kpiv1connect.KpiServiceHandler = (*Handler)(nil)

// GetKpis implements [kpiv1connect.KpiServiceHandler].
func (h *Handler) GetKpis(ctx context.Context, req *kpiv1.GetKpisRequest) (*kpiv1.GetKpisResponse, error) {
	view, err := h.opener.view(ctx, req.GetBranchId(), req.GetBranches())
	if err != nil {
		return nil, err
	}
	reading, err := h.service.Read(ctx, caller.From(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return &kpiv1.GetKpisResponse{Kpis: view.of(reading.Kpis)}, nil
}

// StreamKpis implements [kpiv1connect.KpiServiceHandler].
func (h *Handler) StreamKpis(ctx context.Context, req *kpiv1.StreamKpisRequest, to *connect.ServerStream[kpiv1.StreamKpisResponse]) error {
	stream, err := h.opener.open(ctx, req.GetBranchId(), req.GetBranches(), to.ResponseHeader())
	if err != nil {
		return err
	}
	defer func() { stream.close(stream.reason) }()
	out := messageWriter{timeout: stream.broker.writeTimeout, to: to, view: stream.view}
	if err := stream.begin(req.GetLastEventId(), out); err != nil {
		return err
	}
	return stream.follow(ctx, out)
}

// CreateStreamTicket implements [kpiv1connect.KpiServiceHandler].
func (h *Handler) CreateStreamTicket(ctx context.Context, req *kpiv1.CreateStreamTicketRequest) (*kpiv1.CreateStreamTicketResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*kpiv1.CreateStreamTicketResponse, error) {
		ticket, err := h.streams.IssueTicket(ctx, tx)
		if err != nil {
			return nil, err
		}
		return &kpiv1.CreateStreamTicketResponse{ExpiresAt: timestamppb.New(ticket.ExpiresAt), Ticket: ticket.Secret}, nil
	})
}

// heartbeatMessage is shared by all streams.
var heartbeatMessage = &kpiv1.StreamKpisResponse{Event: &kpiv1.StreamKpisResponse_Heartbeat{Heartbeat: &kpiv1.Heartbeat{Status: "ok"}}}

// messageWriter writes messages of the RPC.
type messageWriter struct {
	timeout time.Duration
	to      *connect.ServerStream[kpiv1.StreamKpisResponse]
	view    View
}

func (m messageWriter) goodbye(reason kpiv1.GoodbyeReason, retryAfter time.Duration) error {
	goodbye := &kpiv1.Goodbye{Reason: reason}
	if retryAfter > 0 {
		goodbye.RetryAfter = durationpb.New(retryAfter)
	}
	return m.send(&kpiv1.StreamKpisResponse{Event: &kpiv1.StreamKpisResponse_Goodbye{Goodbye: goodbye}})
}

func (m messageWriter) heartbeat() error { return m.send(heartbeatMessage) }

func (m messageWriter) kpis(e *edition) error { return m.send(e.message(m.view)) }

func (m messageWriter) send(message *kpiv1.StreamKpisResponse) error {
	began := time.Now()
	return slow(m.to.Send(message), began, m.timeout)
}

// withDeadlines drops clients of the streaming RPC that read too slowly, by a deadline for each write, and keeps proxies from holding the
// stream back.
func withDeadlines(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == kpiv1connect.KpiServiceStreamKpisProcedure {
			unbuffered(w.Header())
			w = &deadlined{ResponseWriter: w, controller: http.NewResponseController(w), timeout: timeout}
		}
		next.ServeHTTP(w, r)
	})
}

type deadlined struct {
	http.ResponseWriter
	controller *http.ResponseController
	timeout    time.Duration
}

// Write implements [http.ResponseWriter].
func (d *deadlined) Write(p []byte) (int, error) {
	if err := d.controller.SetWriteDeadline(time.Now().Add(d.timeout)); err != nil {
		return 0, err
	}
	return d.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher].
func (d *deadlined) Flush() { _ = d.FlushError() } // the next write tells

// FlushError implements what [http.ResponseController] looks for.
func (d *deadlined) FlushError() error { return flush(d.controller) }

// flush sends what was written, and takes the deadline back: over HTTP/2 it would end a stream that has nothing to write, too.
func flush(controller *http.ResponseController) error {
	if err := controller.Flush(); err != nil {
		return err
	}
	return controller.SetWriteDeadline(time.Time{})
}

// Unwrap lets [http.ResponseController] reach the connection.
func (d *deadlined) Unwrap() http.ResponseWriter { return d.ResponseWriter }
