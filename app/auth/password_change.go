package auth

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// PasswordChange is a change of the caller's password that has been worked out and waits for its transaction: hashing takes too
// long to hold a connection meanwhile.
type PasswordChange struct {
	hash    string
	matches bool
	user    *User
}

// PreparePasswordChange compares the present password and hashes the next. A wrong present password fails only in
// [Service.ChangePassword], because a repeated call gets its first answer even though the password has changed since. Wrong ones
// count against the throttle: a stolen access token must not help to guess.
func (s *Service) PreparePasswordChange(ctx context.Context, current, next string) (*PasswordChange, error) {
	u, err := s.Me(ctx, s.db)
	if err != nil {
		return nil, err
	}
	attempt, err := s.throttle.Begin(ctx, u.Email, originOf(ctx).address)
	if err != nil {
		return nil, err
	}
	matches, err := s.hasher.Matches(ctx, current, u.PasswordHash)
	if err != nil || matches {
		attempt.GiveBack(ctx)
	}
	if err != nil || !matches {
		return &PasswordChange{user: u}, err
	}
	hash, err := s.hasher.Hash(ctx, next)
	return &PasswordChange{hash: hash, matches: true, user: u}, err
}

// ChangePassword replaces the caller's password and ends all their sessions but the present one.
func (s *Service) ChangePassword(ctx context.Context, tx postgres.Querier, change *PasswordChange) error {
	c := caller.From(ctx)
	if !change.matches {
		s.recordApart(ctx, c.OrgID, c.UserID, ActionUserPasswordMistaken, c.UserID)
		return errWrongPassword
	}
	changed, err := s.store.setPassword(ctx, tx, change.user, change.hash)
	if err != nil {
		return err
	}
	if !changed {
		return errPasswordChanged
	}
	if err := s.store.rebindSession(ctx, tx, c.OrgID, c.SessionID); err != nil {
		return err
	}
	if err := s.store.revokeSessions(ctx, tx, change.user, c.SessionID, ActionUserPasswordChanged, s.clock()); err != nil {
		return err
	}
	return s.record(ctx, tx, c.OrgID, c.UserID, ActionUserPasswordChanged, c.UserID)
}
