package outgoing

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
)

var states = map[State]endpointsv1.EndpointState{
	StateDisabled: endpointsv1.EndpointState_ENDPOINT_STATE_DISABLED,
	StateEnabled:  endpointsv1.EndpointState_ENDPOINT_STATE_ENABLED,
}

var deliveryStates = map[DeliveryState]endpointsv1.DeliveryState{
	DeliveryDelivered: endpointsv1.DeliveryState_DELIVERY_STATE_DELIVERED,
	DeliveryFailed:    endpointsv1.DeliveryState_DELIVERY_STATE_FAILED,
	DeliveryHeld:      endpointsv1.DeliveryState_DELIVERY_STATE_HELD,
	DeliveryPending:   endpointsv1.DeliveryState_DELIVERY_STATE_PENDING,
}

func deliveryStateFromProto(wanted endpointsv1.DeliveryState) DeliveryState {
	for state, wire := range deliveryStates {
		if wire == wanted {
			return state
		}
	}
	return ""
}

// subscriber is what requests that describe an endpoint have in common.
type subscriber interface {
	GetBranchIds() []string
	GetDescription() string
	GetEvents() []string
	GetUrl() string
}

func subscriptionFromProto(r subscriber) Subscription {
	return Subscription{BranchIDs: r.GetBranchIds(), Description: r.GetDescription(), Events: r.GetEvents(), URL: r.GetUrl()}
}

func endpointToProto(e *Endpoint) *endpointsv1.Endpoint {
	return &endpointsv1.Endpoint{
		Id: e.ID, Url: e.URL, Description: e.Description, Events: e.Events, BranchIds: e.BranchIDs, State: states[e.State],
		StateReason: e.StateReason, StateSince: timeToProto(e.StateSince), FailingSince: timeToProto(e.FailingSince),
		OldSecretUntil: timeToProto(e.OldSecretUntil), CreatedBy: e.CreatedBy, CreatedAt: timeToProto(e.CreatedAt), UpdatedAt: timeToProto(e.UpdatedAt),
	}
}

func deliveryToProto(d Delivery) *endpointsv1.Delivery {
	return &endpointsv1.Delivery{
		Id: d.ID, EndpointId: d.EndpointID, EventId: d.EventID, EventType: string(d.EventType), State: deliveryStates[d.State], Attempts: d.Attempts,
		NextAttemptAt: timeToProto(d.NextAttemptAt), Error: d.Error, CreatedAt: timeToProto(d.CreatedAt), DeliveredAt: timeToProto(d.DeliveredAt),
	}
}

func attemptToProto(a Attempt) *endpointsv1.Attempt {
	return &endpointsv1.Attempt{
		Number: a.Number, StartedAt: timeToProto(a.StartedAt), DurationMs: int32(a.Duration.Milliseconds()), StatusCode: int32(a.StatusCode),
		Error: a.Error, Response: a.Response,
	}
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
