package promotions

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// Status is where a promotion stands.
type Status string

// The states of a promotion; see the package comment for the ways between them.
const (
	StatusActive   Status = "ACTIVE"
	StatusApproved Status = "APPROVED"
	StatusArchived Status = "ARCHIVED"
	StatusDraft    Status = "DRAFT"
	StatusPaused   Status = "PAUSED"
)

// Action is a kind of change.
type Action string

// The kinds of change.
const (
	ActionActivated Action = "ACTIVATED"
	ActionApproved  Action = "APPROVED"
	ActionArchived  Action = "ARCHIVED"
	ActionCreated   Action = "CREATED"
	ActionPaused    Action = "PAUSED"
	ActionUpdated   Action = "UPDATED"
)

// Promotion is terms with what became of them.
type Promotion struct {
	ApprovedBy string // empty until approved
	Author     string // who wrote the terms
	CreatedAt  time.Time
	ID         string
	Redeemed   int64 // redemptions that no void released
	Revision   int64 // number of the last change, from 1
	Status     Status
	Terms      pricing.Terms
	UpdatedAt  time.Time
}

// Event is one change of a promotion.
type Event struct {
	Action   Action
	Actor    string
	At       time.Time
	Note     string
	Revision int64
	Terms    *pricing.Terms // after a change of them
}

// Warning is something that is allowed and may not be meant.
type Warning struct {
	Message     string
	PromotionID string // the other one, if there is one
	Reason      string
}

// rewrite puts new terms in the place of the old: a draft again.
func (p *Promotion) rewrite(terms pricing.Terms, author string) error {
	switch p.Status {
	case StatusActive:
		return fault.FailedPrecondition("PROMOTION_ACTIVE", "promotion "+p.ID+" is active: pause it before changing its terms")
	case StatusArchived:
		return p.archived()
	case StatusApproved, StatusDraft, StatusPaused:
	}
	p.Terms, p.Author, p.ApprovedBy, p.Status = terms, author, "", StatusDraft
	return nil
}

// approve lets a draft be activated. author is the person who wrote it.
func (p *Promotion) approve(by, author string) error {
	if p.Status != StatusDraft {
		return p.not(StatusDraft)
	}
	if by == author {
		return fault.PermissionDenied("OWN_PROMOTION", "promotion "+p.ID+" must be approved by another person than its author")
	}
	p.ApprovedBy, p.Status = by, StatusApproved
	return nil
}

func (p *Promotion) activate(now time.Time) error {
	switch {
	case p.Status == StatusDraft && p.Terms.ApprovalRequired:
		return fault.FailedPrecondition("APPROVAL_REQUIRED", "promotion "+p.ID+" must be approved before it is activated")
	case p.Status != StatusDraft && p.Status != StatusApproved && p.Status != StatusPaused:
		return p.not(StatusApproved)
	case !p.Terms.EndsAt.IsZero() && !now.Before(p.Terms.EndsAt):
		return fault.FailedPrecondition("PROMOTION_ENDED", "promotion "+p.ID+" has ended: change its dates first")
	}
	p.Status = StatusActive
	return nil
}

func (p *Promotion) pause() error {
	if p.Status != StatusActive {
		return p.not(StatusActive)
	}
	p.Status = StatusPaused
	return nil
}

func (p *Promotion) archive() error {
	if p.Status == StatusArchived {
		return p.archived()
	}
	p.Status = StatusArchived
	return nil
}

func (p *Promotion) archived() error {
	return fault.FailedPrecondition("PROMOTION_ARCHIVED", "promotion "+p.ID+" is archived")
}

func (p *Promotion) not(wanted Status) error {
	if p.Status == StatusArchived {
		return p.archived()
	}
	return fault.FailedPrecondition("PROMOTION_NOT_"+string(wanted), "promotion "+p.ID+" is "+string(p.Status)+", not "+string(wanted))
}
