package webhooks_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/webhooks"
)

const (
	secret   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	previous = "fedcba9876543210fedcba9876543210"
	standard = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// now is that of the worked vector.
var now = time.UnixMilli(1731024000000).UTC()

type testBundle struct {
	clock   *clock.Manual
	db      *postgres.DB
	handler http.Handler
	log     *bytes.Buffer
	owner   caller.Caller
	runner  *jobs.Runner
	writer  io.Writer // to log, for several nodes
}

func setup(t testing.TB, change func(*config.Config)) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(now), db: dbtest.New(t), log: &bytes.Buffer{}}
	b.writer = zerolog.SyncWriter(b.log)
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	connection, prefix := dbtest.Valkey(t)
	b.handler = b.intake(t, connection, prefix, change)
	return b
}

func (b *testBundle) intake(t testing.TB, connection *valkey.Connection, prefix string, change func(*config.Config)) http.Handler {
	t.Helper()
	settings := &config.Config{
		Cache:   config.Cache{Prefix: prefix},
		Webhook: config.Webhook{Secret: secret, SecretPrevious: previous + "," + standard, SignatureRequired: true, TimestampTolerance: 300},
	}
	if change != nil {
		change(settings)
	}
	runner, err := jobs.NewRunner(b.db, b.clock.Now)
	require.NoError(t, err)
	b.runner = runner
	intake, err := webhooks.NewIntake(b.db, settings, connection, b.clock.Now, prometheus.NewRegistry())
	require.NoError(t, err)
	log := zerolog.New(b.writer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		intake.ServeHTTP(w, r.WithContext(log.WithContext(r.Context())))
	})
}

// delivery is what a provider sends.
type delivery struct {
	body   string
	header http.Header
}

// hexSigned is a delivery of the first scheme.
func hexSigned(key, body string, at time.Time) delivery {
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	return delivery{body, http.Header{
		"X-Signature": {hexSignature(key, timestamp, body)}, "X-Timestamp": {timestamp}, "X-Request-Id": {ids.New("test")},
	}}
}

func hexSignature(key, timestamp, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}

// standardSigned is a delivery of Standard Webhooks.
func standardSigned(t testing.TB, key, id, body string, at time.Time) delivery {
	t.Helper()
	webhook, err := standardwebhooks.NewWebhookRaw([]byte(key))
	if strings.HasPrefix(key, "whsec_") {
		webhook, err = standardwebhooks.NewWebhook(key)
	}
	require.NoError(t, err)
	signature, err := webhook.Sign(id, at, []byte(body))
	require.NoError(t, err)
	return delivery{body, http.Header{
		"Webhook-Id": {id}, "Webhook-Signature": {signature}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)},
	}}
}

func (d delivery) with(name string, values ...string) delivery {
	d.header = d.header.Clone()
	d.header[name] = values
	return d
}

func (d delivery) without(name string) delivery {
	d.header = d.header.Clone()
	delete(d.header, name)
	return d
}

func (b *testBundle) send(d delivery) (status int, answer string) { return post(b.handler, d) }

