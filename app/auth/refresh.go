package auth

import (
	"context"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Refresh spends a refresh token and returns the next pair. A token that was spent before ends its session (REFRESH_REUSED):
// either its thief or its owner comes second, and nobody knows which. Of calls that overlap one wins and the others are
// refused without that consequence (REFRESH_RACED): that is what two windows of one browser do.
func (s *Service) Refresh(ctx context.Context, text string) (*Tokens, error) {
	begun := s.clock()
	presented, ok := token.Parse(token.Refresh, text)
	if !ok {
		return nil, errRefreshInvalid
	}
	var tokens *Tokens
	var refusal error
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		tokens, refusal = nil, nil
		found, err := s.store.lockRefreshToken(ctx, tx, presented.OrgID, presented.ID, presented.Hash())
		if err != nil {
			return err
		}
		switch {
		case found == nil:
			refusal = errRefreshInvalid
		case begun.Before(found.usedAt):
			refusal = errRefreshRaced
		case !found.usedAt.IsZero():
			// Returned after the commit, for an error would undo the revocation.
			refusal = errRefreshReused
			return s.endReused(ctx, tx, &found.session)
		default:
			tokens, err = s.rotate(ctx, tx, &found.session, presented)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return tokens, refusal
}

// endReused ends a session, unless it has ended already. The trail names no actor: nobody knows who it was.
func (s *Service) endReused(ctx context.Context, tx postgres.Querier, stolen *session) error {
	ended, err := s.store.revokeSession(ctx, tx, stolen.orgID, stolen.id, ActionSessionReused, s.clock())
	if err != nil || !ended {
		return err
	}
	return s.record(ctx, tx, stolen.orgID, "", ActionSessionReused, stolen.userID)
}

// rotate replaces the refresh token of a session that is still good.
func (s *Service) rotate(ctx context.Context, tx postgres.Querier, of *session, presented token.Opaque) (*Tokens, error) {
	u, err := s.store.getUser(ctx, tx, of.orgID, of.userID)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	if !of.revokedAt.IsZero() || !now.Before(of.expiresAt) || u.Disabled() || u.SessionVersion != of.version {
		return nil, errSessionEnded
	}
	of.expiresAt = now.Add(s.refreshTTL)
	next := token.Mint(token.Refresh, of.orgID, of.id)
	if err := s.store.rotate(ctx, tx, of, presented.Hash(), next.Hash(), now, now.Add(-s.refreshTTL)); err != nil {
		return nil, err
	}
	return s.tokens(u, of, next)
}

// Logout ends the caller's session.
func (s *Service) Logout(ctx context.Context, tx postgres.Querier) error {
	c := caller.From(ctx)
	if _, err := s.store.revokeSession(ctx, tx, c.OrgID, c.SessionID, ActionUserLoggedOut, s.clock()); err != nil {
		return err
	}
	return s.record(ctx, tx, c.OrgID, c.UserID, ActionUserLoggedOut, c.SessionID)
}
