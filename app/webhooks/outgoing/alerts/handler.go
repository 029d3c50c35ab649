package alerts

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

// Handler serves the thresholds of chefcloud.endpoints.v1.
type Handler struct {
	db      *postgres.DB
	service *Service
}

var _ endpointsv1connect.ThresholdServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service) *Handler {
	return &Handler{db: db, service: service}
}

// SetKpiThreshold implements [endpointsv1connect.ThresholdServiceHandler].
func (h *Handler) SetKpiThreshold(ctx context.Context, req *endpointsv1.SetKpiThresholdRequest) (*endpointsv1.SetKpiThresholdResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.SetKpiThresholdResponse, error) {
		t, err := h.service.Set(ctx, tx, thresholdFromProto(req))
		if err != nil {
			return nil, err
		}
		return &endpointsv1.SetKpiThresholdResponse{Threshold: thresholdToProto(t)}, nil
	})
}

// ListKpiThresholds implements [endpointsv1connect.ThresholdServiceHandler].
func (h *Handler) ListKpiThresholds(ctx context.Context, _ *endpointsv1.ListKpiThresholdsRequest) (*endpointsv1.ListKpiThresholdsResponse, error) {
	thresholds, err := h.service.List(ctx, h.db)
	if err != nil {
		return nil, err
	}
	resp := &endpointsv1.ListKpiThresholdsResponse{}
	for _, t := range thresholds {
		resp.Thresholds = append(resp.Thresholds, thresholdToProto(t))
	}
	return resp, nil
}

// DeleteKpiThreshold implements [endpointsv1connect.ThresholdServiceHandler].
func (h *Handler) DeleteKpiThreshold(ctx context.Context, req *endpointsv1.DeleteKpiThresholdRequest) (*endpointsv1.DeleteKpiThresholdResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*endpointsv1.DeleteKpiThresholdResponse, error) {
		return &endpointsv1.DeleteKpiThresholdResponse{}, h.service.Delete(ctx, tx, req.GetThresholdId())
	})
}
