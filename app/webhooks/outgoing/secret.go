package outgoing

import (
	"crypto/rand"
	"encoding/base64"
)

const (
	// secretPrefix marks a secret of Standard Webhooks.
	secretPrefix = "whsec_"
	// secretBytes is the length of a secret's key.
	secretBytes = 32
)

// newSecret returns a secret that nobody can guess.
func newSecret() string {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}
