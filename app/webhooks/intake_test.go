package webhooks_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
}

func setup(t testing.TB, change func(*config.Config)) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(now), db: dbtest.New(t), log: &bytes.Buffer{}}
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
	log := zerolog.New(zerolog.SyncWriter(b.log))
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
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + "." + body))
	return delivery{body, http.Header{
		"X-Signature": {hex.EncodeToString(mac.Sum(nil))}, "X-Timestamp": {timestamp}, "X-Request-Id": {ids.New("test")},
	}}
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
		var queued int
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT count(*) FROM river.river_job WHERE kind = 'webhook_effect'").Scan(&queued))
		require.Equal(t, 1, queued)
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
		b := setup(t, nil)
		status, _ := b.send(hexSigned(secret, `{"event":"x","id":"1"}`, now).with("X-Request-Id", "r"))
		require.Equal(t, http.StatusOK, status)
		status, _ = b.send(hexSigned(secret, `{"event":"x","id":"2"}`, now).with("X-Request-Id", "r"))
		require.Equal(t, http.StatusUnauthorized, status)
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

// TestOneOfManyReplaysIsTaken has three nodes decide about the same delivery, with Valkey and without.
func TestOneOfManyReplaysIsTaken(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"WithValkey": false, "WithoutValkey": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			nodes := make([]http.Handler, 3)
			for i := range nodes {
				connection, prefix := dbtest.Valkey(t)
				if away {
					connection = valkey.Open(config.Redis{Host: "127.0.0.1", Port: 1})
				}
				nodes[i] = b.intake(t, connection, prefix, nil)
			}
			d := hexSigned(secret, vector, now)
			var took, turnedAway atomic.Int64
			var running sync.WaitGroup
			for i := range 300 {
				running.Go(func() {
					switch status, answer := post(nodes[i%len(nodes)], d.with("X-Request-Id", "r"+strconv.Itoa(i))); status {
					case http.StatusOK:
						took.Add(1)
					case http.StatusUnauthorized:
						turnedAway.Add(1)
					default:
						t.Errorf("%d %s", status, answer)
					}
				})
			}
			running.Wait()
			require.EqualValues(t, 1, took.Load())
			require.EqualValues(t, 299, turnedAway.Load())
		})
	}
}

// TestADatabaseThatIsAwayTakesNothing leaves no marker: the provider's next try is taken.
func TestADatabaseThatIsAwayTakesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	d := hexSigned(secret, vector, now)
	_, err := b.db.Exec(t.Context(), "ALTER TABLE webhook_events RENAME TO elsewhere")
	require.NoError(t, err)
	status, answer := b.send(d)
	require.Equal(t, http.StatusInternalServerError, status)
	require.NotContains(t, answer, "webhook_events")
	_, err = b.db.Exec(t.Context(), "ALTER TABLE elsewhere RENAME TO webhook_events")
	require.NoError(t, err)
	status, _ = b.send(d)
	require.Equal(t, http.StatusOK, status)
}

func FuzzIntake(f *testing.F) {
	b := setup(f, nil)
	sign := func(body string, timestamp string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(timestamp + "." + body))
		return hex.EncodeToString(mac.Sum(nil))
	}
	f.Add(vector, "325ca9fab4431c71f0023e5583ab98a3eb77e7f014f140c39aee1fad0ade663f", "1731024000000", "r", "", "", "")
	f.Add(vector, "", "", "", "msg_1", "v1,"+base64.StdEncoding.EncodeToString([]byte("x")), "1731024000")
	f.Add("{}", strings.Repeat("0", 64), "-1", "\x00", "a", "v1, v1,", "1e9")
	f.Fuzz(func(t *testing.T, body, signature, timestamp, requestID, id, standardSignature, standardTimestamp string) {
		header := http.Header{}
		for name, value := range map[string]string{
			"X-Signature": signature, "X-Timestamp": timestamp, "X-Request-Id": requestID, "Webhook-Id": id,
			"Webhook-Signature": standardSignature, "Webhook-Timestamp": standardTimestamp,
		} {
			if value != "" {
				header[name] = []string{value}
			}
		}
		status, _ := b.send(delivery{body, header})
		require.Less(t, status, http.StatusInternalServerError)
		if status == http.StatusOK || status == http.StatusBadRequest {
			require.Empty(t, id+standardSignature+standardTimestamp, "nobody guesses the other scheme's")
			require.Equal(t, sign(body, timestamp), strings.ToLower(signature), "only a valid signature gets as far")
		}
	})
}

// BenchmarkIntake compares verified and stored deliveries with bare inserts of the same event.
func BenchmarkIntake(b *testing.B) {
	bundle := setup(b, nil)
	body := func() string {
		return fmt.Sprintf(`{"event":"invoice.paid","id":%q,"orgId":%q,"amount":5000}`, ids.New("evt"), bundle.owner.OrgID)
	}
	b.Run("product", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if status, answer := bundle.send(hexSigned(secret, body(), now)); status != http.StatusOK {
					b.Error(answer)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
	})
	b.Run("insert", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, err := bundle.db.Exec(context.Background(), `INSERT INTO webhook_events (id, org_id, type, state, body, occurred_at, received_at)
					VALUES ($1, $2, 'invoice.paid', 'RECEIVED', $3, $4, $4)`, ids.New("evt"), bundle.owner.OrgID, []byte(body()), now)
				if err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
	})
}
