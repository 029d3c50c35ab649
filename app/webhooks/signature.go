package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

// The headers of the two schemes. A request with any of the second kind is of Standard Webhooks.
const (
	headerSignature = "X-Signature"
	headerTimestamp = "X-Timestamp"
	headerRequestID = "X-Request-Id"

	headerStandardID        = standardwebhooks.HeaderWebhookID
	headerStandardSignature = standardwebhooks.HeaderWebhookSignature
	headerStandardTimestamp = standardwebhooks.HeaderWebhookTimestamp
)

// maxHeader bounds a header that is looked at.
const maxHeader = 1024

// Refusal is why a delivery isn't taken. It goes to the log and the metric, never to the sender.
type Refusal string

// The refusals, in the order of the checks.
const (
	RefusedHeaders   Refusal = "headers"
	RefusedTimestamp Refusal = "timestamp"
	RefusedSignature Refusal = "signature"
	RefusedReplay    Refusal = "replay"
)

// proof is what a valid signature proves.
type proof struct {
	// digest stands for what was signed.
	digest [sha256.Size]byte
	// messageID is the event's id where the scheme signs one.
	messageID string
	// requestID is the sender's; empty where the scheme has none.
	requestID string
	// signed is false where signatures aren't asked for.
	signed bool
	// signedAt is the sender's clock.
	signedAt time.Time
}

// verifier checks signatures against all secrets that are good at present.
type verifier struct {
	keys      [][]byte
	standard  []*standardwebhooks.Webhook
	tolerance time.Duration
}

func newVerifier(secrets []string, tolerance time.Duration) (*verifier, error) {
	v := &verifier{tolerance: tolerance}
	for _, secret := range secrets {
		of := func() (*standardwebhooks.Webhook, error) { return standardwebhooks.NewWebhookRaw([]byte(secret)) }
		if strings.HasPrefix(secret, config.StandardPrefix) {
			of = func() (*standardwebhooks.Webhook, error) { return standardwebhooks.NewWebhook(secret) }
		}
		webhook, err := of()
		if err != nil {
			return nil, fmt.Errorf("read webhook secret: %w", err)
		}
		v.keys, v.standard = append(v.keys, []byte(secret)), append(v.standard, webhook)
	}
	return v, nil
}

// one returns the only value of a header.
func one(h http.Header, name string) (string, bool) {
	values := h.Values(name)
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxHeader {
		return "", false
	}
	return values[0], true
}

// verify returns what the headers prove of a body, or why they don't.
func (v *verifier) verify(h http.Header, body []byte, now time.Time) (proof, Refusal) {
	for _, name := range []string{headerStandardID, headerStandardSignature, headerStandardTimestamp} {
		if h.Get(name) != "" {
			return v.verifyStandard(h, body, now)
		}
	}
	return v.verifyHex(h, body, now)
}

// verifyHex checks the hex HMAC-SHA256 of `<X-Timestamp>.<body>`, with the bytes of the secret as written.
func (v *verifier) verifyHex(h http.Header, body []byte, now time.Time) (proof, Refusal) {
	signature, signed := one(h, headerSignature)
	timestamp, timed := one(h, headerTimestamp)
	requestID, named := one(h, headerRequestID)
	if !signed || !timed || !named || !visible(requestID) {
		return proof{}, RefusedHeaders
	}
	milliseconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return proof{}, RefusedHeaders
	}
	signedAt := time.UnixMilli(milliseconds).UTC()
	if !v.timely(signedAt, now) {
		return proof{}, RefusedTimestamp
	}
	presented, err := hex.DecodeString(signature)
	if err != nil {
		return proof{}, RefusedSignature
	}
	matches := 0
	for _, key := range v.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(timestamp))
		mac.Write([]byte{'.'})
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), presented) {
			matches++
		}
	}
	if matches == 0 {
		return proof{}, RefusedSignature
	}
	return proof{digest: digest("hex", timestamp, body), requestID: requestID, signed: true, signedAt: signedAt}, ""
}

// verifyStandard checks a delivery by Standard Webhooks; its library leaves the time to us.
func (v *verifier) verifyStandard(h http.Header, body []byte, now time.Time) (proof, Refusal) {
	id, named := one(h, headerStandardID)
	timestamp, timed := one(h, headerStandardTimestamp)
	_, signed := one(h, headerStandardSignature)
	if !signed || !timed || !named || !visible(id) || len(id) > maxEventID {
		return proof{}, RefusedHeaders
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	// One way to write a time: the library signs the number.
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp {
		return proof{}, RefusedHeaders
	}
	signedAt := time.Unix(seconds, 0).UTC()
	if !v.timely(signedAt, now) {
		return proof{}, RefusedTimestamp
	}
	matches := 0
	for _, webhook := range v.standard {
		if webhook.VerifyIgnoringTimestamp(body, h) == nil {
			matches++
		}
	}
	if matches == 0 {
		return proof{}, RefusedSignature
	}
	return proof{digest: digest("standard", id+"."+timestamp, body), messageID: id, signed: true, signedAt: signedAt}, ""
}

// timely reports whether the sender's clock is close to ours. Times that are out of all bounds don't overflow: they are compared, not
// subtracted.
func (v *verifier) timely(signedAt, now time.Time) bool {
	return !signedAt.Before(now.Add(-v.tolerance)) && !signedAt.After(now.Add(v.tolerance))
}

// digest stands for what was signed: not for the signature, of which one content has several.
func digest(scheme, before string, body []byte) (sum [sha256.Size]byte) {
	hash := sha256.New()
	hash.Write([]byte(scheme + "\x00" + before + "."))
	hash.Write(body)
	hash.Sum(sum[:0])
	return sum
}

func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
