package auth

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// tokenType is how the access token is to be presented.
const tokenType = "Bearer"

func userToProto(u *User) *authv1.User {
	return &authv1.User{
		Id:        u.ID,
		OrgId:     u.OrgID,
		Email:     u.Email,
		Name:      u.Name,
		Role:      policyv1.Role(u.Role),
		BranchId:  u.BranchID,
		Disabled:  u.Disabled(),
		CreatedAt: timestamppb.New(u.CreatedAt),
	}
}

func apiKeyToProto(k *APIKey) *authv1.ApiKey {
	return &authv1.ApiKey{
		Id:        k.ID,
		OrgId:     k.OrgID,
		Name:      k.Name,
		Scopes:    k.Scopes,
		BranchId:  k.BranchID,
		CreatedAt: timestamppb.New(k.CreatedAt),
		ExpiresAt: timeToProto(k.ExpiresAt),
		RevokedAt: timeToProto(k.RevokedAt),
	}
}

func eventToProto(e *Event) *authv1.AuditEvent {
	return &authv1.AuditEvent{
		Id:        e.ID,
		At:        timestamppb.New(e.At),
		ActorId:   e.ActorID,
		Action:    string(e.Action),
		Target:    e.Target,
		Address:   e.Address,
		RequestId: e.RequestID,
	}
}

func loginToProto(u *User, t *Tokens) *authv1.LoginResponse {
	return &authv1.LoginResponse{
		AccessToken: t.Access, RefreshToken: t.Refresh, ExpiresIn: seconds(t.TTL), TokenType: tokenType, User: userToProto(u),
	}
}

func refreshToProto(t *Tokens) *authv1.RefreshResponse {
	return &authv1.RefreshResponse{AccessToken: t.Access, RefreshToken: t.Refresh, ExpiresIn: seconds(t.TTL), TokenType: tokenType}
}

func seconds(d time.Duration) int32 { return int32(d / time.Second) }

func newUserFromProto(r *authv1.CreateUserRequest, hash string) NewUser {
	return NewUser{
		BranchID: r.GetBranchId(), Email: r.GetEmail(), Name: r.GetName(), PasswordHash: hash, Role: caller.Role(r.GetRole()),
	}
}

func changeFromProto(r *authv1.UpdateUserRequest) Change {
	change := Change{BranchID: r.BranchId, Disabled: r.Disabled, Name: r.Name}
	if r.Role != nil {
		role := caller.Role(r.GetRole())
		change.Role = &role
	}
	return change
}

func newAPIKeyFromProto(r *authv1.CreateApiKeyRequest) (NewAPIKey, error) {
	n := NewAPIKey{BranchID: r.GetBranchId(), Name: r.GetName(), Scopes: r.GetScopes()}
	if at := r.GetExpiresAt(); at != nil {
		if at.CheckValid() != nil {
			return NewAPIKey{}, fault.Invalid("expires_at", "must be a time from the year 1 to 9999")
		}
		if n.ExpiresAt = at.AsTime(); n.ExpiresAt.IsZero() { // Go's zero time would mean never
			return NewAPIKey{}, fault.Invalid("expires_at", "must be in the future")
		}
	}
	return n, nil
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
