package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/Shopify/toxiproxy/v2"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
)

// fleet is several server processes on one database and one Valkey, which is reached through a proxy.
type fleet struct {
	db     *postgres.DB
	nodes  []string
	valkey *toxiproxy.Proxy
}

func startFleet(t *testing.T, size int, environment ...string) *fleet {
	t.Helper()
	databaseURL, server := dbtest.URL(t), dbtest.ValkeySettings(t)
	_, prefix := dbtest.Valkey(t)
	f := &fleet{db: dbtest.Open(t, databaseURL), valkey: proxy(t, server.Addr())}
	_, port, err := net.SplitHostPort(f.valkey.Listen)
	require.NoError(t, err)
	for range size {
		f.nodes = append(f.nodes, process.Start(t, append([]string{
			"DATABASE_URL=" + databaseURL, "DB_POOL_MAX=8", "REDIS_HOST=127.0.0.1", "REDIS_PORT=" + port, "CACHE_PREFIX=" + prefix, "JOBS_WORKERS=0",
		}, environment...)...).URL)
	}
	f.await(t, "chefcloud_ratelimit_nodes "+strconv.Itoa(size)) // every node has heard of every other
	return f
}

// await waits until every node has a metric of a value.
func (f *fleet) await(t *testing.T, metric string) {
	t.Helper()
	for _, node := range f.nodes {
		require.Eventually(t, func() bool {
			_, body, _ := call(t, http.MethodGet, node+"/metrics", nil, "")
			return strings.Contains(body, metric+"\n")
		}, 10*time.Second, 20*time.Millisecond)
	}
}

// signUp makes an organisation on a plan and signs its owner in. It returns the owner's token.
func (f *fleet) signUp(t *testing.T, id, plan string) string {
	t.Helper()
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(t, err)
	email := strings.ToLower(id) + "@example.com"
	_, err = auth.CreateOrganisation(t.Context(), f.db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: id, Name: id, OwnerEmail: email, OwnerPassword: ownerPassword, Plan: plan,
	})
	require.NoError(t, err)
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, f.nodes[0]).
		Login(t.Context(), &authv1.LoginRequest{Email: email, Password: ownerPassword})
	require.NoError(t, err)
	return signedIn.GetAccessToken()
}

// get asks a node who calls, over REST.
func (f *fleet) get(ctx context.Context, node int, token string) (status int, header http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.nodes[node]+"/auth/me", http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header, err
}

// count is what came of many calls.
type count struct {
	mu                        sync.Mutex
	admitted, refused, failed int
	wrong                     []http.Header // refusals without what they must tell
	slowest                   time.Duration
}

// storm has clients call at once over all nodes, each so often.
func (f *fleet) storm(t *testing.T, token string, clients, each int) *count {
	t.Helper()
	c := &count{}
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			for range each {
				start := time.Now()
				status, header, err := f.get(t.Context(), i%len(f.nodes), token)
				c.add(t, status, header, err, time.Since(start))
			}
		})
	}
	running.Wait()
	return c
}

func (c *count) add(t *testing.T, status int, header http.Header, err error, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, took)
	limited := header.Get("RateLimit-Policy") != "" && header.Get("RateLimit") != ""
	switch {
	case err == nil && status == http.StatusOK && limited:
		c.admitted++
	case err == nil && status == http.StatusTooManyRequests:
		c.refused++
		wait, err := strconv.Atoi(header.Get("Retry-After"))
		if err != nil || wait < 1 || wait > 60 || !limited {
			c.wrong = append(c.wrong, header)
		}
	default:
		c.failed++
		t.Log(status, err)
	}
}

