package outgoing

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
)

// SendTestEvent implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) SendTestEvent(ctx context.Context, req *endpointsv1.SendTestEventRequest) (*endpointsv1.SendTestEventResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.SendTestEventResponse, error) {
		d, err := h.service.SendTest(ctx, tx, req.GetEndpointId())
		if err != nil {
			return nil, err
		}
		return &endpointsv1.SendTestEventResponse{Delivery: deliveryToProto(d)}, nil
	})
}

// farFuture is later than any delivery: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListDeliveries implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) ListDeliveries(ctx context.Context, req *endpointsv1.ListDeliveriesRequest) (*endpointsv1.ListDeliveriesResponse, error) {
	before, err := page.Decode(req.GetPageToken(), cursor{CreatedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	wanted := filter{endpointID: req.GetEndpointId(), eventType: req.GetEventType(), state: deliveryStateFromProto(req.GetState())}
	found, err := h.service.ListDeliveries(ctx, h.db, wanted, before, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(d Delivery) cursor { return cursor{CreatedAt: d.CreatedAt, ID: d.ID} })
	resp := &endpointsv1.ListDeliveriesResponse{NextPageToken: next}
	for _, d := range found {
		resp.Deliveries = append(resp.Deliveries, deliveryToProto(d))
	}
	return resp, nil
}

// GetDelivery implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) GetDelivery(ctx context.Context, req *endpointsv1.GetDeliveryRequest) (*endpointsv1.GetDeliveryResponse, error) {
	d, payload, attempts, err := h.service.GetDelivery(ctx, h.db, req.GetDeliveryId())
	if err != nil {
		return nil, err
	}
	resp := &endpointsv1.GetDeliveryResponse{Delivery: deliveryToProto(d), Payload: string(payload)}
	for _, a := range attempts {
		resp.Attempts = append(resp.Attempts, attemptToProto(a))
	}
	return resp, nil
}

// ReplayDelivery implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) ReplayDelivery(ctx context.Context, req *endpointsv1.ReplayDeliveryRequest) (*endpointsv1.ReplayDeliveryResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.ReplayDeliveryResponse, error) {
		d, err := h.service.Replay(ctx, tx, req.GetDeliveryId())
		if err != nil {
			return nil, err
		}
		return &endpointsv1.ReplayDeliveryResponse{Delivery: deliveryToProto(d)}, nil
	})
}

// ListEventTypes implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) ListEventTypes(context.Context, *endpointsv1.ListEventTypesRequest) (*endpointsv1.ListEventTypesResponse, error) {
	resp := &endpointsv1.ListEventTypesResponse{}
	for _, d := range catalogue {
		example, err := d.example()
		if err != nil {
			return nil, err
		}
		resp.EventTypes = append(resp.EventTypes, &endpointsv1.EventType{Name: string(d.Type), Description: d.Text, Example: string(example)})
	}
	return resp, nil
}
