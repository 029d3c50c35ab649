package config

import (
	"encoding/base64"
	"strings"
)

// Webhook is how deliveries from the billing provider are checked.
type Webhook struct {
	Secret Secret `env:"WH_SECRET,required" minlen:"32"`
	// SecretPrevious are secrets that are still good while the provider changes to another, comma-separated.
	SecretPrevious Secret `env:"WH_SECRET_PREVIOUS"`
	// SignatureRequired refuses deliveries without a valid signature.
	SignatureRequired bool `env:"WH_SIGNATURE_REQUIRED" envDefault:"true"`
	// TimestampTolerance is how far a delivery's clock may be from ours.
	TimestampTolerance Seconds `env:"WH_TIMESTAMP_TOLERANCE" envDefault:"300" min:"1" max:"86400"`
}

// leastSecretLength is that of WH_SECRET.
const leastSecretLength = 32

// StandardPrefix begins a secret of Standard Webhooks, the rest of which is base64.
const StandardPrefix = "whsec_"

// Secrets returns all secrets that are good, the present one first.
func (w *Webhook) Secrets() []string {
	secrets := []string{w.Secret.Reveal()}
	if w.SecretPrevious == "" {
		return secrets
	}
	return append(secrets, strings.Split(w.SecretPrevious.Reveal(), ",")...)
}

// previousTooShort reports whether a former secret is shorter than a secret may be.
func (w *Webhook) previousTooShort() bool {
	for _, secret := range w.Secrets()[1:] {
		if len(secret) < leastSecretLength {
			return true
		}
	}
	return false
}

// malformed reports whether a secret begins as one of Standard Webhooks and isn't.
func malformed(secrets []string) bool {
	for _, secret := range secrets {
		if encoded, ok := strings.CutPrefix(secret, StandardPrefix); ok {
			if _, err := base64.StdEncoding.DecodeString(encoded); err != nil {
				return true
			}
		}
	}
	return false
}
