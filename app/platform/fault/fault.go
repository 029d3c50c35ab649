package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind sorts failures by what the caller can do about them. Package rpc maps each to one Connect code.
type Kind int

// The kinds. Internal is the zero value, so that an Error somebody built by hand and left half empty tells nothing.
const (
	KindInternal Kind = iota
	KindAborted
	KindAlreadyExists
	KindFailedPrecondition
	KindInvalid
	KindNotFound
	KindPermissionDenied
	KindResourceExhausted
	KindUnauthenticated
	KindUnavailable
)

// Error is a failure that the caller may read in full.
type Error struct {
	Kind Kind
	// Message is a sentence for people, without a final full stop.
	Message string
	// Metadata names the values that the failure is about, for programs; nil if there are none.
	Metadata map[string]string
	// Reason is a stable UPPER_SNAKE word that clients switch on.
	Reason string
	// RetryAfter is how long to wait before trying again; 0 if waiting doesn't help or nobody knows.
	RetryAfter time.Duration
	// Violations lists the request fields that broke a rule; only for KindInvalid.
	Violations []Violation

	cause error
}

// Violation is one request field that broke a rule.
type Violation struct {
	// Field is the path in the request, as in `lines[2].quantity`.
	Field string
	// Rule is what the field must be, as in `must be greater than 0`.
	Rule string
}

// Error returns the message and, for the log, the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Field returns the path of the first field that broke a rule, or "".
func (e *Error) Field() string {
	if len(e.Violations) == 0 {
		return ""
	}
	return e.Violations[0].Field
}

// Is makes errors.Is match on kind and reason, so that a declared error still matches after a With method dressed it up.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error) // errors.Is walks the chain; this compares one link
	return ok && t.Kind == e.Kind && t.Reason == e.Reason
}

// Unwrap returns the cause, which is logged and never sent.
func (e *Error) Unwrap() error { return e.cause }

// With returns a copy that carries one more metadata value.
func (e *Error) With(key, value string) *Error {
	c := e.clone()
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	c.Metadata[key] = value
	return c
}

// WithCause returns a copy that unwraps to cause. The cause reaches the log, not the caller.
func (e *Error) WithCause(cause error) *Error {
	c := e.clone()
	c.cause = cause
	return c
}

// WithReason returns a copy with another reason.
func (e *Error) WithReason(reason string) *Error {
	c := e.clone()
	c.Reason = reason
	return c
}

// And returns a copy of an Invalid error that names one more field.
func (e *Error) And(field, rule string) *Error {
	c := e.clone()
	c.Violations = append(c.Violations, Violation{Field: field, Rule: rule})
	c.Message = describe(c.Violations)
	return c
}

func (e *Error) clone() *Error {
	c := *e
	c.Metadata = maps.Clone(e.Metadata)
	c.Violations = slices.Clone(e.Violations)
	return &c
}

func describe(violations []Violation) string {
	parts := make([]string, len(violations))
	for i, v := range violations {
		parts[i] = v.Rule
		if v.Field != "" {
			parts[i] = fmt.Sprintf("%s: %s", v.Field, v.Rule)
		}
	}
	return strings.Join(parts, "; ")
}
