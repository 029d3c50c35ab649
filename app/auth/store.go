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
