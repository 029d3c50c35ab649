package procurement

import "time"

// Action is a step of an order's life.
type Action string

// The steps.
const (
	ActionApproved    Action = "APPROVED"
	ActionCancelled   Action = "CANCELLED"
	ActionClosedShort Action = "CLOSED_SHORT"
	ActionCreated     Action = "CREATED"
	ActionPlaced      Action = "PLACED"
	ActionReceived    Action = "RECEIVED"
	ActionSubmitted   Action = "SUBMITTED"
	ActionUpdated     Action = "UPDATED"
)

// Event is a step that was taken.
type Event struct {
	Action Action
	Actor  string
	At     time.Time
	Note   string // why, or which receipt
	Status Status // after it
}
