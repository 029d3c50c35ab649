package ratelimit

import (
	"net/netip"

	"github.com/chefcloud/chefcloud/app/platform/caller"
)

// Budget is what calls are charged to: a subject has one count in each.
type Budget string

// The budgets.
const (
	// Address is that of calls without valid credentials, by client address.
	Address Budget = "address"
	// Attempt is that of streams that could not be opened because of what was asked for.
	Attempt Budget = "attempt"
	// Ingest is that of terminals' batches of orders.
	Ingest Budget = "ingest"
	// Plan is that of all other calls, by the organisation's plan.
	Plan Budget = "plan"
	// Stream is that of streams that are opened.
	Stream Budget = "stream"
)

var budgets = []Budget{Address, Attempt, Ingest, Plan, Stream}

// policy is the name that the budget has in the RateLimit headers.
func (b Budget) policy() string {
	if b == Plan {
		return "minute"
	}
	return string(b)
}

// ipv6Network is the prefix that counts as one address: less than a /64 is never given out, and one host may use all of it.
const ipv6Network = 64

// Subject is whose calls are counted together.
type Subject struct {
	budget Budget
	// group is the organisation, or the address: what lives in one slot of a Valkey cluster.
	group string
	id    string
}

// OfCaller returns the subject that a user or API key is in a budget.
func OfCaller(b Budget, c caller.Caller) Subject {
	if c.Kind == caller.KindAPIKey {
		return Subject{budget: b, group: c.OrgID, id: "key:" + c.APIKeyID}
	}
	return Subject{budget: b, group: c.OrgID, id: "user:" + c.UserID}
}

// OfAddress returns the subject that a client address is.
func OfAddress(address string) Subject {
	return Subject{budget: Address, group: network(address)}
}

func (s Subject) key(prefix string) string {
	key := prefix + ".limit:{" + s.group + "}:" + string(s.budget)
	if s.id != "" {
		key += ":" + s.id
	}
	return key
}

// network returns what counts as one address.
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if parsed = parsed.Unmap().WithZone(""); parsed.Is4() {
		return parsed.String()
	}
	prefix, _ := parsed.Prefix(ipv6Network) // fails for lengths over 128 only
	return prefix.String()
}
