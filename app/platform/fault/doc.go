// Package fault holds the errors that a caller may read: what kind of failure it was, a stable reason for programs and a
// sentence for people. Anything that is not a *fault.Error is internal and never leaves the process in words.
package fault
