package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Login opens a session. Wrong email, wrong password and disabled account fail alike (BAD_CREDENTIALS), in words, work and count
// against the throttle.
func (s *Service) Login(ctx context.Context, email, password string) (*User, *Tokens, error) {
	email = normalEmail(email)
	attempt, err := s.throttle.Begin(ctx, email, originOf(ctx).address)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.check(ctx, email, password)
	if !errors.Is(err, errBadCredentials) {
		attempt.GiveBack(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	tokens, err := s.start(ctx, u)
	return u, tokens, err
}

// check returns the user whom the credentials belong to.
func (s *Service) check(ctx context.Context, email, password string) (*User, error) {
	if strings.ContainsRune(email, 0) {
		email = "" // PostgreSQL has no such text, and nobody such an address
	}
	u, err := s.store.findLogin(ctx, s.db, email)
	if err != nil {
		return nil, err
	}
	var hash string
	if u != nil {
		hash = u.PasswordHash
	}
	matches, err := s.hasher.Matches(ctx, password, hash)
	switch {
	case err != nil:
		return nil, err
	case matches && !u.Disabled():
		return u, nil
	case u != nil:
		s.recordApart(ctx, u.OrgID, "", ActionUserLoginFailed, u.ID)
	}
	return nil, errBadCredentials
}

// start opens a session of a user whose password was checked.
func (s *Service) start(ctx context.Context, u *User) (*Tokens, error) {
	now := s.clock()
	opened := &session{expiresAt: now.Add(s.refreshTTL), id: ids.New("ses"), orgID: u.OrgID, userID: u.ID, version: u.SessionVersion}
	refresh := token.Mint(token.Refresh, u.OrgID, opened.id)
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		if err := s.store.pruneSessions(ctx, tx, u.OrgID, u.ID, now.Add(-s.refreshTTL)); err != nil {
			return err
		}
		if err := s.store.startSession(ctx, tx, opened, originOf(ctx), now, refresh.Hash()); err != nil {
			return err
		}
		return s.record(ctx, tx, u.OrgID, u.ID, ActionUserLoggedIn, opened.id)
	})
	if err != nil {
		return nil, err
	}
	return s.tokens(u, opened, refresh)
}

// tokens signs an access token to go with a refresh token.
func (s *Service) tokens(u *User, of *session, refresh token.Opaque) (*Tokens, error) {
	access, err := s.signer.Sign(token.Access{
		BranchID: u.BranchID, OrgID: u.OrgID, Role: u.Role.String(), SessionID: of.id, UserID: u.ID, Version: of.version,
	})
	if err != nil {
		return nil, err
	}
	return &Tokens{Access: access, Refresh: refresh.Reveal(), TTL: s.signer.TTL()}, nil
}
