package config

import (
	"fmt"
	"io"
	"time"
)

// Seconds is a whole number of seconds.
type Seconds int64

// Duration converts s.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Milliseconds is a whole number of milliseconds.
type Milliseconds int64

// Duration converts m.
func (m Milliseconds) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Secret is a string that prints masked.
type Secret string

// Format prints the mask, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, s.masked())
}

// MarshalText masks as Format does.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.masked()), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) masked() string {
	if s == "" {
		return ""
	}
	return "********" // of one length, so that the secret's stays unknown
}
