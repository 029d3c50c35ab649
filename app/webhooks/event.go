package webhooks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unicode/utf8"

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
	CreatedAt string    `json:"createdAt"`
	Data      *envelope `json:"data"`
	Event     string    `json:"event"`
	ID        string    `json:"id"`
	OrgID     string    `json:"orgId"`
	Timestamp string    `json:"timestamp"`
	Type      string    `json:"type"`
}

// read reads a body. messageID is the event's id where the scheme signs one, which stands above the body's; occurredAt is when the
// delivery was signed, for bodies that don't say when the event happened.
func read(body []byte, messageID string, occurredAt time.Time) (Event, error) {
	if !utf8.Valid(body) {
		return Event{}, fault.Invalid("body", "must be UTF-8")
	}
	var e envelope
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&e); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) && typed.Field != "" {
			return Event{}, fault.Invalid(typed.Field, "must not be a "+typed.Value)
		}
		return Event{}, fault.Invalid("body", "must be a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Event{}, fault.Invalid("body", "must be one JSON object")
	}
	data := e.Data
	if data == nil {
		data = &envelope{}
	}
	event := Event{
		Body: body, ID: cmp.Or(messageID, e.ID, data.ID), OccurredAt: occurredAt, OrgID: cmp.Or(e.OrgID, data.OrgID), State: StateReceived,
		Type: cmp.Or(e.Event, e.Type),
	}
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
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			return Event{}, fault.Invalid("createdAt", "must be a time of the form 2026-01-31T12:00:00Z")
		}
		event.OccurredAt = at.UTC()
	}
	return event, nil
}
