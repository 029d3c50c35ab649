package outgoing

import (
	"errors"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

const (
	// maxEndpoints is how many endpoints an organisation may have.
	maxEndpoints = 20
	// rotationPeriod is how long an old secret signs beside the new one.
	rotationPeriod = 24 * time.Hour
	// failingPeriod is how long every attempt may fail until an endpoint is disabled.
	failingPeriod = 3 * 24 * time.Hour
	// maxExhausted is how many deliveries in a row may be given up until an endpoint is disabled.
	maxExhausted = 10
)

// State says whether events go to an endpoint.
type State string

// The states of an endpoint.
const (
	StateDisabled State = "DISABLED"
	StateEnabled  State = "ENABLED"
)

// Endpoint is an address to which events are posted.
type Endpoint struct {
	Subscription
	CreatedAt time.Time
	CreatedBy string
	DeletedAt time.Time // zero unless deleted
	Exhausted int32     // deliveries given up in a row
	// FailingSince is the first failed attempt since the last that succeeded; zero if the last one did.
	FailingSince   time.Time
	ID             string
	OldSecret      string
	OldSecretUntil time.Time
	OrgID          string
	Secret         string
	State          State
	StateReason    string
	StateSince     time.Time
	UpdatedAt      time.Time
}

// Subscription is what an endpoint gets and where.
type Subscription struct {
	BranchIDs   []string // empty: all
	Description string
	Events      []string // types of event, or All alone
	URL         string
}

// wants says whether an event goes to a subscriber. What concerns no branch goes to all.
func (s Subscription) wants(e Event) bool {
	return Wanted(s.Events, e.Type) && (e.BranchID == "" || len(s.BranchIDs) == 0 || slices.Contains(s.BranchIDs, e.BranchID))
}

// Wanted says whether a type of event is among those that are wanted.
func Wanted(wanted []string, t Type) bool {
	return slices.Contains(wanted, string(t)) || slices.Contains(wanted, All)
}

// check refuses what can't be subscribed to.
func (s Subscription) check(allowLoopback bool) error {
	if rule := checkURL(s.URL, allowLoopback); rule != "" {
		return fault.Invalid("url", rule)
	}
	if len(s.Events) > 1 && slices.Contains(s.Events, All) {
		return fault.Invalid("events", "must be "+All+" alone, or types of event")
	}
	for _, e := range s.Events {
		if e != All && !known(Type(e)) {
			return fault.Invalid("events", "must be types of event, see ListEventTypes, not "+e)
		}
	}
	return nil
}

// secrets returns what a delivery is signed with now, newest first.
func (e *Endpoint) secrets(now time.Time) []string {
	if e.OldSecret != "" && now.Before(e.OldSecretUntil) {
		return []string{e.Secret, e.OldSecret}
	}
	return []string{e.Secret}
}

// Rotate puts a secret in the place of the present one, which signs beside it for a day unless it is dropped.
func (e *Endpoint) Rotate(secret string, dropOld bool, now time.Time) error {
	if len(e.secrets(now)) > 1 && !dropOld {
		return fault.FailedPrecondition("ROTATION_RUNNING", "the secret before the present one still signs, until "+e.OldSecretUntil.Format(time.RFC3339)).
			With("old_secret_until", e.OldSecretUntil.Format(time.RFC3339))
	}
	e.OldSecret, e.OldSecretUntil = e.Secret, now.Add(rotationPeriod)
	if dropOld {
		e.OldSecret, e.OldSecretUntil = "", time.Time{}
	}
	e.Secret, e.UpdatedAt = secret, now
	return nil
}

// Enable lets events go to the endpoint, with a clean record.
func (e *Endpoint) Enable(now time.Time) {
	if e.State == StateEnabled {
		return
	}
	e.State, e.StateReason, e.StateSince, e.UpdatedAt = StateEnabled, "", now, now
	e.FailingSince, e.Exhausted = time.Time{}, 0
}

// Disable sends nothing to the endpoint from now on.
func (e *Endpoint) Disable(reason string, now time.Time) {
	if e.State == StateDisabled {
		return
	}
	e.State, e.StateReason, e.StateSince = StateDisabled, reason, now
}

// Delete removes the endpoint and its secrets.
func (e *Endpoint) Delete(now time.Time) {
	e.Disable("deleted", now)
	e.DeletedAt, e.UpdatedAt = now, now
	e.Secret, e.OldSecret, e.OldSecretUntil = "", "", time.Time{}
}

func errDisabled(id string) error {
	return fault.FailedPrecondition("ENDPOINT_DISABLED", "endpoint "+id+" is disabled: enable it first")
}

func notFound(id string) error { return fault.NotFound("endpoint", id) }

func isNotFound(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.KindNotFound
}
