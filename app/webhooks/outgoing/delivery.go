package outgoing

import "time"

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryDelivered DeliveryState = "DELIVERED"
	DeliveryFailed    DeliveryState = "FAILED"
	DeliveryHeld      DeliveryState = "HELD"
	DeliveryPending   DeliveryState = "PENDING"
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	Attempts      int32 // of all runs
	CreatedAt     time.Time
	DeliveredAt   time.Time // zero until then
	EndpointID    string
	Error         string // of the last attempt
	EventID       string
	EventType     Type
	ID            string
	NextAttemptAt time.Time // zero unless pending
	Run           int32     // goes up with each replay
	State         DeliveryState
}

// Attempt is one request to an endpoint.
type Attempt struct {
	Duration   time.Duration
	Error      string // empty if it was answered with a 2xx status
	Number     int32
	Response   string // its first 1,024 bytes
	StartedAt  time.Time
	StatusCode int // 0 if there was no answer
}

// due is a delivery with all that an attempt needs.
type due struct {
	attempts      int32
	body          body
	endpoint      Endpoint
	nextAttemptAt time.Time
	run           int32
	state         DeliveryState
	tries         int32
}

// assignment is the argument of a delivery's task.
type assignment struct {
	DeliveryID string `json:"delivery_id"`
	EndpointID string `json:"endpoint_id"`
	OrgID      string `json:"org_id"`
	Run        int32  `json:"run"`
}
