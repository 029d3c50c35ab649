package ratelimit

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// The headers of draft-ietf-httpapi-ratelimit-headers.
const (
	// HeaderPolicy names the limit: its name, quota and window in seconds.
	HeaderPolicy = "RateLimit-Policy"
	// HeaderState says how many calls remain, and in how many seconds that number grows.
	HeaderState = "RateLimit"
)

// Reason is the reason of a refusal.
const Reason = "RATE_LIMITED"

// window is what a limit is per.
const window = time.Minute

// Source is who decided.
type Source string

// The sources.
const (
	// SourceFallback is this node alone, because Valkey is away.
	SourceFallback Source = "fallback"
	// SourceMemory is a refusal that this node remembers.
	SourceMemory Source = "memory"
	// SourceValkey is Valkey, over all nodes.
	SourceValkey Source = "valkey"
)

// Decision is the answer to one call.
type Decision struct {
	Admitted bool
	Budget   Budget
	// Frees is how long it takes until a place frees: at the latest then a refused subject is admitted again, unless
	// somebody else of the same subject was quicker.
	Frees time.Duration
	Limit int
	// Remaining is how many more calls would be admitted now.
	Remaining int
	Source    Source
}

// verdict is what the log of a subject says about calls that came together.
type verdict struct {
	admitted int
	// count is the number of calls noted, with those just admitted.
	count int
	// frees is how long it takes until a place frees.
	frees time.Duration
}

// decision tells call i of those that came together what became of it. places are the limit, or a share of it.
func (v verdict) decision(i int, s Subject, limit, places int, source Source) Decision {
	d := Decision{Admitted: i < v.admitted, Budget: s.budget, Frees: v.frees, Limit: limit, Source: source}
	if d.Admitted {
		d.Remaining = places - (v.count - v.admitted + i + 1)
	}
	return d
}

// SetHeaders writes the RateLimit headers. A node that is on its own counts what remains of its share.
func (d Decision) SetHeaders(header http.Header) {
	name := `"` + d.Budget.policy() + `"`
	header.Set(HeaderPolicy, name+";q="+strconv.Itoa(d.Limit)+";w="+strconv.Itoa(int(window/time.Second)))
	header.Set(HeaderState, name+";r="+strconv.Itoa(d.Remaining)+";t="+strconv.FormatInt(seconds(d.Frees), 10))
}

// Refusal is resource_exhausted RATE_LIMITED for a decision that doesn't admit. plan is the caller's, "" without one.
func (d Decision) Refusal(plan string) *fault.Error {
	var message string
	switch d.Budget {
	case Address:
		message = fmt.Sprintf("over the limit of %d calls a minute without valid credentials from one address", d.Limit)
	case Attempt:
		message = fmt.Sprintf("over the limit of %d streams a minute that can't be opened", d.Limit)
	case Ingest:
		message = fmt.Sprintf("over the limit of %d batches of orders a minute", d.Limit)
	case Stream:
		message = fmt.Sprintf("over the limit of %d streams opened a minute", d.Limit)
	case Plan:
		message = fmt.Sprintf("over the limit of %d calls a minute of plan %s", d.Limit, plan)
	default:
		message = fmt.Sprintf("over the limit of %d calls a minute", d.Limit)
	}
	refusal := fault.ResourceExhausted(Reason, message, d.Frees).With("budget", string(d.Budget)).With("limit", strconv.Itoa(d.Limit))
	if plan != "" {
		refusal = refusal.With("plan", plan)
	}
	return refusal
}

// seconds rounds up: who waits that long finds the place free.
func seconds(d time.Duration) int64 {
	return int64((max(d, 0) + time.Second - 1) / time.Second)
}
