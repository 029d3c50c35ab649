package webhooks

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
)

const (
	maxEventID   = 200
	maxEventType = 100
)

// State is what became of an event.
type State string

// The states.
const (
	StateDead      State = "DEAD"
	StateIgnored   State = "IGNORED"
	StateProcessed State = "PROCESSED"
	StateReceived  State = "RECEIVED"
)

// Event is what a provider sent.
type Event struct {
	Attempts    int32
	Body        []byte // as it came
	ID          string // the provider's
	Note        string
	OccurredAt  time.Time
	OrgID       string // empty if it names none
	ProcessedAt time.Time
	ReceivedAt  time.Time
	State       State
	Type        string
}

// envelope is the part of a body that every event has, itself or in `data`.
type envelope struct {
	CreatedAt string          `json:"createdAt"`
	Data      json.RawMessage `json:"data"`
	Event     string          `json:"event"`
	ID        string          `json:"id"`
	OrgID     string          `json:"orgId"`
	Timestamp string          `json:"timestamp"`
	Type      string          `json:"type"`
}

// read reads a body. messageID is the event's id where the scheme signs one, which stands above the body's; occurredAt is when the
// delivery was signed, for bodies that don't say when the event happened.
func read(body []byte, messageID string, occurredAt time.Time) (Event, error) {
	if !utf8.Valid(body) {
		return Event{}, fault.Invalid("body", "must be UTF-8")
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, malformed("", err)
	}
	event := Event{Body: body, OccurredAt: occurredAt, State: StateReceived, Type: cmp.Or(e.Event, e.Type)}
	data, err := e.data(slices.Contains(billing.EventTypes, event.Type))
	if err != nil {
		return Event{}, err
	}
	event.ID, event.OrgID = cmp.Or(messageID, e.ID, data.ID), cmp.Or(e.OrgID, data.OrgID)
	switch {
	case event.Type == "" || len(event.Type) > maxEventType || !visible(event.Type):
		return Event{}, fault.Invalid("event", "must be 1 to 100 visible ASCII characters")
	case event.ID == "" || len(event.ID) > maxEventID || !visible(event.ID):
		return Event{}, fault.Invalid("id", "must be 1 to 200 visible ASCII characters")
	case event.OrgID != "" && !ids.Valid(event.OrgID):
		return Event{}, fault.Invalid("orgId", "must be 1 to 64 letters, digits, _ and -")
	}
	if text := cmp.Or(e.CreatedAt, data.CreatedAt, e.Timestamp, data.Timestamp); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || !billing.TimeInRange(at) {
			return Event{}, fault.Invalid("createdAt", "must be a time of the form 2026-01-31T12:00:00Z, in the years 1970 to 2999")
		}
		event.OccurredAt = at.UTC()
	}
	return event, nil
}

// data reads the fields in `data`. Events that have no effect are kept whatever they hold there, so of theirs only what can be used is
// taken: a provider would send them again and again otherwise.
func (e *envelope) data(effective bool) (envelope, error) {
	var data envelope
	if len(e.Data) == 0 {
		return data, nil
	}
	err := json.Unmarshal(e.Data, &data)
	if effective && err != nil {
		return envelope{}, malformed("data", err)
	}
	if effective {
		return data, nil
	}
	if !ids.Valid(data.OrgID) {
		data.OrgID = ""
	}
	return envelope{ID: data.ID, OrgID: data.OrgID}, nil
}

// malformed names the field that a document can't be read for; in is where the document stands, empty for the body.
func malformed(in string, err error) error {
	var typed *json.UnmarshalTypeError
	if !errors.As(err, &typed) || typed.Field == "" {
		return fault.Invalid(cmp.Or(in, "body"), "must be a JSON object")
	}
	return fault.Invalid(strings.TrimPrefix(in+"."+typed.Field, "."), "must not be a "+typed.Value)
}
