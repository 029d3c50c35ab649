package auth

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// ticketTTL is how long after it was issued a ticket may be used.
const ticketTTL = 30 * time.Second

// Ticket is a one-time credential for a stream, which stands for the session that it was made with.
type Ticket struct {
	ExpiresAt time.Time
	Secret    string
}

// ticket is a row.
type ticket struct {
	accessExpiresAt time.Time
	sessionID       string
}

// Streams lets callers into streams, and says whom to turn out of them.
type Streams struct {
	clock clock.Clock
	db    postgres.Querier
	store store
}

// NewStreams returns streams over db.
func NewStreams(db *postgres.DB, now clock.Clock) *Streams { return &Streams{clock: now, db: db} }

// IssueTicket returns a ticket for the caller, who must be a user.
func (s *Streams) IssueTicket(ctx context.Context, tx postgres.Querier) (Ticket, error) {
	c, now := caller.From(ctx), s.clock()
	if c.SessionID == "" {
		return Ticket{}, fault.PermissionDenied("NOT_PERMITTED", "only a signed-in user gets a ticket")
	}
	minted := token.Mint(token.Ticket, c.OrgID, ids.New("tkt"))
	t := ticket{accessExpiresAt: c.ExpiresAt, sessionID: c.SessionID}
	if err := s.store.insertTicket(ctx, tx, minted, t, now, now.Add(ticketTTL)); err != nil {
		return Ticket{}, err
	}
	return Ticket{ExpiresAt: now.Add(ticketTTL), Secret: minted.Reveal()}, nil
}

// TakeTicket returns the caller that a ticket stands for, once.
func (s *Streams) TakeTicket(ctx context.Context, text string) (caller.Caller, error) {
	presented, ok := token.Parse(token.Ticket, text)
	if !ok {
		return caller.Caller{}, errTicketInvalid
	}
	taken, err := s.store.takeTicket(ctx, s.db, presented, s.clock())
	if err != nil {
		return caller.Caller{}, err
	}
	if taken == nil || !s.clock().Before(taken.accessExpiresAt) {
		return caller.Caller{}, errTicketInvalid
	}
	now, err := s.store.findStanding(ctx, s.db, presented.OrgID, taken.sessionID)
	if err != nil {
		return caller.Caller{}, err
	}
	if now == nil {
		return caller.Caller{}, errSessionEnded
	}
	if err := now.usable(); err != nil {
		return caller.Caller{}, err
	}
	return caller.Caller{
		Kind:      caller.KindUser,
		BranchID:  now.branchID,
		ExpiresAt: taken.accessExpiresAt,
		OrgID:     presented.OrgID,
		Plan:      now.plan,
		Role:      now.role,
		SessionID: taken.sessionID,
		UserID:    now.userID,
	}, nil
}

// Usable returns which of an organisation's sessions and API keys are still good, in two statements at most.
func (s *Streams) Usable(ctx context.Context, orgID string, sessionIDs, apiKeyIDs []string) (map[string]bool, error) {
	usable := make(map[string]bool, len(sessionIDs)+len(apiKeyIDs))
	if len(sessionIDs) > 0 {
		if err := s.store.usableSessions(ctx, s.db, orgID, sessionIDs, usable); err != nil {
			return nil, err
		}
	}
	if len(apiKeyIDs) > 0 {
		if err := s.store.usableAPIKeys(ctx, s.db, orgID, apiKeyIDs, s.clock(), usable); err != nil {
			return nil, err
		}
	}
	return usable, nil
}
