package outgoing

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

// Handler serves the endpoints of chefcloud.endpoints.v1.
type Handler struct {
	db      *postgres.DB
	service *Service
}

var _ endpointsv1connect.EndpointServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service) *Handler {
	return &Handler{db: db, service: service}
}

// CreateEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) CreateEndpoint(ctx context.Context, req *endpointsv1.CreateEndpointRequest) (*endpointsv1.CreateEndpointResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.CreateEndpointResponse, error) {
		e, err := h.service.Create(ctx, tx, subscriptionFromProto(req))
		if err != nil {
			return nil, err
		}
		return &endpointsv1.CreateEndpointResponse{Endpoint: endpointToProto(e), Secret: e.Secret}, nil
	})
}

// UpdateEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) UpdateEndpoint(ctx context.Context, req *endpointsv1.UpdateEndpointRequest) (*endpointsv1.UpdateEndpointResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.UpdateEndpointResponse, error) {
		e, err := h.service.Update(ctx, tx, req.GetEndpointId(), subscriptionFromProto(req))
		if err != nil {
			return nil, err
		}
		return &endpointsv1.UpdateEndpointResponse{Endpoint: endpointToProto(e)}, nil
	})
}

// DeleteEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) DeleteEndpoint(ctx context.Context, req *endpointsv1.DeleteEndpointRequest) (*endpointsv1.DeleteEndpointResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.DeleteEndpointResponse, error) {
		return &endpointsv1.DeleteEndpointResponse{}, h.service.Delete(ctx, tx, req.GetEndpointId())
	})
}

// GetEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) GetEndpoint(ctx context.Context, req *endpointsv1.GetEndpointRequest) (*endpointsv1.GetEndpointResponse, error) {
	e, err := h.service.Get(ctx, h.db, req.GetEndpointId())
	if err != nil {
		return nil, err
	}
	return &endpointsv1.GetEndpointResponse{Endpoint: endpointToProto(e)}, nil
}

// ListEndpoints implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) ListEndpoints(ctx context.Context, _ *endpointsv1.ListEndpointsRequest) (*endpointsv1.ListEndpointsResponse, error) {
	endpoints, err := h.service.List(ctx, h.db)
	if err != nil {
		return nil, err
	}
	resp := &endpointsv1.ListEndpointsResponse{}
	for _, e := range endpoints {
		resp.Endpoints = append(resp.Endpoints, endpointToProto(e))
	}
	return resp, nil
}

// EnableEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) EnableEndpoint(ctx context.Context, req *endpointsv1.EnableEndpointRequest) (*endpointsv1.EnableEndpointResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.EnableEndpointResponse, error) {
		e, replayed, err := h.service.Enable(ctx, tx, req.GetEndpointId(), req.GetReplayHeld())
		if err != nil {
			return nil, err
		}
		return &endpointsv1.EnableEndpointResponse{Endpoint: endpointToProto(e), Replayed: int32(replayed)}, nil
	})
}

// DisableEndpoint implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) DisableEndpoint(ctx context.Context, req *endpointsv1.DisableEndpointRequest) (*endpointsv1.DisableEndpointResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.DisableEndpointResponse, error) {
		e, err := h.service.Disable(ctx, tx, req.GetEndpointId(), req.GetReason())
		if err != nil {
			return nil, err
		}
		return &endpointsv1.DisableEndpointResponse{Endpoint: endpointToProto(e)}, nil
	})
}

// RotateEndpointSecret implements [endpointsv1connect.EndpointServiceHandler].
func (h *Handler) RotateEndpointSecret(
	ctx context.Context, req *endpointsv1.RotateEndpointSecretRequest,
) (*endpointsv1.RotateEndpointSecretResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.RotateEndpointSecretResponse, error) {
		e, err := h.service.Rotate(ctx, tx, req.GetEndpointId(), req.GetDropOld())
		if err != nil {
			return nil, err
		}
		return &endpointsv1.RotateEndpointSecretResponse{Endpoint: endpointToProto(e), Secret: e.Secret}, nil
	})
}
