package fault

import (
	"fmt"
	"strings"
	"time"
)

// ReasonInvalidArgument is the reason of an Invalid error that was given no better one.
const ReasonInvalidArgument = "INVALID_ARGUMENT"

// Aborted is a clash with a concurrent call; the same call may work when repeated.
func Aborted(reason, message string) *Error {
	return &Error{Kind: KindAborted, Message: message, Reason: reason}
}

// AlreadyExists is an attempt to create what is there, or to use a key again for something else.
func AlreadyExists(reason, message string) *Error {
	return &Error{Kind: KindAlreadyExists, Message: message, Reason: reason}
}

// FailedPrecondition is a call that is well formed and forbidden by the state that its subject is in.
func FailedPrecondition(reason, message string) *Error {
	return &Error{Kind: KindFailedPrecondition, Message: message, Reason: reason}
}

// Invalid is a request field that breaks a rule. Chain And to name several.
func Invalid(field, rule string) *Error {
	return InvalidFields(Violation{Field: field, Rule: rule})
}

// InvalidFields is Invalid for a list that is already at hand.
func InvalidFields(violations ...Violation) *Error {
	return &Error{
		Kind:       KindInvalid,
		Message:    describe(violations),
		Reason:     ReasonInvalidArgument,
		Violations: violations,
	}
}

// NotFound is a noun with that id, unknown or out of the caller's reach; both answer alike. The reason is the noun in
// capitals followed by _NOT_FOUND.
func NotFound(noun, id string) *Error {
	reason := strings.ToUpper(strings.ReplaceAll(noun, " ", "_")) + "_NOT_FOUND"
	return &Error{Kind: KindNotFound, Message: fmt.Sprintf("%s %q not found", noun, id), Reason: reason}
}

// PermissionDenied is a known caller without the right.
func PermissionDenied(reason, message string) *Error {
	return &Error{Kind: KindPermissionDenied, Message: message, Reason: reason}
}

// ResourceExhausted is a limit reached. retryAfter is when the limit lets the next call through; 0 if waiting doesn't help.
func ResourceExhausted(reason, message string, retryAfter time.Duration) *Error {
	return &Error{Kind: KindResourceExhausted, Message: message, Reason: reason, RetryAfter: retryAfter}
}

// Unauthenticated is a caller whom we don't know or no longer believe.
func Unauthenticated(reason, message string) *Error {
	return &Error{Kind: KindUnauthenticated, Message: message, Reason: reason}
}

// Unavailable is something that we depend on being away; the same call may work later.
func Unavailable(reason, message string) *Error {
	return &Error{Kind: KindUnavailable, Message: message, Reason: reason}
}
