package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/process"
	"github.com/chefcloud/chefcloud/app/webhooks"
)

// serverEnvironment lets server processes share a test's database and a prefix of their own.
func serverEnvironment(t *testing.T, databaseURL string) []string {
	t.Helper()
	server := dbtest.ValkeySettings(t)
	return []string{
		"DATABASE_URL=" + databaseURL, "REDIS_HOST=" + server.Host, "REDIS_PORT=" + strconv.Itoa(server.Port),
		"CACHE_PREFIX=" + strings.ToLower(ids.New("app")),
	}
}

// deliver sends a body with a fresh signature, or again with the same if signed isn't zero. status is 0 if nobody answered.
func deliver(ctx context.Context, client *http.Client, base, requestID, body string, signed time.Time) (status int) {
	timestamp := strconv.FormatInt(signed.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(process.Secret))
	mac.Write([]byte(timestamp + "." + body))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/webhooks/billing", strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	request.Header.Set("X-Timestamp", timestamp)
	request.Header.Set("X-Request-Id", requestID)
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// TestAThousandReplaysOverThreeNodes sends one valid delivery a thousand times at once: it is taken once.
func TestAThousandReplaysOverThreeNodes(t *testing.T) {
	t.Parallel()
	environment := serverEnvironment(t, dbtest.URL(t))
	var nodes []string
	for range 3 {
		nodes = append(nodes, process.Start(t, environment...).URL)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	signed := time.Now()
	var statuses [600]atomic.Int64
	var running sync.WaitGroup
	for worker := range 50 {
		running.Go(func() {
			for n := range 20 {
				status := deliver(t.Context(), client, nodes[(worker+n)%len(nodes)], fmt.Sprintf("r-%d-%d", worker, n), `{"event":"invoice.paid","id":"evt_test_123","amount":5000}`, signed)
				statuses[status].Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 1, statuses[http.StatusOK].Load())
	require.EqualValues(t, 999, statuses[http.StatusUnauthorized].Load())
}

// TestKilledProcessesLoseAndDoubleNothing sends 2,000 events to a server that is killed again and again. The sender tries each until it is
// acknowledged, as providers do. In the end every event had its effect once.
func TestKilledProcessesLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	const events, invoices, senders = 2_000, 40, 8
	databaseURL := dbtest.URL(t)
	db := dbtest.Open(t, databaseURL)
	owner := factory.Organisation(t, db, factory.OrgOpts{})
	environment := serverEnvironment(t, databaseURL)
	server := process.Start(t, environment...)
	address := server.Address()

	acknowledged := make(chan struct{}, events)
	var sent atomic.Int64
	client := &http.Client{Timeout: 5 * time.Second}
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for {
				n := sent.Add(1)
				if n > events {
					return
				}
				body := fmt.Sprintf(`{"event":"invoice.payment_failed","id":"evt_%d","orgId":%q,"amount":100,"invoice":{"id":"in_%d"}}`, n, owner.OrgID, n%invoices)
				for deliver(t.Context(), client, "http://"+address, ids.New("r"), body, time.Now()) != http.StatusOK {
					if t.Context().Err() != nil {
						return
					}
				}
				acknowledged <- struct{}{}
			}
		})
	}
	kills := 0
	for left := events; ; {
		// At any point: also before the server takes its first call.
		next := min(rand.IntN(events/5), left)
		for range next {
			<-acknowledged
		}
		if left -= next; left == 0 {
			break
		}
		server.Kill(t)
		kills++
		server = process.StartAt(t, address, environment...)
	}
	sending.Wait()
	require.Positive(t, kills)

	// What a killed process was at is begun again a minute later; what follows is how an operator would hurry.
	runner, err := jobs.NewRunner(db, clock.System)
	require.NoError(t, err)
	ahead := func() time.Time { return time.Now().Add(24 * time.Hour) }
	_, err = webhooks.Housekeeping(db, runner, ahead, 48*time.Hour).Work(t.Context(), owner.OrgID, struct{}{})
	require.NoError(t, err)
	var processed, failures int64
	require.Eventually(t, func() bool {
		return rowCount(t, db, "SELECT count(*) FROM webhook_events WHERE state = 'PROCESSED'") == events
	},
		time.Minute, 50*time.Millisecond)
	processed = rowCount(t, db, "SELECT count(*) FROM webhook_events")
	failures = rowCount(t, db, "SELECT sum(failures) FROM invoices")
	require.EqualValues(t, events, processed, "each event is there once")
	require.EqualValues(t, events, failures, "and had its effect once")
	t.Logf("%d kills", kills)
}

func rowCount(t *testing.T, db *postgres.DB, sql string) (n int64) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), sql).Scan(&n))
	return n
}
