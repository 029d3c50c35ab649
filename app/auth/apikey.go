package auth

import "time"

// APIKey lets a terminal or an integration in.
type APIKey struct {
	BranchID  string // the only one that it may touch; empty means all
	CreatedAt time.Time
	CreatedBy string
	ExpiresAt time.Time // zero if never
	ID        string
	Name      string
	OrgID     string
	RevokedAt time.Time // zero unless revoked
	Scopes    []string
	// SecretHash is the SHA-256 of the secret.
	SecretHash []byte
}

// keyAccess is what a key and its organisation are worth together.
type keyAccess struct {
	key  *APIKey
	plan string
}

// usable refuses keys that were let in once.
func (k *APIKey) usable(now time.Time) error {
	switch {
	case !k.RevokedAt.IsZero():
		return errAPIKeyRevoked
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return errAPIKeyExpired
	}
	return nil
}
