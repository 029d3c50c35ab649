package auth

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
)

// Tokens is what a session gives out.
type Tokens struct {
	Access  string
	Refresh string
	// TTL is how long Access is good for.
	TTL time.Duration
}

// session is a sign-in as the database has it now.
type session struct {
	expiresAt time.Time
	id        string
	orgID     string
	revokedAt time.Time // zero unless revoked
	userID    string
	// version is the user's session_version that the session stands on.
	version int32
}

// standing is what a session and its user are worth together.
type standing struct {
	branchID    string
	disabled    bool
	plan        string // the organisation's
	revoked     bool
	role        caller.Role
	userID      string
	userVersion int32
	version     int32
}

// usable refuses sessions that have ended. Their expiry needs no look: the last access token expires before the session.
func (s *standing) usable() error {
	if s.revoked || s.disabled || s.version != s.userVersion {
		return errSessionEnded
	}
	return nil
}

// spent is a refresh token's row, locked together with its session.
type spent struct {
	session

	usedAt time.Time // zero if it is still good
}
