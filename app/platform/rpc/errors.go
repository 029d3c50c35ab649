package rpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/rs/zerolog"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// domain is the ErrorInfo domain: reasons are unique within it.
const domain = "chefcloud"

var codes = map[fault.Kind]connect.Code{
	fault.KindAborted:            connect.CodeAborted,
	fault.KindAlreadyExists:      connect.CodeAlreadyExists,
	fault.KindFailedPrecondition: connect.CodeFailedPrecondition,
	fault.KindInternal:           connect.CodeInternal,
	fault.KindInvalid:            connect.CodeInvalidArgument,
	fault.KindNotFound:           connect.CodeNotFound,
	fault.KindPermissionDenied:   connect.CodePermissionDenied,
	fault.KindResourceExhausted:  connect.CodeResourceExhausted,
	fault.KindUnauthenticated:    connect.CodeUnauthenticated,
	fault.KindUnavailable:        connect.CodeUnavailable,
}

// internal is all that a client learns of a failure that isn't theirs.
func internal() *connect.Error {
	return connect.NewError(connect.CodeInternal, errors.New("internal error"))
}

// mapErrors turns what a call returns into wire errors.
func mapErrors(ctx context.Context, c call, next func(ctx context.Context) error) error {
	err := next(ctx)
	if err == nil {
		return nil
	}
	return toWire(ctx, err, c.spec.Procedure, c.message)
}

// WriteError answers an HTTP request outside of RPCs as an RPC that fails would.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Cache-Control", "no-store")
	_ = connect.NewErrorWriter().Write(w, r, toWire(r.Context(), err, r.URL.Path, nil)) // the client may have gone
}

// toWire is the only place that builds wire errors. Faults become their code with ErrorInfo and details; contexts
// that ended become canceled or deadline_exceeded; what connect itself refused passes; anything else is internal, with a
// fixed text and one full log line.
func toWire(ctx context.Context, err error, procedure string, message any) error {
	var known *fault.Error
	var wire *connect.Error
	if !errors.As(err, &wire) { // connect's own errors can hold a broken connection too: the client's
		err = postgres.Translate(err)
	}
	switch {
	case errors.As(err, &known):
		if known.Kind == fault.KindUnavailable || known.Kind == fault.KindInternal {
			zerolog.Ctx(ctx).Error().Err(err).Str("procedure", procedure).Msg("call failed")
		}
		return fromFault(nameNUL(known, message))
	case wire != nil:
		return wire
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, context.DeadlineExceeded)
	}
	zerolog.Ctx(ctx).Error().Err(err).Str("procedure", procedure).Msg("call failed")
	return internal()
}

func fromFault(f *fault.Error) *connect.Error {
	if f.Kind == fault.KindInternal {
		return internal()
	}
	wire := connect.NewError(codes[f.Kind], errors.New(f.Message))
	addDetail(wire, &errdetails.ErrorInfo{Reason: f.Reason, Domain: domain, Metadata: maps.Clone(f.Metadata)})
	if len(f.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range f.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Rule, Reason: f.Reason})
		}
		addDetail(wire, bad)
	}
	if f.RetryAfter > 0 {
		addDetail(wire, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.RetryAfter)})
		seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
		wire.Meta().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	return wire
}

// nameNUL names the field of a request that holds a NUL character, which the database refused without saying which.
func nameNUL(f *fault.Error, message any) *fault.Error {
	m, ok := message.(proto.Message)
	if !ok || f.Kind != fault.KindInvalid || len(f.Violations) != 1 || f.Violations[0].Field != "" {
		return f
	}
	var field string
	_ = protorange.Range(m.ProtoReflect(), func(p protopath.Values) error {
		if text, ok := p.Index(-1).Value.Interface().(string); ok && strings.Contains(text, "\x00") {
			field = fieldPath(p.Path)
			return protorange.Terminate
		}
		return nil
	})
	if field == "" {
		return f
	}
	return fault.Invalid(field, f.Violations[0].Rule)
}

// fieldPath writes a path as violations have it: `lines[0].name`.
func fieldPath(p protopath.Path) string {
	var b strings.Builder
	for _, step := range p[1:] {
		switch step.Kind() {
		case protopath.FieldAccessStep:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step.FieldDescriptor().Name()))
		case protopath.ListIndexStep:
			fmt.Fprintf(&b, "[%d]", step.ListIndex())
		case protopath.MapIndexStep:
			fmt.Fprintf(&b, "[%q]", step.MapIndex().String())
		default:
		}
	}
	return b.String()
}

func addDetail(wire *connect.Error, message proto.Message) {
	if detail, err := connect.NewErrorDetail(message); err == nil {
		wire.AddDetail(detail)
	}
}
