package token

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/chefcloud/chefcloud/app/platform/ids"
)

// Kind is the prefix by which programs and secret scanners recognise a token.
type Kind string

// The kinds of opaque token.
const (
	APIKey  Kind = "cck_"
	Refresh Kind = "ccr_"
	Ticket  Kind = "cct_"
)

// secretLength is 256 bits: too many to guess, so that a plain fast hash is enough at rest.
const secretLength = 32

// encoding writes secrets. Strict, so that one secret has one spelling.
var encoding = base64.RawURLEncoding.Strict()

// Opaque is a token `<kind><org>.<id>.<secret>`. The ids in front bind the look-up to a tenant and a row.
type Opaque struct {
	ID     string // of the API key, the session or the ticket
	Kind   Kind
	OrgID  string
	secret [secretLength]byte
}

// Mint returns a token with a new secret.
func Mint(kind Kind, orgID, id string) Opaque {
	o := Opaque{ID: id, Kind: kind, OrgID: orgID}
	_, _ = rand.Read(o.secret[:]) // never fails: crypto/rand ends the process rather
	return o
}

// Parse reads a token of one kind. ok is false for anything that Mint can't have made.
func Parse(kind Kind, text string) (o Opaque, ok bool) {
	rest, ok := strings.CutPrefix(text, string(kind))
	if !ok {
		return Opaque{}, false
	}
	orgID, rest, _ := strings.Cut(rest, ".")
	id, secret, _ := strings.Cut(rest, ".")
	if !ids.Valid(orgID) || !ids.Valid(id) || len(secret) != encoding.EncodedLen(secretLength) {
		return Opaque{}, false
	}
	o = Opaque{ID: id, Kind: kind, OrgID: orgID}
	// The decoder skips line feeds, which would make two spellings of one token.
	if n, err := encoding.Decode(o.secret[:], []byte(secret)); err != nil || n != secretLength {
		return Opaque{}, false
	}
	return o, true
}

// Hash returns what is stored in the place of the secret.
func (o Opaque) Hash() []byte {
	sum := sha256.Sum256(o.secret[:])
	return sum[:]
}

// Matches reports, in constant time, whether hash is the secret's.
func (o Opaque) Matches(hash []byte) bool {
	sum := sha256.Sum256(o.secret[:])
	return subtle.ConstantTimeCompare(sum[:], hash) == 1
}

// Reveal writes the token as its holder keeps it.
func (o Opaque) Reveal() string {
	return string(o.Kind) + o.OrgID + "." + o.ID + "." + encoding.EncodeToString(o.secret[:])
}

// String hides the secret, so that a token that is logged by mistake is of no use.
func (o Opaque) String() string {
	return string(o.Kind) + o.OrgID + "." + o.ID + ".********"
}