func post(h http.Handler, d delivery) (status int, answer string) {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/billing", strings.NewReader(d.body))
	for name, values := range d.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// state is what became of an event, with what the database says of it.
func (b *testBundle) state(t testing.TB, id string) (state, note string) {
	t.Helper()
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT state, note FROM webhook_events WHERE id = $1", id).Scan(&state, &note))
	return state, note
}

func (b *testBundle) count(t testing.TB, sql string) (n int) {
	t.Helper()
	require.NoError(t, b.db.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

const (
	accepted  = `{"received":true,"duplicate":false}`
	duplicate = `{"received":true,"duplicate":true}`
	refused   = `{"code":"unauthenticated","message":"the delivery can't be authenticated"}`
	vector    = `{"event":"invoice.paid","id":"evt_test_123","amount":5000}`
)

func TestWorkedVector(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	d := hexSigned(secret, vector, now)
	require.Equal(t, "325ca9fab4431c71f0023e5583ab98a3eb77e7f014f140c39aee1fad0ade663f", d.header.Get("X-Signature"))
	status, answer := b.send(d)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, accepted, answer)
	status, answer = b.send(d.with("X-Request-Id", "another"))
	require.Equal(t, http.StatusUnauthorized, status)
	require.JSONEq(t, refused, answer)
	state, note := b.state(t, "evt_test_123")
	require.Equal(t, "IGNORED", state)
	require.Equal(t, "names no organisation", note)
}

// TestStandardVectors are those of the Standard Webhooks library's own tests.
func TestStandardVectors(t *testing.T) {
	t.Parallel()
	at := time.Unix(1614265330, 0)
	b := setup(t, nil)
	b.clock.Set(at)
	d := delivery{`{"test": 2432232314}`, http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}}
	status, answer := b.send(d)
	require.Equal(t, http.StatusBadRequest, status, "the signature is good, but the body is no event")
	require.Contains(t, answer, "event")
	status, _ = b.send(d.with("Webhook-Signature", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="))
	require.Equal(t, http.StatusBadRequest, status, "one good signature among others")
	for name, bad := range map[string]delivery{
		"wrong_signature":   d.with("Webhook-Signature", "v1,dawfeoifkpqwoekfpqoekf"),
		"other_version":     d.with("Webhook-Signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
		"no_version":        d.with("Webhook-Signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
		"no_id":             d.without("Webhook-Id"),
		"no_timestamp":      d.without("Webhook-Timestamp"),
		"no_signature":      d.without("Webhook-Signature"),
		"another_timestamp": d.with("Webhook-Timestamp", "1614265331"),
	} {
		status, answer := b.send(bad)
		require.Equal(t, http.StatusUnauthorized, status, name)
		require.JSONEq(t, refused, answer, name)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	good := hexSigned(secret, vector, now)
	signature := good.header.Get("X-Signature")
	tampered := good
	tampered.body = strings.Replace(vector, "5000", "5001", 1)
	for name, c := range map[string]struct {
		delivery delivery
		reason   string
	}{
		"no_headers":                 {delivery{vector, http.Header{}}, "headers"},
		"no_signature":               {good.without("X-Signature"), "headers"},
		"no_timestamp":               {good.without("X-Timestamp"), "headers"},
		"no_request_id":              {good.without("X-Request-Id"), "headers"},
		"an_empty_request_id":        {good.with("X-Request-Id", ""), "headers"},
		"two_signatures":             {good.with("X-Signature", signature, signature), "headers"},
		"two_timestamps":             {good.with("X-Timestamp", "1731024000000", "1731024000000"), "headers"},
		"a_request_id_with_spaces":   {good.with("X-Request-Id", "a b"), "headers"},
		"a_huge_request_id":          {good.with("X-Request-Id", strings.Repeat("a", 2000)), "headers"},
		"a_timestamp_of_words":       {good.with("X-Timestamp", "noon"), "headers"},
		"a_timestamp_beyond_int64":   {good.with("X-Timestamp", "99999999999999999999"), "headers"},
		"a_timestamp_of_another_era": {good.with("X-Timestamp", "9223372036854775807"), "timestamp"},
		"seconds_for_milliseconds":   {good.with("X-Timestamp", "1731024000"), "timestamp"},
		"five_minutes_and_a_bit_old": {hexSigned(secret, vector, now.Add(-300_001*time.Millisecond)), "timestamp"},
		"as_much_in_the_future":      {hexSigned(secret, vector, now.Add(300_001*time.Millisecond)), "timestamp"},
		"no_hex":                     {good.with("X-Signature", "invalid_signature_12345"), "signature"},
		"hex_of_odd_length":          {good.with("X-Signature", signature[1:]), "signature"},
		"half_of_it":                 {good.with("X-Signature", signature[:32]), "signature"},
		"another_secret":             {hexSigned(strings.Repeat("x", 64), vector, now), "signature"},
		"another_body":               {tampered, "signature"},
		"another_timestamp":          {good.with("X-Timestamp", "1731024000001"), "signature"},
	} {
		b.log.Reset()
		status, answer := b.send(c.delivery)
		require.Equal(t, http.StatusUnauthorized, status, name)
		require.JSONEq(t, refused, answer, name)
		require.Contains(t, b.log.String(), `"reason":"`+c.reason+`"`, name)
		require.NotContains(t, b.log.String(), signature, name)
		if c.reason == "signature" {
			require.Regexp(t, "webhook.*signature.*invalid", b.log.String())
		}
	}
	status, _ := b.send(good.with("X-Signature", strings.ToUpper(signature)))
	require.Equal(t, http.StatusOK, status, "hex may be upper case; nothing before was taken")
	status, _ = b.send(good.with("X-Signature", signature).with("X-Request-Id", "new"))
	require.Equal(t, http.StatusUnauthorized, status, "but it is the same content")

	t.Run("ABodyIsBounded", func(t *testing.T) {
		padded := func(size int) delivery {
			body := `{"event":"e","id":"padded","pad":"`
			return hexSigned(secret, body+strings.Repeat("x", size-len(body)-2)+`"}`, now)
		}
		status, answer := b.send(padded(256<<10 + 1))
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		require.Contains(t, answer, "262144")
		status, _ = b.send(padded(256 << 10))
		require.Equal(t, http.StatusOK, status)
	})
}

func TestBodiesThatAreNoEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for body, field := range map[string]string{
		``: "body", `[]`: "body", `"x"`: "body", `{`: "body", `{} {}`: "body", "{\"event\":\"\xff\"}": "body", `null`: "event",
		`{"id":"e"}`: "event", `{"event":"x"}`: "id", `{"event":5,"id":"e"}`: "event", `{"event":"x","id":{}}`: "id",
		`{"event":"a b","id":"e"}`: "event", `{"event":"x","id":"` + strings.Repeat("e", 201) + `"}`: "id",
		`{"event":"x","id":"e","orgId":"a/b"}`: "orgId", `{"event":"x","id":"e","createdAt":"yesterday"}`: "createdAt",
		`{"event":"x","id":"e","createdAt":"9999-12-31T23:59:59-12:00"}`: "createdAt", `{"event":"x","id":"e","createdAt":"1970-01-01T00:00:00+12:00"}`: "createdAt",
		`{"event":"invoice.paid","id":"e","data":[]}`: "data", `{"event":"invoice.paid","data":{"id":5}}`: "data.id",
	} {
		d := hexSigned(secret, body, now)
		for range 2 { // a refused body leaves no marker
			status, answer := b.send(d)
			require.Equal(t, http.StatusBadRequest, status, body)
			require.Contains(t, answer, field, body)
		}
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()

	t.Run("OfAKnownEventAreDuplicates", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		body := fmt.Sprintf(`{"event":"invoice.paid","id":"evt_1","orgId":%q,"amount":5000}`, b.owner.OrgID)
		_, answer := b.send(hexSigned(secret, body, now))
		require.JSONEq(t, accepted, answer)
		for n := range 3 {
			b.clock.Advance(time.Minute)
			_, answer = b.send(hexSigned(secret, body, b.clock.Now()))
			require.JSONEq(t, duplicate, answer, n)
		}
		_, answer = b.send(standardSigned(t, secret, "evt_1", body, b.clock.Now()))
		require.JSONEq(t, duplicate, answer, "by the other scheme too")
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM river.river_job WHERE kind = 'webhook_effect'"))
	})

	t.Run("MaySignWithAnySecretThatIsGood", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		for n, d := range []delivery{
			hexSigned(secret, `{"event":"x","id":"1"}`, now), hexSigned(previous, `{"event":"x","id":"2"}`, now),
			standardSigned(t, secret, "3", `{"type":"x"}`, now), standardSigned(t, previous, "4", `{"type":"x"}`, now),
			standardSigned(t, standard, "5", `{"type":"x"}`, now),
		} {
			status, _ := b.send(d)
			require.Equal(t, http.StatusOK, status, n)
		}
		once := setup(t, func(c *config.Config) { c.Webhook.SecretPrevious = "" })
		status, _ := once.send(hexSigned(previous, `{"event":"x","id":"2"}`, now))
		require.Equal(t, http.StatusUnauthorized, status)
	})

	t.Run("OfOneContentByTwoSecretsAreOne", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		status, _ := b.send(hexSigned(secret, vector, now))
		require.Equal(t, http.StatusOK, status)
		status, _ = b.send(hexSigned(previous, vector, now))
		require.Equal(t, http.StatusUnauthorized, status)
	})

	t.Run("MayNotReuseARequestId", func(t *testing.T) {
		t.Parallel()
		for name, connection := range map[string]*valkey.Connection{"with_valkey": nil, "without": valkey.Open(config.Redis{Host: "127.0.0.1", Port: 1})} {
			b := setup(t, nil)
			if connection != nil {
				b.handler = b.intake(t, connection, "none", nil)
			}
			body := func(id string) string {
				return fmt.Sprintf(`{"event":"invoice.paid","id":%q,"orgId":%q,"amount":1}`, id, b.owner.OrgID)
			}
			status, _ := b.send(hexSigned(secret, body("1"), now).with("X-Request-Id", "r"))
			require.Equal(t, http.StatusOK, status, name)
			status, _ = b.send(hexSigned(secret, body("2"), now).with("X-Request-Id", "r"))
			require.Equal(t, http.StatusUnauthorized, status, name)
			require.Equal(t, 1, b.count(t, "SELECT count(*) FROM webhook_events"), "%s: what is refused leaves nothing behind", name)
			require.Equal(t, 1, b.count(t, "SELECT count(*) FROM webhook_deliveries"), name)
			require.Equal(t, 1, b.count(t, "SELECT count(*) FROM river.river_job"), name)
			status, _ = b.send(hexSigned(secret, body("2"), now))
			require.Equal(t, http.StatusOK, status, name)
		}
	})

	t.Run("OfUnknownTypesAndOrganisationsAreKept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		for id, body := range map[string]string{
			"events of this type have no effect":       `{"event":"customer.created","id":"1","extra":{"deep":[1,2]}}`,
			"names an organisation that doesn't exist": `{"event":"invoice.paid","id":"2","orgId":"ORG_NOWHERE","amount":1}`,
			"names no organisation":                    `{"event":"invoice.paid","id":"3","amount":1}`,
		} {
			status, _ := b.send(hexSigned(secret, body, now))
			require.Equal(t, http.StatusOK, status)
			var state string
			require.NoError(t, b.db.QueryRow(t.Context(), "SELECT state FROM webhook_events WHERE note = $1", id).Scan(&state), id)
			require.Equal(t, "IGNORED", state)
		}
		require.Zero(t, b.count(t, "SELECT count(*) FROM river.river_job"), "and queue nothing")
	})

	t.Run("OfUnknownTypesMayHoldAnything", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		for n, data := range []string{`[]`, `"x"`, `{"id":5}`, `{"orgId":{}}`, `null`} {
			status, answer := b.send(hexSigned(secret, fmt.Sprintf(`{"event":"customer.created","id":"%d","data":%s}`, n, data), now))
			require.Equal(t, http.StatusOK, status, "%s: %s", data, answer)
		}
	})

	t.Run("ThatValkeyKnowsAreRefusedWithoutTheDatabase", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		d := hexSigned(secret, vector, now)
		status, _ := b.send(d)
		require.Equal(t, http.StatusOK, status)
		_, err := b.db.Exec(t.Context(), "DROP TABLE webhook_deliveries")
		require.NoError(t, err)
		status, _ = b.send(d.with("X-Request-Id", "another"))
		require.Equal(t, http.StatusUnauthorized, status, "by what was signed")
		status, _ = b.send(hexSigned(secret, `{"event":"x","id":"1"}`, now).with("X-Request-Id", d.header.Get("X-Request-Id")))
		require.Equal(t, http.StatusUnauthorized, status, "by the request id")
		status, _ = b.send(hexSigned(secret, `{"event":"x","id":"1"}`, now))
		require.Equal(t, http.StatusInternalServerError, status, "what it doesn't know needs the database")
	})

	t.Run("NeedNoSignatureWhereThatIsTurnedOff", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *config.Config) { c.Webhook.SignatureRequired = false })
		for _, want := range []string{accepted, duplicate} {
			status, answer := b.send(delivery{vector, http.Header{}})
			require.Equal(t, http.StatusOK, status)
			require.JSONEq(t, want, answer)
		}
		status, _ := b.send(delivery{"{", http.Header{}})
		require.Equal(t, http.StatusBadRequest, status)
	})
}
