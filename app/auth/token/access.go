package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

// ErrExpired is an access token that was good once.
var ErrExpired = errors.New("access token expired")

// Access is what an access token says. The server believes only the ids and the times: role and branch are there for
// clients to show, and what counts is what the database says of the session.
type Access struct {
	BranchID  string
	ExpiresAt time.Time // whole seconds
	OrgID     string
	Role      string
	SessionID string
	UserID    string
	// Version is the user's session version when the token was issued.
	Version int32
}

// claims is the token's JSON.
type claims struct {
	jwt.RegisteredClaims

	Branch  string `json:"branch,omitempty"`
	Org     string `json:"org"`
	Role    string `json:"role"`
	Session string `json:"sid"`
	Version int32  `json:"sv"`
}

// Signer signs access tokens and reads those that it signed. It is safe for concurrent use.
type Signer struct {
	clock  clock.Clock
	parser *jwt.Parser
	secret []byte
	ttl    time.Duration
}

// NewSigner returns a signer whose tokens are good for ttl.
func NewSigner(secret string, ttl time.Duration, now clock.Clock) *Signer {
	return &Signer{
		clock: now,
		parser: jwt.NewParser(
			// Without this list a token could choose its own algorithm, `none` among them.
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithExpirationRequired(),
			jwt.WithStrictDecoding(),
			jwt.WithTimeFunc(now),
		),
		secret: []byte(secret),
		ttl:    ttl,
	}
}

// Sign returns the token that says a, good from now; a.ExpiresAt is ignored.
func (s *Signer) Sign(a Access) (string, error) {
	now := s.clock()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ExpiresAt: jwt.NewNumericDate(now.Add(s.ttl)),
			IssuedAt:  jwt.NewNumericDate(now),
			Subject:   a.UserID,
		},
		Branch:  a.BranchID,
		Org:     a.OrgID,
		Role:    a.Role,
		Session: a.SessionID,
		Version: a.Version,
	})
	signed, err := token.SignedString(s.secret)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return signed, nil
}

// Digest stands for a text in places where the text itself, or a hash that could be guessed at, must not be stored. It is the
// same on every node.
func (s *Signer) Digest(text string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("digest\x00")) // no token that is signed begins so
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// TTL returns how long a token is good for.
func (s *Signer) TTL() time.Duration { return s.ttl }

// Verify reads a token. It returns ErrExpired for one that was good once and another error for anything else.
func (s *Signer) Verify(signed string) (Access, error) {
	var c claims
	_, err := s.parser.ParseWithClaims(signed, &c, func(*jwt.Token) (any, error) { return s.secret, nil })
	if errors.Is(err, jwt.ErrTokenExpired) {
		return Access{}, ErrExpired
	}
	if err != nil {
		return Access{}, fmt.Errorf("verify access token: %w", err)
	}
	return Access{
		BranchID:  c.Branch,
		ExpiresAt: c.ExpiresAt.UTC(),
		OrgID:     c.Org,
		Role:      c.Role,
		SessionID: c.Session,
		UserID:    c.Subject,
		Version:   c.Version,
	}, nil
}
