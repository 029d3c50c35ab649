package auth_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/auth/throttle"
	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/observability"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

const (
	accessTTL  = 15 * time.Minute
	refreshTTL = 24 * time.Hour
	window     = 10 * time.Minute
	// address is where calls come from that don't say otherwise.
	address    = "203.0.113.7"
	ownerEmail = "owner@example.com"
	// pass is everybody's password.
	pass = "correct horse"
)

// quick hashes are far too cheap for real passwords.
var quick = password.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nodeOpts are what a test may care about in a node; the zero value fits most.
type nodeOpts struct {
	clock      clock.Clock         // the system's
	connection throttle.Connection // the test Valkey's
	db         *postgres.DB        // a new one
	params     password.Params     // quick
	perAccount int                 // 100
	prefix     string              // a new one
}

// node is one server process.
type node struct {
	*nodeOpts

	authenticator *auth.Authenticator
	service       *auth.Service
	server        *rpctest.Server
}

func newNode(t testing.TB, o nodeOpts) *node {
	t.Helper()
	if o.clock == nil {
		o.clock = clock.System
	}
	if o.connection == nil {
		o.connection, o.prefix = testValkey(t, o.prefix)
	}
	if o.db == nil {
		o.db = dbtest.New(t)
	}
	if o.params == (password.Params{}) {
		o.params = quick
	}
	if o.perAccount == 0 {
		o.perAccount = 100
	}
	hasher, err := password.NewHasher(o.params, 0)
	require.NoError(t, err)
	signer := token.NewSigner("0123456789abcdef0123456789abcdef", accessTTL, o.clock)
	limits := throttle.New(throttle.Config{Prefix: o.prefix, PerAccount: o.perAccount, PerAddress: 1000, Window: window}, o.connection, o.clock)
	n := &node{
		nodeOpts: &o, authenticator: auth.NewAuthenticator(o.db, signer, o.clock),
		service: auth.NewService(o.db, hasher, signer, limits, refreshTTL, o.clock),
	}
	handler := auth.NewHandler(o.db, n.service, n.authenticator)
	n.server = rpctest.NewBehind(t, n.authenticator, rpc.Service{
		Name: authv1connect.AuthServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			path, rpcs := authv1connect.NewAuthServiceHandler(handler, options...)
			return path, identify(rpcs)
		},
	})
	t.Cleanup(n.service.Wait)
	return n
}

func testValkey(t testing.TB, prefix string) (throttle.Connection, string) {
	t.Helper()
	connection, own := dbtest.Valkey(t)
	if prefix == "" {
		prefix = own
	}
	return connection, prefix
}

// identify does what the HTTP server does before RPCs, and believes X-Forwarded-For.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := r.Header.Get("X-Forwarded-For")
		if from == "" {
			from = address
		}
		ctx, _ := observability.WithRequestID(httpserver.WithClientAddress(r.Context(), from), r.Header.Get(observability.RequestIDHeader))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// headers are set on each request of a client.
type headers map[string]string

// RoundTrip implements [http.RoundTripper].
func (h headers) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range h {
		r.Header.Set(name, value)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// with returns a client that sends the headers.
func (n *node) with(h headers) authv1connect.AuthServiceClient {
	return authv1connect.NewAuthServiceClient(&http.Client{Transport: h}, n.server.URL)
}

// anonymous returns a client without credentials.
func (n *node) anonymous() authv1connect.AuthServiceClient { return n.with(nil) }

// as returns a client that presents a token.
func (n *node) as(bearer string) authv1connect.AuthServiceClient {
	return n.with(headers{"Authorization": "Bearer " + bearer})
}

// login signs in and returns the answer.
func (n *node) login(t testing.TB, email, pass string) *authv1.LoginResponse {
	t.Helper()
	resp, err := n.anonymous().Login(t.Context(), &authv1.LoginRequest{Email: email, Password: pass})
	require.NoError(t, err)
	return resp
}

// asUser signs in and returns a client of the session.
func (n *node) asUser(t testing.TB, email string) authv1connect.AuthServiceClient {
	t.Helper()
	return n.as(n.login(t, email, pass).GetAccessToken())
}

// organisation makes an organisation with a branch and its owner, and returns a client of the owner and the branch.
func (n *node) organisation(t testing.TB, id, ownerEmail string) (owner authv1connect.AuthServiceClient, branchID string) {
	t.Helper()
	hasher, err := password.NewHasher(n.params, 0)
	require.NoError(t, err)
	u, err := auth.CreateOrganisation(t.Context(), n.db, hasher, n.clock, auth.NewOrganisation{
		Currency: "UGX", ID: id, Name: id, OwnerEmail: ownerEmail, OwnerPassword: pass, Plan: "ENT",
	})
	require.NoError(t, err)
	branchID = factory.Branch(t, n.db, caller.Caller{OrgID: u.OrgID}, factory.BranchOpts{})
	return n.asUser(t, ownerEmail), branchID
}

// user makes a user and returns it.
func user(t testing.TB, by authv1connect.AuthServiceClient, email string, role policyv1.Role, branchID string) *authv1.User {
	t.Helper()
	resp, err := by.CreateUser(t.Context(), &authv1.CreateUserRequest{Email: email, Name: email, Role: role, BranchId: branchID, Password: pass})
	require.NoError(t, err)
	return resp.GetUser()
}

// works reports who a client is taken for.
func works(t testing.TB, c authv1connect.AuthServiceClient) *authv1.GetMeResponse {
	t.Helper()
	resp, err := c.GetMe(t.Context(), &authv1.GetMeRequest{})
	require.NoError(t, err)
	return resp
}

// requireFault checks code and reason of a failed call.
func requireFault(t testing.TB, err error, code connect.Code, reason string) {
	t.Helper()
	gotCode, gotReason, _ := rpctest.Fault(t, err)
	require.Equal(t, code.String()+" "+reason, gotCode.String()+" "+gotReason, err)
}

// requireRefused checks that a client is not let in.
func requireRefused(t testing.TB, c authv1connect.AuthServiceClient, reason string) {
	t.Helper()
	_, err := c.GetMe(t.Context(), &authv1.GetMeRequest{})
	requireFault(t, err, connect.CodeUnauthenticated, reason)
}

// actions returns what the audit trail says was done, newest first.
func actions(t testing.TB, by authv1connect.AuthServiceClient) []string {
	t.Helper()
	resp, err := by.ListAuditEvents(context.WithoutCancel(t.Context()), &authv1.ListAuditEventsRequest{})
	require.NoError(t, err)
	found := make([]string, len(resp.GetEvents()))
	for i, e := range resp.GetEvents() {
		found[i] = e.GetAction()
	}
	return found
}
