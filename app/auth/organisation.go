package auth

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// minPasswordLength is the rule of the proto file, for those who come by the command line.
const minPasswordLength = 10

var (
	plans = []string{"FREE", "PRO", "ENT"}
)

// NewOrganisation describes a tenant and who runs it.
type NewOrganisation struct {
	Currency      string // ISO 4217
	ID            string
	Name          string
	OwnerEmail    string
	OwnerName     string // the email if empty
	OwnerPassword string
	Plan          string // FREE, PRO or ENT
}

// CreateOrganisation adds a tenant with its first owner, who can then do the rest through the API. It is what an operator does on
// the machine itself: no caller may. A taken id is already_exists ORGANISATION_EXISTS.
func CreateOrganisation(ctx context.Context, db *postgres.DB, hasher *password.Hasher, now clock.Clock, n NewOrganisation) (*User, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	hash, err := hasher.Hash(ctx, n.OwnerPassword)
	if err != nil {
		return nil, err
	}
	s := &Service{clock: now, db: db, hasher: hasher}
	owner := &User{
		CreatedAt: now(), Email: normalEmail(n.OwnerEmail), ID: ids.New("usr"), Name: n.OwnerName, OrgID: n.ID, PasswordHash: hash, Role: caller.RoleOwner,
	}
	if owner.Name == "" {
		owner.Name = owner.Email
	}
	err = db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error { return s.found(ctx, tx, &n, owner) })
	if err != nil {
		return nil, err
	}
	return owner, nil
}

func (s *Service) found(ctx context.Context, tx postgres.Querier, n *NewOrganisation, owner *User) error {
	free, err := s.store.insertOrganisation(ctx, tx, n, s.clock())
	if err != nil {
		return err
	}
	if !free {
		return fault.AlreadyExists("ORGANISATION_EXISTS", "organisation "+n.ID+" exists")
	}
	if err := s.store.insertUser(ctx, tx, owner); err != nil {
		return err
	}
	if err := s.record(ctx, tx, n.ID, "", ActionOrganisationCreated, n.ID); err != nil {
		return err
	}
	return s.record(ctx, tx, n.ID, "", ActionUserCreated, owner.ID)
}

// check names everything that is wrong.
func (n *NewOrganisation) check() error {
	address, err := mail.ParseAddress(n.OwnerEmail)
	var violations []fault.Violation
	for _, r := range []struct {
		ok          bool
		field, rule string
	}{
		{ids.Valid(n.ID), "id", "must be 1 to 64 letters, digits, dashes or underscores"},
		{strings.TrimSpace(n.Name) != "", "name", "must not be empty"},
		{money.KnownCurrency(n.Currency), "currency", "must be an ISO 4217 code, as in UGX"},
		{slices.Contains(plans, n.Plan), "plan", "must be one of " + strings.Join(plans, ", ")},
		{err == nil && address.Address == n.OwnerEmail, "owner_email", "must be an email address"},
		{utf8.RuneCountInString(n.OwnerPassword) >= minPasswordLength, "owner_password", "must have at least 10 characters"},
	} {
		if !r.ok {
			violations = append(violations, fault.Violation{Field: r.field, Rule: r.rule})
		}
	}
	if len(violations) > 0 {
		return fault.InvalidFields(violations...)
	}
	return nil
}
