package auth

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// NewAPIKey describes a key to make.
type NewAPIKey struct {
	BranchID  string    // empty means all
	ExpiresAt time.Time // zero if never
	Name      string
	Scopes    []string
}

// CreateAPIKey makes a key of the caller's organisation. The token that it returns is stored nowhere.
func (s *Service) CreateAPIKey(ctx context.Context, tx postgres.Querier, n NewAPIKey) (*APIKey, string, error) {
	c, now := caller.From(ctx), s.clock()
	if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
		return nil, "", fault.Invalid("expires_at", "must be in the future")
	}
	if err := s.checkBranchExists(ctx, tx, n.BranchID); err != nil {
		return nil, "", err
	}
	minted := token.Mint(token.APIKey, c.OrgID, ids.New("key"))
	k := &APIKey{
		BranchID: n.BranchID, CreatedAt: now, CreatedBy: c.ActorID(), ExpiresAt: n.ExpiresAt, ID: minted.ID, Name: n.Name, OrgID: c.OrgID,
		Scopes: n.Scopes, SecretHash: minted.Hash(),
	}
	if err := s.store.insertAPIKey(ctx, tx, k); err != nil {
		return nil, "", err
	}
	return k, minted.Reveal(), s.record(ctx, tx, c.OrgID, c.ActorID(), ActionAPIKeyCreated, k.ID)
}

// MyAPIKey returns the key that the call was made with.
func (s *Service) MyAPIKey(ctx context.Context, q postgres.Querier) (*APIKey, error) {
	c := caller.From(ctx)
	return s.getAPIKey(ctx, q, c.OrgID, c.APIKeyID)
}

// APIKeys returns the keys of the caller's organisation, newest first.
func (s *Service) APIKeys(ctx context.Context, q postgres.Querier) ([]*APIKey, error) {
	return s.store.listAPIKeys(ctx, q, caller.From(ctx).OrgID)
}

// RevokeAPIKey makes a key useless. Revoking it again changes nothing.
func (s *Service) RevokeAPIKey(ctx context.Context, tx postgres.Querier, id string) (*APIKey, error) {
	c := caller.From(ctx)
	revoked, err := s.store.revokeAPIKey(ctx, tx, c.OrgID, id, s.clock())
	if err != nil {
		return nil, err
	}
	if revoked {
		if err := s.record(ctx, tx, c.OrgID, c.ActorID(), ActionAPIKeyRevoked, id); err != nil {
			return nil, err
		}
	}
	return s.getAPIKey(ctx, tx, c.OrgID, id)
}

func (s *Service) getAPIKey(ctx context.Context, q postgres.Querier, orgID, id string) (*APIKey, error) {
	k, err := s.store.findAPIKey(ctx, q, orgID, id)
	if err == nil && k == nil {
		err = fault.NotFound("api key", id)
	}
	return k, err
}
