package outgoing

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// SendTest sends an event to one endpoint, whatever it subscribes to.
func (s *Service) SendTest(ctx context.Context, tx postgres.Querier, id string) (Delivery, error) {
	e, err := s.enabled(ctx, tx, id)
	if err != nil {
		return Delivery{}, err
	}
	test := Event{At: s.clock(), Type: TypeTest, Data: Test{EndpointID: e.ID, Message: "This is a test."}}
	deliveries, err := s.emitter.send(ctx, tx, e.OrgID, []Event{test}, []Endpoint{*e}, func(Subscription, Event) bool { return true })
	if err != nil {
		return Delivery{}, err
	}
	return deliveries[0], nil
}

// enabled returns an endpoint that stays enabled until the transaction ends.
func (s *Service) enabled(ctx context.Context, tx postgres.Querier, id string) (*Endpoint, error) {
	e, err := s.store.get(ctx, tx, caller.From(ctx).OrgID, id, true)
	if err != nil {
		return nil, err
	}
	if e.State == StateDisabled {
		return nil, errDisabled(id)
	}
	return e, nil
}

// Replay sends a delivery again, whatever became of it.
func (s *Service) Replay(ctx context.Context, tx postgres.Querier, id string) (Delivery, error) {
	orgID := caller.From(ctx).OrgID
	d, _, err := s.store.getDelivery(ctx, tx, orgID, id)
	if err != nil {
		return Delivery{}, err
	}
	if _, err := s.enabled(ctx, tx, d.EndpointID); err != nil {
		return Delivery{}, err
	}
	if d, err = s.store.replay(ctx, tx, orgID, id, s.clock()); err != nil {
		return Delivery{}, err
	}
	return d, s.emitter.enqueue(ctx, tx, []assignment{{DeliveryID: d.ID, EndpointID: d.EndpointID, OrgID: orgID, Run: d.Run}})
}

// GetDelivery returns a delivery with the body that is posted and every attempt.
func (s *Service) GetDelivery(ctx context.Context, q postgres.Querier, id string) (Delivery, []byte, []Attempt, error) {
	orgID := caller.From(ctx).OrgID
	d, b, err := s.store.getDelivery(ctx, q, orgID, id)
	if err != nil {
		return Delivery{}, nil, nil, err
	}
	payload, err := b.encode()
	if err != nil {
		return Delivery{}, nil, nil, err
	}
	attempts, err := s.store.attempts(ctx, q, orgID, id)
	return d, payload, attempts, err
}

// ListDeliveries returns up to size deliveries before a cursor, newest first.
func (s *Service) ListDeliveries(ctx context.Context, q postgres.Querier, f filter, before cursor, size int32) ([]Delivery, error) {
	return s.store.listDeliveries(ctx, q, caller.From(ctx).OrgID, f, before, size)
}
