package observability

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/ids"
)

// RequestIDHeader carries the id of a request both ways.
const RequestIDHeader = "X-Request-Id"

// maxRequestID bounds what a client may call its request.
const maxRequestID = 128

type requestIDKey struct{}

// WithRequestID returns a context that carries the client's id if it is sane, else a new one, and the id.
func WithRequestID(ctx context.Context, given string) (context.Context, string) {
	if !sane(given) {
		given = ids.New("req")
	}
	return context.WithValue(ctx, requestIDKey{}, given), given
}

// RequestID returns the id of the request that ctx belongs to, "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// sane reports whether an id can stand in a log line and a header.
func sane(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}
