package ratelimit

import "github.com/chefcloud/chefcloud/app/platform/caller"

// The plans that limits are set for. An unknown plan gets the limit of PlanFree.
const (
	PlanFree       = "FREE"
	PlanPro        = "PRO"
	PlanEnterprise = "ENT"
)

// Limits are calls per subject in any 60 seconds.
type Limits struct {
	Address    int // ADDRESS_LIMIT_PER_MIN
	Enterprise int // PLAN_LIMIT_ENT
	Free       int // PLAN_LIMIT_FREE
	Ingest     int // INGEST_LIMIT_PER_MIN
	Pro        int // PLAN_LIMIT_PRO
	Stream     int // SSE_RATE_LIMIT_PER_MIN
}

// attemptsPerStream is how many streams that can't be opened may be asked for by each that may: a client that has lost its place asks
// several times before a place is free, and a person may have several clients.
const attemptsPerStream = 4

// Of returns the caller's limit in a budget.
func (l Limits) Of(b Budget, c caller.Caller) int {
	switch b {
	case Address:
		return l.Address
	case Attempt:
		return attemptsPerStream * l.Stream
	case Ingest:
		return l.Ingest
	case Stream:
		return l.Stream
	case Plan:
	}
	switch c.Plan {
	case PlanPro:
		return l.Pro
	case PlanEnterprise:
		return l.Enterprise
	}
	return l.Free
}
