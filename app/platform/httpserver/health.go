package httpserver

import (
	"context"
	"net/http"
	"sync/atomic"

	"connectrpc.com/grpchealth"

	"github.com/chefcloud/chefcloud/app/platform/observability"
)

// Checker looks at something that the process needs.
type Checker interface {
	Healthy(ctx context.Context) error
}

// Readiness says whether the process takes calls.
type Readiness struct{ ready atomic.Bool }

// Set changes the answer of /ready.
func (r *Readiness) Set(ready bool) { r.ready.Store(ready) }

// Check implements [grpchealth.Checker].
func (r *Readiness) Check(context.Context, *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if r.ready.Load() {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
}

// serveReady answers {"ready":true}, or 503 before the start and after the end.
func (r *Readiness) serveReady(w http.ResponseWriter, _ *http.Request) {
	status := http.StatusOK
	ready := r.ready.Load()
	if !ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, struct {
		Ready bool `json:"ready"`
	}{ready})
}

// serveHealth answers {"status":"ok","redis":"connected","database":"connected"}. Without Valkey the service is
// degraded but up (200), without PostgreSQL it is down (503).
func serveHealth(database, valkey Checker) http.HandlerFunc {
	type answer struct {
		Status   string `json:"status"`
		Redis    string `json:"redis"`
		Database string `json:"database"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		a, status := answer{Status: "ok", Redis: "connected", Database: "connected"}, http.StatusOK
		if err := valkey.Healthy(r.Context()); err != nil {
			a.Status, a.Redis = "degraded", "disconnected"
		}
		if err := database.Healthy(r.Context()); err != nil {
			a.Status, a.Database, status = "down", "disconnected", http.StatusServiceUnavailable
		}
		writeJSON(w, status, a)
	}
}

func serveVersion(build observability.Build) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, struct {
			Version string `json:"version"`
			Build   string `json:"build"`
		}{build.Version, build.Revision})
	}
}
