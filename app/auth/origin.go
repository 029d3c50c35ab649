package auth

import (
	"context"
	"strings"

	"connectrpc.com/connect"

	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/observability"
)

// maxUserAgent bounds what is kept of a header that the client writes, in bytes.
const maxUserAgent = 200

// origin is where a call comes from. Outside of calls, as in the command line, it is empty.
type origin struct {
	address   string
	requestID string
	userAgent string
}

func originOf(ctx context.Context) origin {
	o := origin{address: httpserver.ClientAddress(ctx), requestID: observability.RequestID(ctx)}
	if info, ok := connect.CallInfoForHandlerContext(ctx); ok {
		agent := info.RequestHeader().Get("User-Agent")
		o.userAgent = strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], "")
	}
	return o
}
