package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
)

// scheme is the only authentication scheme; its case doesn't matter.
const scheme = "Bearer "

// Authenticator tells who a bearer token stands for. It is safe for concurrent use.
type Authenticator struct {
	apiKeys  *memo[keyAccess]
	clock    clock.Clock
	sessions *memo[standing]
	signer   *token.Signer
	// verified holds access tokens whose signature was found good, by their hash: checking one anew costs microseconds, for
	// every request.
	verified *lru.Cache[[sha256.Size]byte, *token.Access]
}

var (
	_ rpc.Authenticator = (*Authenticator)(nil)
	_ rpc.Recogniser    = (*Authenticator)(nil)
)

// NewAuthenticator returns an authenticator that looks sessions and keys up in db.
func NewAuthenticator(db *postgres.DB, signer *token.Signer, now clock.Clock) *Authenticator {
	verified, err := lru.New[[sha256.Size]byte, *token.Access](memoEntries)
	if err != nil {
		panic(err) // only for a size below 1
	}
	var s store
	return &Authenticator{
		apiKeys: newMemo(now, func(ctx context.Context, key subject) (*keyAccess, error) {
			return s.findAccess(ctx, db, key.orgID, key.id)
		}),
		clock: now,
		sessions: newMemo(now, func(ctx context.Context, session subject) (*standing, error) {
			return s.findStanding(ctx, db, session.orgID, session.id)
		}),
		signer:   signer,
		verified: verified,
	}
}

// Authenticate implements [rpc.Authenticator]. Besides unauthenticated it may answer unavailable: the database can't be asked
// and what it said before is too old.
func (a *Authenticator) Authenticate(ctx context.Context, authorization string) (caller.Caller, error) {
	bearer, ok := bearerOf(authorization)
	if !ok {
		return caller.Caller{}, errTokenInvalid
	}
	if strings.HasPrefix(bearer, string(token.APIKey)) {
		return a.terminal(ctx, bearer)
	}
	return a.person(ctx, bearer)
}

// Recognises reports whether credentials look good to this node without asking the database: an access token bears our signature
// and hasn't expired, or this node has let the API key in before. They can still turn out to be revoked.
func (a *Authenticator) Recognises(authorization string) bool {
	bearer, ok := bearerOf(authorization)
	if !ok {
		return false
	}
	if !strings.HasPrefix(bearer, string(token.APIKey)) {
		_, err := a.verify(bearer)
		return err == nil
	}
	presented, ok := token.Parse(token.APIKey, bearer)
	if !ok {
		return false
	}
	known := a.apiKeys.peek(subject{presented.OrgID, presented.ID})
	return known != nil && presented.Matches(known.key.SecretHash)
}

// bearerOf returns the token of an Authorization header.
func bearerOf(authorization string) (bearer string, ok bool) {
	if len(authorization) <= len(scheme) || !strings.EqualFold(authorization[:len(scheme)], scheme) {
		return "", false
	}
	return authorization[len(scheme):], true
}

// person returns the user of an access token, with the role and branch that they have now.
func (a *Authenticator) person(ctx context.Context, signed string) (caller.Caller, error) {
	access, err := a.verify(signed)
	if err != nil {
		return caller.Caller{}, err
	}
	now, err := a.sessions.get(ctx, subject{access.OrgID, access.SessionID})
	if err != nil {
		return caller.Caller{}, err
	}
	// A version ahead of the database's was issued before a backup was restored; nobody knows what it stands on.
	if now == nil || now.userID != access.UserID || access.Version > now.userVersion {
		return caller.Caller{}, errSessionEnded
	}
	if err := now.usable(); err != nil {
		return caller.Caller{}, err
	}
	return caller.Caller{
		Kind:      caller.KindUser,
		BranchID:  now.branchID,
		ExpiresAt: access.ExpiresAt,
		OrgID:     access.OrgID,
		Plan:      now.plan,
		Role:      now.role,
		SessionID: access.SessionID,
		UserID:    access.UserID,
	}, nil
}

// verify checks signature and expiry of an access token.
func (a *Authenticator) verify(signed string) (*token.Access, error) {
	hash := sha256.Sum256([]byte(signed))
	if access, ok := a.verified.Get(hash); ok {
		if !a.clock().Before(access.ExpiresAt) {
			a.verified.Remove(hash)
			return nil, errTokenExpired
		}
		return access, nil
	}
	access, err := a.signer.Verify(signed)
	switch {
	case errors.Is(err, token.ErrExpired):
		return nil, errTokenExpired
	case err != nil:
		return nil, errTokenInvalid.WithCause(err)
	}
	a.verified.Add(hash, &access)
	return &access, nil
}

// terminal returns the API key that a token stands for.
func (a *Authenticator) terminal(ctx context.Context, text string) (caller.Caller, error) {
	presented, ok := token.Parse(token.APIKey, text)
	if !ok {
		return caller.Caller{}, errAPIKeyInvalid
	}
	now, err := a.apiKeys.get(ctx, subject{presented.OrgID, presented.ID})
	if err != nil {
		return caller.Caller{}, err
	}
	if now == nil || !presented.Matches(now.key.SecretHash) {
		return caller.Caller{}, errAPIKeyInvalid
	}
	key := now.key
	if err := key.usable(a.clock()); err != nil {
		return caller.Caller{}, err
	}
	return caller.Caller{
		Kind:      caller.KindAPIKey,
		APIKeyID:  key.ID,
		BranchID:  key.BranchID,
		ExpiresAt: key.ExpiresAt,
		OrgID:     key.OrgID,
		Plan:      now.plan,
		Scopes:    key.Scopes,
	}, nil
}

// ForgetAPIKey makes this node look a key up again, after it was changed here. Other nodes do so within a second.
func (a *Authenticator) ForgetAPIKey(orgID, id string) {
	a.apiKeys.forget(subject{orgID, id})
}

// ForgetSession does the same for a session.
func (a *Authenticator) ForgetSession(orgID, id string) {
	a.sessions.forget(subject{orgID, id})
}

// ForgetUser does the same for all sessions of a user.
func (a *Authenticator) ForgetUser(orgID, userID string) {
	a.sessions.forgetIf(func(s subject, now *standing) bool { return s.orgID == orgID && now.userID == userID })
}
