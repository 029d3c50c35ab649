package auth

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
)

// farFuture is later than any event: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// Handler serves chefcloud.auth.v1.
type Handler struct {
	authenticator *Authenticator
	db            *postgres.DB
	service       *Service
}

var _ authv1connect.AuthServiceHandler = (*Handler)(nil)

// NewHandler returns a handler that makes what it changed known to this node's authenticator at once.
func NewHandler(db *postgres.DB, service *Service, authenticator *Authenticator) *Handler {
	return &Handler{authenticator: authenticator, db: db, service: service}
}

// Login implements [authv1connect.AuthServiceHandler].
func (h *Handler) Login(ctx context.Context, req *authv1.LoginRequest) (*authv1.LoginResponse, error) {
	u, tokens, err := h.service.Login(ctx, req.GetEmail(), req.GetPassword())
	if err != nil {
		return nil, err
	}
	return loginToProto(u, tokens), nil
}

// Refresh implements [authv1connect.AuthServiceHandler].
func (h *Handler) Refresh(ctx context.Context, req *authv1.RefreshRequest) (*authv1.RefreshResponse, error) {
	tokens, err := h.service.Refresh(ctx, req.GetRefreshToken())
	if ended, ok := token.Parse(token.Refresh, req.GetRefreshToken()); ok && errors.Is(err, errRefreshReused) {
		h.authenticator.ForgetSession(ended.OrgID, ended.ID)
	}
	if err != nil {
		return nil, err
	}
	return refreshToProto(tokens), nil
}

// Logout implements [authv1connect.AuthServiceHandler].
func (h *Handler) Logout(ctx context.Context, req *authv1.LogoutRequest) (*authv1.LogoutResponse, error) {
	resp, err := mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*authv1.LogoutResponse, error) {
		return &authv1.LogoutResponse{}, h.service.Logout(ctx, tx)
	})
	c := caller.From(ctx)
	h.authenticator.ForgetSession(c.OrgID, c.SessionID)
	return resp, err
}

// GetMe implements [authv1connect.AuthServiceHandler].
func (h *Handler) GetMe(ctx context.Context, _ *authv1.GetMeRequest) (*authv1.GetMeResponse, error) {
	if caller.From(ctx).Kind == caller.KindAPIKey {
		k, err := h.service.MyAPIKey(ctx, h.db)
		if err != nil {
			return nil, err
		}
		return &authv1.GetMeResponse{ApiKey: apiKeyToProto(k)}, nil
	}
	u, err := h.service.Me(ctx, h.db)
	if err != nil {
		return nil, err
	}
	return &authv1.GetMeResponse{User: userToProto(u)}, nil
}

// CreateUser implements [authv1connect.AuthServiceHandler].
func (h *Handler) CreateUser(ctx context.Context, req *authv1.CreateUserRequest) (*authv1.CreateUserResponse, error) {
	hash, err := h.service.HashPassword(ctx, req.GetPassword())
	if err != nil {
		return nil, err
	}
	// What tells a repetition from another request is stored as a plain hash, no place for a password.
	sealed := proto.CloneOf(req)
	sealed.Password = h.service.Seal(req.GetPassword())
	return mutation.Run(ctx, h.db, sealed, func(ctx context.Context, tx postgres.Querier) (*authv1.CreateUserResponse, error) {
		u, err := h.service.CreateUser(ctx, tx, newUserFromProto(req, hash))
		if err != nil {
			return nil, err
		}
		return &authv1.CreateUserResponse{User: userToProto(u)}, nil
	})
}

// ListUsers implements [authv1connect.AuthServiceHandler].
func (h *Handler) ListUsers(ctx context.Context, req *authv1.ListUsersRequest) (*authv1.ListUsersResponse, error) {
	after, err := page.Decode(req.GetPageToken(), "")
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	users, err := h.service.Users(ctx, h.db, after, size+1)
	if err != nil {
		return nil, err
	}
	resp := &authv1.ListUsersResponse{}
	users, resp.NextPageToken = page.Cut(users, size, func(u *User) string { return u.Email })
	for _, u := range users {
		resp.Users = append(resp.Users, userToProto(u))
	}
	return resp, nil
}

