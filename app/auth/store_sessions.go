package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// startSession opens a session with its first refresh token.
func (s store) startSession(ctx context.Context, tx postgres.Querier, n *session, o origin, now time.Time, hash []byte) error {
	err := s.queries.SessionStart(ctx, tx, &sqlc.SessionStartParams{
		OrgID: n.orgID, ID: n.id, TokenHash: hash, Now: now, UserID: n.userID, SessionVersion: n.version, Address: o.address,
		UserAgent: o.userAgent, ExpiresAt: n.expiresAt,
	})
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	return nil
}

// findStanding returns what a session is worth, nil if there is none.
func (s store) findStanding(ctx context.Context, q postgres.Querier, orgID, id string) (*standing, error) {
	row, err := s.queries.SessionGet(ctx, q, &sqlc.SessionGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get session: %w", err)
	}
	role, err := caller.ParseRole(row.Role)
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", id, err)
	}
	found := &standing{
		disabled: row.DisabledAt != nil, plan: row.Plan, revoked: row.RevokedAt != nil, role: role, userID: row.UserID,
		userVersion: row.UserSessionVersion, version: row.SessionVersion,
	}
	if !role.AtLeast(caller.RoleManager) {
		found.branchID = value(row.BranchID)
	}
	return found, nil
}

// revokeSession ends a session. It returns false if that had ended before.
func (s store) revokeSession(ctx context.Context, tx postgres.Querier, orgID, id string, reason Action, at time.Time) (bool, error) {
	revoked, err := s.queries.SessionRevoke(ctx, tx, &sqlc.SessionRevokeParams{Now: at, Reason: string(reason), OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("revoke session: %w", err)
	}
	return revoked == 1, nil
}

// revokeSessions ends a user's sessions except one; none is spared if that is empty.
func (s store) revokeSessions(ctx context.Context, tx postgres.Querier, u *User, spared string, reason Action, at time.Time) error {
	err := s.queries.SessionRevokeByUser(ctx, tx, &sqlc.SessionRevokeByUserParams{
		Now: at, Reason: string(reason), OrgID: u.OrgID, UserID: u.ID, SparedID: spared,
	})
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return nil
}

// rebindSession moves a session to its user's present version.
func (s store) rebindSession(ctx context.Context, tx postgres.Querier, orgID, id string) error {
	if err := s.queries.SessionRebind(ctx, tx, &sqlc.SessionRebindParams{OrgID: orgID, ID: id}); err != nil {
		return fmt.Errorf("rebind session: %w", err)
	}
	return nil
}

// pruneSessions forgets a user's sessions that ended before an instant.
func (s store) pruneSessions(ctx context.Context, tx postgres.Querier, orgID, userID string, before time.Time) error {
	if err := s.queries.SessionPrune(ctx, tx, &sqlc.SessionPruneParams{OrgID: orgID, UserID: userID, Before: before}); err != nil {
		return fmt.Errorf("prune sessions: %w", err)
	}
	return nil
}

// lockRefreshToken returns a refresh token with its session, nil if there is none. Others who use it wait until the transaction
// ends.
func (s store) lockRefreshToken(ctx context.Context, tx postgres.Querier, orgID, sessionID string, hash []byte) (*spent, error) {
	row, err := s.queries.RefreshTokenLock(ctx, tx, &sqlc.RefreshTokenLockParams{OrgID: orgID, SessionID: sessionID, TokenHash: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock refresh token: %w", err)
	}
	return &spent{
		session: session{
			expiresAt: row.ExpiresAt, id: sessionID, orgID: orgID, revokedAt: value(row.RevokedAt), userID: row.UserID, version: row.SessionVersion,
		},
		usedAt: value(row.UsedAt),
	}, nil
}

// rotate spends a refresh token in favour of the next, moves the session's expiry to n.expiresAt and forgets tokens that were
// spent before an instant.
func (s store) rotate(ctx context.Context, tx postgres.Querier, n *session, hash, next []byte, now, pruneBefore time.Time) error {
	err := s.queries.RefreshTokenRotate(ctx, tx, &sqlc.RefreshTokenRotateParams{
		OrgID: n.orgID, SessionID: n.id, NextTokenHash: next, Now: now, TokenHash: hash, ExpiresAt: n.expiresAt, PruneBefore: pruneBefore,
	})
	if err != nil {
		return fmt.Errorf("rotate refresh token: %w", err)
	}
	return nil
}
