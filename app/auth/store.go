package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes accounts, sessions, keys and the audit trail. Only it knows tables.
type store struct{ queries *sqlc.Queries }

// insertUser adds a user and their place in the directory of email addresses.
func (s store) insertUser(ctx context.Context, tx postgres.Querier, u *User) error {
	free, err := s.queries.UserLoginInsert(ctx, tx, &sqlc.UserLoginInsertParams{Email: u.Email, OrgID: u.OrgID, UserID: u.ID})
	if err != nil {
		return fmt.Errorf("insert login: %w", err)
	}
	if free == 0 {
		return errEmailTaken
	}
	err = s.queries.UserInsert(ctx, tx, &sqlc.UserInsertParams{
		OrgID: u.OrgID, ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role.String(), BranchID: nullText(u.BranchID),
		PasswordHash: u.PasswordHash, CreatedAt: u.CreatedAt,
	})
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	return nil
}

// findLogin returns the user of an email address, nil if there is none. It sends the same statements in either case, so that the
// time that it takes tells nothing.
func (s store) findLogin(ctx context.Context, q postgres.Querier, email string) (*User, error) {
	login, err := s.queries.UserLoginFind(ctx, q, &sqlc.UserLoginFindParams{Email: email})
	if errors.Is(err, pgx.ErrNoRows) {
		login, err = &sqlc.UserLoginFindRow{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find login: %w", err)
	}
	u, err := s.getUser(ctx, q, login.OrgID, login.UserID)
	if missing(err) {
		return nil, nil
	}
	return u, err
}

// getUser returns a user or not_found.
func (s store) getUser(ctx context.Context, q postgres.Querier, orgID, id string) (*User, error) {
	row, err := s.queries.UserGet(ctx, q, &sqlc.UserGetParams{OrgID: orgID, ID: id})
	return userOrFault(row, id, err)
}

// lockUser does the same and keeps others from changing the user until the transaction ends.
func (s store) lockUser(ctx context.Context, tx postgres.Querier, orgID, id string) (*User, error) {
	row, err := s.queries.UserLock(ctx, tx, &sqlc.UserLockParams{OrgID: orgID, ID: id})
	return userOrFault(row, id, err)
}

// lockOwners returns the ids of all owners who can sign in, and keeps them so until the transaction ends.
func (s store) lockOwners(ctx context.Context, tx postgres.Querier, orgID string) ([]string, error) {
	owners, err := s.queries.UserOwnerLock(ctx, tx, &sqlc.UserOwnerLockParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("lock owners: %w", err)
	}
	return owners, nil
}

// listUsers returns users by email.
func (s store) listUsers(ctx context.Context, q postgres.Querier, orgID, afterEmail string, size int32) ([]*User, error) {
	rows, err := s.queries.UserList(ctx, q, &sqlc.UserListParams{OrgID: orgID, AfterEmail: afterEmail, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users := make([]*User, len(rows))
	for i, row := range rows {
		if users[i], err = userFromRow(row); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// updateUser saves what can change of a user, except the password.
func (s store) updateUser(ctx context.Context, tx postgres.Querier, u *User) error {
	err := s.queries.UserUpdate(ctx, tx, &sqlc.UserUpdateParams{
		Name: u.Name, Role: u.Role.String(), BranchID: nullText(u.BranchID), DisabledAt: nullTime(u.DisabledAt),
		SessionVersion: u.SessionVersion, OrgID: u.OrgID, ID: u.ID,
	})
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	return nil
}

// setPassword replaces the hash that was checked and raises the session version. It returns false if that hash isn't the user's
// any more.
func (s store) setPassword(ctx context.Context, tx postgres.Querier, u *User, hash string) (bool, error) {
	changed, err := s.queries.UserSetPassword(ctx, tx, &sqlc.UserSetPasswordParams{
		PasswordHash: hash, OrgID: u.OrgID, ID: u.ID, CheckedHash: u.PasswordHash,
	})
	if err != nil {
		return false, fmt.Errorf("set password: %w", err)
	}
	return changed == 1, nil
}

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
		disabled: row.DisabledAt != nil, revoked: row.RevokedAt != nil, role: role, userID: row.UserID,
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

// insertAPIKey adds a key.
func (s store) insertAPIKey(ctx context.Context, tx postgres.Querier, k *APIKey) error {
	err := s.queries.ApiKeyInsert(ctx, tx, &sqlc.ApiKeyInsertParams{
		OrgID: k.OrgID, ID: k.ID, Name: k.Name, SecretHash: k.SecretHash, Scopes: k.Scopes, BranchID: nullText(k.BranchID),
		CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt, ExpiresAt: nullTime(k.ExpiresAt),
	})
	if err != nil {
		return fmt.Errorf("insert API key: %w", err)
	}
	return nil
}

// findAPIKey returns a key, nil if there is none.
func (s store) findAPIKey(ctx context.Context, q postgres.Querier, orgID, id string) (*APIKey, error) {
	row, err := s.queries.ApiKeyGet(ctx, q, &sqlc.ApiKeyGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get API key: %w", err)
	}
	return apiKeyFromRow(row), nil
}

// listAPIKeys returns an organisation's keys, newest first.
func (s store) listAPIKeys(ctx context.Context, q postgres.Querier, orgID string) ([]*APIKey, error) {
	rows, err := s.queries.ApiKeyList(ctx, q, &sqlc.ApiKeyListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	keys := make([]*APIKey, len(rows))
	for i, row := range rows {
		keys[i] = apiKeyFromRow(row)
	}
	return keys, nil
}

// revokeAPIKey revokes a key. It returns false if there is none that is in force.
func (s store) revokeAPIKey(ctx context.Context, tx postgres.Querier, orgID, id string, at time.Time) (bool, error) {
	revoked, err := s.queries.ApiKeyRevoke(ctx, tx, &sqlc.ApiKeyRevokeParams{Now: at, OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("revoke API key: %w", err)
	}
	return revoked == 1, nil
}

// insertEvent adds to the audit trail.
func (s store) insertEvent(ctx context.Context, tx postgres.Querier, e *Event) error {
	err := s.queries.AuditEventInsert(ctx, tx, &sqlc.AuditEventInsertParams{
		OrgID: e.OrgID, ID: e.ID, At: e.At, ActorID: e.ActorID, Action: string(e.Action), Target: e.Target, Address: e.Address, RequestID: e.RequestID,
	})
	if err != nil {
		return fmt.Errorf("insert audit event: %w", err)
	}
	return nil
}

// listEvents returns what happened before an event, newest first.
func (s store) listEvents(ctx context.Context, q postgres.Querier, orgID string, before eventCursor, size int32) ([]*Event, error) {
	rows, err := s.queries.AuditEventList(ctx, q, &sqlc.AuditEventListParams{OrgID: orgID, BeforeAt: before.At, BeforeID: before.ID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = &Event{
			Action: Action(row.Action), ActorID: row.ActorID, Address: row.Address, At: row.At, ID: row.ID, OrgID: row.OrgID,
			RequestID: row.RequestID, Target: row.Target,
		}
	}
	return events, nil
}

// insertOrganisation adds an organisation. It returns false if the id is taken.
func (s store) insertOrganisation(ctx context.Context, tx postgres.Querier, n *NewOrganisation, at time.Time) (bool, error) {
	inserted, err := s.queries.OrganisationInsert(ctx, tx, &sqlc.OrganisationInsertParams{
		OrgID: n.ID, Name: n.Name, Plan: n.Plan, Currency: n.Currency, CreatedAt: at,
	})
	if err != nil {
		return false, fmt.Errorf("insert organisation: %w", err)
	}
	return inserted == 1, nil
}

func userOrFault(row *sqlc.User, id string, err error) (*User, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("user", id)
	}
	if err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}
	return userFromRow(row)
}

func missing(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.KindNotFound
}

func userFromRow(row *sqlc.User) (*User, error) {
	role, err := caller.ParseRole(row.Role)
	if err != nil {
		return nil, fmt.Errorf("read user %s: %w", row.ID, err)
	}
	return &User{
		BranchID: value(row.BranchID), CreatedAt: row.CreatedAt, DisabledAt: value(row.DisabledAt), Email: row.Email, ID: row.ID,
		Name: row.Name, OrgID: row.OrgID, PasswordHash: row.PasswordHash, Role: role, SessionVersion: row.SessionVersion,
	}, nil
}

func apiKeyFromRow(row *sqlc.ApiKey) *APIKey {
	return &APIKey{
		BranchID: value(row.BranchID), CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, ExpiresAt: value(row.ExpiresAt), ID: row.ID,
		Name: row.Name, OrgID: row.OrgID, RevokedAt: value(row.RevokedAt), Scopes: row.Scopes, SecretHash: row.SecretHash,
	}
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
