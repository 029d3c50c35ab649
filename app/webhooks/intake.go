package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
)

// Path is where the billing provider delivers.
const Path = "/webhooks/billing"

// maxBody is the largest body that is taken.
const maxBody = 256 << 10

// Intake takes deliveries.
type Intake struct {
	clock    clock.Clock
	db       *postgres.DB
	effects  *Effects
	metrics  metrics
	nonces   *nonces
	store    store
	unsigned bool // takes deliveries without a signature
	verifier *verifier
}

// answer is what the provider hears of a delivery that was taken.
type answer struct {
	Received  bool `json:"received"`
	Duplicate bool `json:"duplicate"`
}

// ServeHTTP implements [http.Handler].
func (i *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		i.metrics.received("too_large")
		httpserver.WriteError(w, http.StatusRequestEntityTooLarge, "resource_exhausted", "the body must be at most 262144 bytes")
		return
	case err != nil: // the sender is gone
		i.metrics.received("unread")
		httpserver.WriteError(w, http.StatusBadRequest, "invalid_argument", "the body could not be read")
		return
	}
	now := i.clock()
	signed, refusal := proof{signedAt: now}, Refusal("")
	if !i.unsigned {
		signed, refusal = i.verifier.verify(r.Header, body, now)
		if refusal == "" && i.nonces.taken(r.Context(), signed) {
			refusal = RefusedReplay
		}
	}
	if refusal != "" {
		i.refuse(w, r, refusal)
		return
	}
	event, err := read(body, signed.messageID, signed.signedAt)
	if err != nil {
		i.metrics.received("invalid")
		rpc.WriteError(w, r, err)
		return
	}
	event.ReceivedAt = now
	first, fresh, err := i.take(r.Context(), signed, event)
	switch {
	case err != nil:
		i.metrics.received("failed")
		rpc.WriteError(w, r, err)
		return
	case !fresh:
		i.refuse(w, r, RefusedReplay)
		return
	}
	if !i.unsigned {
		i.nonces.take(r.Context(), signed)
	}
	outcome := "accepted"
	if !first {
		outcome = "duplicate"
	}
	i.metrics.received(outcome)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer{Received: true, Duplicate: !first}) // the sender may have gone
}

// refuse answers every refusal alike: who guesses at signatures learns nothing.
func (i *Intake) refuse(w http.ResponseWriter, r *http.Request, why Refusal) {
	i.metrics.received(string(why))
	zerolog.Ctx(r.Context()).Warn().Str("reason", string(why)).Str("address", httpserver.ClientAddress(r.Context())).
		Msg("webhook refused: " + refusalText[why])
	httpserver.WriteError(w, http.StatusUnauthorized, "unauthenticated", "the delivery can't be authenticated")
}

var refusalText = map[Refusal]string{
	RefusedHeaders:   "headers missing or malformed",
	RefusedReplay:    "taken before",
	RefusedSignature: "webhook signature invalid",
	RefusedTimestamp: "timestamp outside of tolerance",
}

// take stores a delivery with its event and queues the event's effect. fresh is false if what was signed was taken before, first if the
// event came for the first time.
func (i *Intake) take(ctx context.Context, signed proof, e Event) (first, fresh bool, err error) {
	switch {
	case !slices.Contains(billing.EventTypes, e.Type):
		e.Note = "events of this type have no effect"
	case e.OrgID == "":
		e.Note = "names no organisation"
	}
	effect, err := i.effects.Task().Row(effectArgs{EventID: e.ID})
	if err != nil {
		return false, false, err
	}
	return i.store.receive(ctx, i.db, signed, e, effect)
}

// retention is how long what was signed is remembered: twice the tolerance, within which a delivery is timely, and more.
func retention(tolerance time.Duration) time.Duration { return 2*tolerance + time.Hour }
