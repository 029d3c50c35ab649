package auth

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Action is what an audit event says was done.
type Action string

// The actions of this package. Failed sign-ins are recorded where the account exists: others belong to no organisation.
const (
	ActionAPIKeyCreated        Action = "api_key.created"
	ActionAPIKeyRevoked        Action = "api_key.revoked"
	ActionOrganisationCreated  Action = "organisation.created"
	ActionSessionReused        Action = "session.refresh_reused"
	ActionUserBranchChanged    Action = "user.branch_changed"
	ActionUserCreated          Action = "user.created"
	ActionUserDisabled         Action = "user.disabled"
	ActionUserEnabled          Action = "user.enabled"
	ActionUserLoggedIn         Action = "user.logged_in"
	ActionUserLoggedOut        Action = "user.logged_out"
	ActionUserLoginFailed      Action = "user.login_failed"
	ActionUserPasswordChanged  Action = "user.password_changed"
	ActionUserPasswordMistaken Action = "user.password_mistaken"
	ActionUserRenamed          Action = "user.renamed"
	ActionUserRoleChanged      Action = "user.role_changed"
)

// recordTimeout bounds the writing of an event that nobody waits for.
const recordTimeout = 5 * time.Second

// Event is one line of the audit trail.
type Event struct {
	Action    Action
	ActorID   string // empty if unknown
	Address   string
	At        time.Time
	ID        string
	OrgID     string
	RequestID string
	Target    string // id of what it was done to
}

// record writes an event in the transaction of what it tells of.
func (s *Service) record(ctx context.Context, tx postgres.Querier, orgID, actorID string, action Action, target string) error {
	return s.store.insertEvent(ctx, tx, s.event(ctx, orgID, actorID, action, target))
}

// recordApart writes an event about a failure, which leaves no transaction behind, and doesn't keep the caller waiting: the time
// that it takes would tell a known account from an unknown one.
func (s *Service) recordApart(ctx context.Context, orgID, actorID string, action Action, target string) {
	e := s.event(ctx, orgID, actorID, action, target)
	s.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		if err := s.store.insertEvent(ctx, s.db, e); err != nil {
			zerolog.Ctx(ctx).Error().Err(err).Str("org_id", e.OrgID).Str("action", string(e.Action)).Str("target", e.Target).Msg("record audit event")
		}
	})
}

// Wait returns when no event is left to be written.
func (s *Service) Wait() { s.background.Wait() }

func (s *Service) event(ctx context.Context, orgID, actorID string, action Action, target string) *Event {
	o := originOf(ctx)
	return &Event{
		Action: action, ActorID: actorID, Address: o.address, At: s.clock(), ID: ids.New("aud"), OrgID: orgID, RequestID: o.requestID, Target: target,
	}
}

// Events returns a page of the caller's audit trail, newest first.
func (s *Service) Events(ctx context.Context, q postgres.Querier, before eventCursor, size int32) ([]*Event, error) {
	return s.store.listEvents(ctx, q, caller.From(ctx).OrgID, before, size)
}

// eventCursor is the last event of a page.
type eventCursor struct {
	At time.Time
	ID string
}

// Record writes an event of another domain, by the caller, in the transaction of what it tells of.
func Record(ctx context.Context, tx postgres.Querier, at time.Time, action Action, target string) error {
	c, o := caller.From(ctx), originOf(ctx)
	var s store
	return s.insertEvent(ctx, tx, &Event{
		Action: action, ActorID: c.ActorID(), Address: o.address, At: at, ID: ids.New("aud"), OrgID: c.OrgID, RequestID: o.requestID, Target: target,
	})
}
