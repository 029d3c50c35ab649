package auth

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// PersonBehind returns the user that an actor is, or that made the API key that it is: who wrote something with a key of their own
// must not approve it as themselves.
func PersonBehind(ctx context.Context, q postgres.Querier, orgID, actorID string) (string, error) {
	var s store
	return s.personBehind(ctx, q, orgID, actorID)
}
