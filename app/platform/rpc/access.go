package rpc

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// Authenticator tells who calls.
type Authenticator interface {
	// Authenticate returns the caller that the Authorization header stands for, or an unauthenticated fault.
	Authenticate(ctx context.Context, authorization string) (caller.Caller, error)
}

// PolicyOf returns who may call the method, nil if its proto file doesn't say.
func PolicyOf(method protoreflect.MethodDescriptor) *policyv1.Policy {
	policy, _ := proto.GetExtension(method.Options(), policyv1.E_Policy).(*policyv1.Policy)
	return policy
}

// policies keeps what was read from descriptors, by procedure.
var policies sync.Map

func policyOf(spec connect.Spec) *policyv1.Policy {
	if known, ok := policies.Load(spec.Procedure); ok {
		return known.(*policyv1.Policy)
	}
	method, ok := spec.Schema.(protoreflect.MethodDescriptor)
	if !ok {
		return nil
	}
	policy := PolicyOf(method)
	policies.Store(spec.Procedure, policy)
	return policy
}

// authenticate finds out who calls. Calls of public methods and with bad credentials are counted against the client's address.
func authenticate(a Authenticator, l *ratelimit.Limiter) step {
	return func(ctx context.Context, c call, next func(ctx context.Context) error) error {
		if policyOf(c.spec).GetPublic() {
			if err := chargeAddress(ctx, c, l); err != nil {
				return err
			}
			return next(ctx)
		}
		who, err := identify(ctx, c, l, a, c.header.Get("Authorization"))
		if err != nil {
			return err
		}
		return next(caller.With(ctx, who))
	}
}

// identify returns who calls. Bad credentials are counted against the client's address.
func identify(ctx context.Context, c call, l *ratelimit.Limiter, a Authenticator, credentials string) (caller.Caller, error) {
	if err := turnAway(ctx, c, l, a, credentials); err != nil {
		return caller.Caller{}, err
	}
	who, err := a.Authenticate(ctx, credentials)
	if err != nil && unauthenticated(err) {
		if over := chargeAddress(ctx, c, l); over != nil {
			return caller.Caller{}, over
		}
	}
	return who, err
}

// authorise refuses callers who may not call.
func authorise() connect.Interceptor {
	return onMessage(func(ctx context.Context, spec connect.Spec, message any) error {
		policy := policyOf(spec)
		if policy.GetPublic() {
			return nil
		}
		return permit(policy, spec.Procedure, caller.From(ctx), message)
	})
}

// Identify returns who calls, as for an RPC: for handlers that serve a method outside of RPCs. What the limit of the client's address
// says goes into the header of the answer.
func Identify(ctx context.Context, answer http.Header, l *ratelimit.Limiter, a Authenticator, credentials string) (caller.Caller, error) {
	return identify(ctx, call{outside: answer}, l, a, credentials)
}

// Permit refuses a caller who may not call a method, as for an RPC: for handlers that serve a method outside of RPCs.
func Permit(method protoreflect.MethodDescriptor, who caller.Caller, message proto.Message) error {
	return permit(PolicyOf(method), string(method.FullName()), who, message)
}

// permit refuses callers whose role or scope doesn't reach, and messages about another organisation than the
// caller's: those get the answer that a missing organisation gets.
func permit(policy *policyv1.Policy, procedure string, who caller.Caller, message any) error {
	if !permitted(policy, who) {
		return fault.PermissionDenied("NOT_PERMITTED", fmt.Sprintf("%s is not permitted to call %s", describe(who), procedure))
	}
	if m, ok := message.(interface{ GetOrgId() string }); ok && m.GetOrgId() != "" && m.GetOrgId() != who.OrgID {
		return fault.NotFound("organisation", m.GetOrgId())
	}
	return nil
}

func permitted(policy *policyv1.Policy, who caller.Caller) bool {
	switch who.Kind {
	case caller.KindAPIKey:
		return policy.GetApiKeyScope() != "" && who.HasScope(policy.GetApiKeyScope())
	case caller.KindUser:
		least := policy.GetMinimumRole()
		return least != policyv1.Role_ROLE_UNSPECIFIED && who.Role.AtLeast(caller.Role(least))
	case caller.KindNone:
	}
	return false
}

func describe(who caller.Caller) string {
	if who.Kind == caller.KindAPIKey {
		return "this API key"
	}
	return "role " + who.Role.String()
}
