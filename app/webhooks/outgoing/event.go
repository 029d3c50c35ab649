package outgoing

import (
	"encoding/json"
	"fmt"
	"time"
)

// All subscribes to every type of event.
const All = "*"

// Type is a kind of event.
type Type string

// The types of event. Only TypeTest can't be subscribed to.
const (
	TypeBudgetExceeded        Type = "budget.exceeded"
	TypeEndpointDisabled      Type = "endpoint.disabled"
	TypeKpiThreshold          Type = "kpi.threshold"
	TypeOrderClosed           Type = "order.closed"
	TypeOrderRefunded         Type = "order.refunded"
	TypeOrderVoided           Type = "order.voided"
	TypePurchaseOrderPlaced   Type = "purchase_order.placed"
	TypePurchaseOrderReceived Type = "purchase_order.received"
	TypeTest                  Type = "test"
)

// Event is something that happened.
type Event struct {
	BranchID string // empty if it concerns the whole organisation
	// Data is one of the payloads of this package.
	Data any
	// At is when it happened.
	At   time.Time
	Type Type
}

// body is what is posted. Data stays as it was written in the transaction of the event.
type body struct {
	Type      Type            `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	ID        string          `json:"id"`
}

// encode returns the body of all attempts of an event.
func (b body) encode() ([]byte, error) {
	b.Timestamp = b.Timestamp.UTC()
	encoded, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", b.ID, err)
	}
	return encoded, nil
}
