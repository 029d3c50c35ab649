package caller

import (
	"context"
	"slices"
	"time"
)

// Kind tells people from machines.
type Kind int

// The kinds. The zero value is somebody without credentials, who reaches public methods only.
const (
	KindNone Kind = iota
	KindUser
	KindAPIKey
	// KindJob is work outside of calls; its id, the job's, is the UserID.
	KindJob
)

// Caller is who makes a call.
type Caller struct {
	Kind Kind
	// APIKeyID is set for KindAPIKey.
	APIKeyID string
	// BranchID is the only branch that the caller may touch; empty means all. Always set for SUPERVISOR and STAFF.
	BranchID string
	// ExpiresAt is when the credentials end by themselves, the access token or the API key; zero: never.
	ExpiresAt time.Time
	// OrgID is the organisation that the caller belongs to.
	OrgID string
	// Plan is the organisation's, as in `PRO`; by it calls are limited. Empty for KindJob.
	Plan string
	// Role is a user's role; RoleNone for an API key, whose rights are its scopes.
	Role Role
	// Scopes are what an API key may do, as in `orders:write`.
	Scopes []string
	// SessionID is the user's sign-in that the access token came from.
	SessionID string
	// UserID is set for KindUser and KindJob.
	UserID string
}

type contextKey struct{}

// From returns the caller of the present call, or the zero Caller on public methods and outside of calls.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(contextKey{}).(Caller)
	return c
}

// With returns a context that carries c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// ActorID is what the audit trail and `created_by` columns store: the user's or the API key's id.
func (c Caller) ActorID() string {
	if c.Kind == KindAPIKey {
		return c.APIKeyID
	}
	return c.UserID
}

// HasScope reports whether an API key holds the scope. The scope `*` is one that every key holds.
func (c Caller) HasScope(scope string) bool {
	return c.Kind == KindAPIKey && (scope == "*" || slices.Contains(c.Scopes, scope))
}

// MayBranch reports whether the caller may touch the branch. A service answers not_found where it says no, as for a branch
// that doesn't exist.
func (c Caller) MayBranch(branchID string) bool {
	if c.BranchID != "" {
		return c.BranchID == branchID
	}
	switch c.Kind {
	case KindAPIKey, KindJob:
		return true
	case KindUser:
		return c.Role.AtLeast(RoleManager)
	case KindNone:
	}
	return false
}