func TestThreeProcessesAdmitTheLimitExactly(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	token := f.signUp(t, "ORG_PRO", "PRO")
	c := f.storm(t, token, 30, 20)
	require.Equal(t, 60, c.admitted, "PLAN_LIMIT_PRO: not one more, not one less")
	require.Equal(t, 540, c.refused)
	require.Zero(t, c.failed)
	require.Empty(t, c.wrong)

	_, err := f.db.Exec(t.Context(), "UPDATE organisations SET plan = 'ENT' WHERE org_id = 'ORG_PRO'")
	require.NoError(t, err)
	changed := time.Now()
	for node := range f.nodes {
		require.Eventually(t, func() bool {
			_, header, err := f.get(t.Context(), node, token)
			return err == nil && header.Get("RateLimit-Policy") == `"minute";q=240;w=60`
		}, time.Until(changed.Add(time.Second)), 5*time.Millisecond, "a change of plan counts within a second on every node")
	}

	c = f.storm(t, f.signUp(t, "ORG_FREE", "FREE"), 24, 2)
	require.Equal(t, 10, c.admitted, "PLAN_LIMIT_FREE")
	require.Equal(t, 38, c.refused)
}

func TestTheLimitIsSharedOutWhileValkeyIsAway(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3, "PLAN_LIMIT_PRO=31")
	token := f.signUp(t, "ORG_AWAY", "PRO")
	f.await(t, "chefcloud_ratelimit_fallback 0")

	f.valkey.Stop()
	c := f.storm(t, token, 30, 10)
	require.Equal(t, 31, c.admitted, "11 and 10 and 10")
	require.Equal(t, 269, c.refused)
	require.Zero(t, c.failed, "the service stays up")
	require.Empty(t, c.wrong)
	require.Less(t, c.slowest, 2*time.Second)
	f.await(t, "chefcloud_ratelimit_fallback 1")

	require.NoError(t, f.valkey.Start())
	f.await(t, "chefcloud_ratelimit_fallback 0")
	c = f.storm(t, f.signUp(t, "ORG_BACK", "PRO"), 30, 4)
	require.Equal(t, 31, c.admitted, "over all nodes again")
	require.Zero(t, c.failed)
}

// TestAnOutageHoldsNobodyUp lets Valkey fall silent, without ending connections: the worst kind.
func TestAnOutageHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 1)
	token := f.signUp(t, "ORG_MUTE", "ENT")
	_, err := f.valkey.Toxics.AddToxicJson(strings.NewReader(`{"name":"mute","type":"timeout","attributes":{"timeout":0}}`))
	require.NoError(t, err)
	c := f.storm(t, token, 16, 10)
	require.Equal(t, 160, c.admitted)
	require.Zero(t, c.failed)
	require.Less(t, c.slowest, time.Second, "one wait of 250 ms at most")
	start := time.Now()
	c = f.storm(t, token, 1, 20)
	require.Equal(t, 20, c.admitted)
	require.Less(t, time.Since(start), time.Second, "the outage is remembered")
}

func TestStrangersAreLimitedByAddressAndMembersAreNot(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 2, "ADDRESS_LIMIT_PER_MIN=20", "HTTP_TRUSTED_PROXIES=127.0.0.0/8")
	token := f.signUp(t, "ORG_NAT", "ENT")
	from := func(node int, address, token string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.nodes[node]+"/auth/me", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("X-Forwarded-For", address)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	counted := map[int]int{}
	for n := range 60 {
		counted[from(n%2, "203.0.113.7", "cck_ORG_NAT.key_1.forged")]++
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 20, http.StatusTooManyRequests: 40}, counted)
	for n := range 10 {
		require.Equal(t, http.StatusOK, from(n%2, "203.0.113.7", token), "a member behind the same address")
		require.Equal(t, http.StatusUnauthorized, from(n%2, "203.0.113.8", "forged"), "another address")
	}
	_, err := authv1connect.NewAuthServiceClient(&http.Client{Transport: forwarded("203.0.113.7")}, f.nodes[0]).
		Login(t.Context(), &authv1.LoginRequest{Email: "org_nat@example.com", Password: ownerPassword})
	require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(err))
}

// forwarded is a proxy that says for whom it asks.
type forwarded string

// RoundTrip implements [http.RoundTripper].
func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", string(f))
	return http.DefaultTransport.RoundTrip(r)
}
