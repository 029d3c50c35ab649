package auth

import (
	"context"
	"slices"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// NewUser describes a user to add.
type NewUser struct {
	BranchID string // for SUPERVISOR and STAFF only
	Email    string
	Name     string
	// PasswordHash comes from [Service.HashPassword]: hashing takes too long for a transaction.
	PasswordHash string
	Role         caller.Role
}

// HashPassword returns what is stored of a password.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.hasher.Hash(ctx, password)
}

// Seal returns what may be stored of a password to recognise a repeated request by. Only with the server's secret could it be
// used to guess.
func (s *Service) Seal(password string) string { return s.signer.Digest(password) }

// Me returns the user who calls.
func (s *Service) Me(ctx context.Context, q postgres.Querier) (*User, error) {
	c := caller.From(ctx)
	return s.store.getUser(ctx, q, c.OrgID, c.UserID)
}

// Users returns a page of the caller's organisation, by email.
func (s *Service) Users(ctx context.Context, q postgres.Querier, afterEmail string, size int32) ([]*User, error) {
	return s.store.listUsers(ctx, q, caller.From(ctx).OrgID, afterEmail, size)
}

// CreateUser adds a user to the caller's organisation. Managers add STAFF and SUPERVISOR, owners anybody. An address that another
// account has, in any organisation, is already_exists EMAIL_TAKEN.
func (s *Service) CreateUser(ctx context.Context, tx postgres.Querier, n NewUser) (*User, error) {
	c := caller.From(ctx)
	if err := mayManage(c, n.Role); err != nil {
		return nil, err
	}
	u := &User{
		BranchID: n.BranchID, CreatedAt: s.clock(), Email: normalEmail(n.Email), ID: ids.New("usr"), Name: n.Name, OrgID: c.OrgID,
		PasswordHash: n.PasswordHash, Role: n.Role,
	}
	if err := u.checkBranch(); err != nil {
		return nil, err
	}
	if err := s.checkBranchExists(ctx, tx, u.BranchID); err != nil {
		return nil, err
	}
	if err := s.store.insertUser(ctx, tx, u); err != nil {
		return nil, err
	}
	return u, s.record(ctx, tx, c.OrgID, c.ActorID(), ActionUserCreated, u.ID)
}

// UpdateUser edits a user of the caller's organisation. A change of role, branch or disabled state ends the user's sessions.
func (s *Service) UpdateUser(ctx context.Context, tx postgres.Querier, id string, change Change) (*User, error) {
	c := caller.From(ctx)
	// Owners are locked before the user: two who remove each other would lock the same rows in opposite order otherwise.
	owners, err := s.store.lockOwners(ctx, tx, c.OrgID)
	if err != nil {
		return nil, err
	}
	u, err := s.store.lockUser(ctx, tx, c.OrgID, id)
	if err != nil {
		return nil, err
	}
	was := *u
	actions, err := u.apply(c, change, s.clock())
	if err != nil {
		return nil, err
	}
	if was.activeOwner() && !u.activeOwner() && len(owners) == 1 {
		return nil, errLastOwner
	}
	if u.BranchID != was.BranchID {
		if err := s.checkBranchExists(ctx, tx, u.BranchID); err != nil {
			return nil, err
		}
	}
	return u, s.save(ctx, tx, u, actions)
}

// save writes a user with what was done to them.
func (s *Service) save(ctx context.Context, tx postgres.Querier, u *User, actions []Action) error {
	c := caller.From(ctx)
	rights := slices.DeleteFunc(slices.Clone(actions), func(a Action) bool { return a == ActionUserRenamed })
	if len(rights) > 0 {
		u.SessionVersion++
		if err := s.store.revokeSessions(ctx, tx, u, "", rights[0], s.clock()); err != nil {
			return err
		}
	}
	if len(actions) > 0 {
		if err := s.store.updateUser(ctx, tx, u); err != nil {
			return err
		}
	}
	for _, action := range actions {
		if err := s.record(ctx, tx, c.OrgID, c.ActorID(), action, u.ID); err != nil {
			return err
		}
	}
	return nil
}

// checkBranchExists accepts the empty id, which means no branch.
func (s *Service) checkBranchExists(ctx context.Context, q postgres.Querier, id string) error {
	if id == "" {
		return nil
	}
	_, err := branch.Get(ctx, q, caller.From(ctx), id)
	return err
}