// UpdateUser implements [authv1connect.AuthServiceHandler].
func (h *Handler) UpdateUser(ctx context.Context, req *authv1.UpdateUserRequest) (*authv1.UpdateUserResponse, error) {
	resp, err := mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*authv1.UpdateUserResponse, error) {
		u, err := h.service.UpdateUser(ctx, tx, req.GetUserId(), changeFromProto(req))
		if err != nil {
			return nil, err
		}
		return &authv1.UpdateUserResponse{User: userToProto(u)}, nil
	})
	h.authenticator.ForgetUser(caller.From(ctx).OrgID, req.GetUserId())
	return resp, err
}

// ChangePassword implements [authv1connect.AuthServiceHandler].
func (h *Handler) ChangePassword(ctx context.Context, req *authv1.ChangePasswordRequest) (*authv1.ChangePasswordResponse, error) {
	change, err := h.service.PreparePasswordChange(ctx, req.GetCurrentPassword(), req.GetNewPassword())
	if err != nil {
		return nil, err
	}
	sealed := &authv1.ChangePasswordRequest{
		CurrentPassword: h.service.Seal(req.GetCurrentPassword()), NewPassword: h.service.Seal(req.GetNewPassword()),
	}
	resp, err := mutation.Run(ctx, h.db, sealed, func(ctx context.Context, tx postgres.Querier) (*authv1.ChangePasswordResponse, error) {
		return &authv1.ChangePasswordResponse{}, h.service.ChangePassword(ctx, tx, change)
	})
	c := caller.From(ctx)
	h.authenticator.ForgetUser(c.OrgID, c.UserID)
	return resp, err
}

// CreateApiKey implements [authv1connect.AuthServiceHandler]. The answer that is stored for repetitions lacks the secret, which
// must not lie in the database.
func (h *Handler) CreateApiKey(ctx context.Context, req *authv1.CreateApiKeyRequest) (*authv1.CreateApiKeyResponse, error) {
	n, err := newAPIKeyFromProto(req)
	if err != nil {
		return nil, err
	}
	var made *APIKey
	var secret string
	resp, err := mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*authv1.CreateApiKeyResponse, error) {
		var err error
		if made, secret, err = h.service.CreateAPIKey(ctx, tx, n); err != nil {
			return nil, err
		}
		return &authv1.CreateApiKeyResponse{ApiKey: apiKeyToProto(made)}, nil
	})
	if err != nil {
		return nil, err
	}
	if made != nil && made.ID == resp.GetApiKey().GetId() {
		resp.Secret = secret
	}
	return resp, nil
}

// ListApiKeys implements [authv1connect.AuthServiceHandler].
func (h *Handler) ListApiKeys(ctx context.Context, _ *authv1.ListApiKeysRequest) (*authv1.ListApiKeysResponse, error) {
	keys, err := h.service.APIKeys(ctx, h.db)
	if err != nil {
		return nil, err
	}
	resp := &authv1.ListApiKeysResponse{}
	for _, k := range keys {
		resp.ApiKeys = append(resp.ApiKeys, apiKeyToProto(k))
	}
	return resp, nil
}

// RevokeApiKey implements [authv1connect.AuthServiceHandler].
func (h *Handler) RevokeApiKey(ctx context.Context, req *authv1.RevokeApiKeyRequest) (*authv1.RevokeApiKeyResponse, error) {
	resp, err := mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*authv1.RevokeApiKeyResponse, error) {
		k, err := h.service.RevokeAPIKey(ctx, tx, req.GetApiKeyId())
		if err != nil {
			return nil, err
		}
		return &authv1.RevokeApiKeyResponse{ApiKey: apiKeyToProto(k)}, nil
	})
	h.authenticator.ForgetAPIKey(caller.From(ctx).OrgID, req.GetApiKeyId())
	return resp, err
}

// ListAuditEvents implements [authv1connect.AuthServiceHandler].
func (h *Handler) ListAuditEvents(ctx context.Context, req *authv1.ListAuditEventsRequest) (*authv1.ListAuditEventsResponse, error) {
	before, err := page.Decode(req.GetPageToken(), eventCursor{At: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	events, err := h.service.Events(ctx, h.db, before, size+1)
	if err != nil {
		return nil, err
	}
	resp := &authv1.ListAuditEventsResponse{}
	events, resp.NextPageToken = page.Cut(events, size, func(e *Event) eventCursor { return eventCursor{At: e.At, ID: e.ID} })
	for _, e := range events {
		resp.Events = append(resp.Events, eventToProto(e))
	}
	return resp, nil
}
