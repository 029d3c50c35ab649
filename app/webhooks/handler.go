package webhooks

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	webhooksv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1/webhooksv1connect"
)

// Handler serves chefcloud.webhooks.v1.
type Handler struct {
	db    *postgres.DB
	inbox *Inbox
}

var _ webhooksv1connect.WebhookServiceHandler = (*Handler)(nil)

// NewHandler returns a handler of an inbox.
func NewHandler(db *postgres.DB, inbox *Inbox) *Handler { return &Handler{db: db, inbox: inbox} }

// ListReceivedEvents implements [webhooksv1connect.WebhookServiceHandler].
func (h *Handler) ListReceivedEvents(ctx context.Context, req *webhooksv1.ListReceivedEventsRequest) (*webhooksv1.ListReceivedEventsResponse, error) {
	before, err := page.Decode(req.GetPageToken(), First)
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	wanted := Filter{State: stateFromProto(req.GetState()), Type: req.GetType()}
	events, err := h.inbox.List(ctx, h.db, caller.From(ctx).OrgID, wanted, before, size+1)
	if err != nil {
		return nil, err
	}
	events, next := page.Cut(events, size, func(e Event) Cursor { return Cursor{At: e.ReceivedAt, ID: e.ID} })
	resp := &webhooksv1.ListReceivedEventsResponse{NextPageToken: next}
	for i := range events {
		resp.Events = append(resp.Events, toProto(&events[i]))
	}
	return resp, nil
}

// GetReceivedEvent implements [webhooksv1connect.WebhookServiceHandler].
func (h *Handler) GetReceivedEvent(ctx context.Context, req *webhooksv1.GetReceivedEventRequest) (*webhooksv1.GetReceivedEventResponse, error) {
	e, err := h.inbox.Get(ctx, h.db, caller.From(ctx).OrgID, req.GetEventId())
	if err != nil {
		return nil, err
	}
	p := toProto(&e)
	p.Body = string(e.Body)
	return &webhooksv1.GetReceivedEventResponse{Event: p}, nil
}

// ReplayReceivedEvent implements [webhooksv1connect.WebhookServiceHandler].
func (h *Handler) ReplayReceivedEvent(ctx context.Context, req *webhooksv1.ReplayReceivedEventRequest) (*webhooksv1.ReplayReceivedEventResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*webhooksv1.ReplayReceivedEventResponse, error) {
		e, err := h.inbox.Replay(ctx, tx, caller.From(ctx).OrgID, req.GetEventId())
		if err != nil {
			return nil, err
		}
		return &webhooksv1.ReplayReceivedEventResponse{Event: toProto(&e)}, nil
	})
}

var stateToProto = map[State]webhooksv1.ReceivedEventState{
	StateDead:      webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_DEAD,
	StateIgnored:   webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_IGNORED,
	StateProcessed: webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_PROCESSED,
	StateReceived:  webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_RECEIVED,
}

// stateFromProto returns the state, empty for any.
func stateFromProto(p webhooksv1.ReceivedEventState) State {
	for state, wire := range stateToProto {
		if wire == p {
			return state
		}
	}
	return ""
}

func toProto(e *Event) *webhooksv1.ReceivedEvent {
	return &webhooksv1.ReceivedEvent{
		Attempts: e.Attempts, Id: e.ID, Note: e.Note, OccurredAt: timestamppb.New(e.OccurredAt), ProcessedAt: timeToProto(e.ProcessedAt),
		ReceivedAt: timestamppb.New(e.ReceivedAt), State: stateToProto[e.State], Type: e.Type,
	}
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
