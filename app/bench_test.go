package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app"
	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

const (
	// benchClients is the number of connections that call at the same time.
	benchClients = 32
	// benchRounds is how often product and baseline take turns, so that a noisy neighbour meets both.
	benchRounds = 6
)

// fixed is a handler that does nothing but return a message.
type fixed struct {
	franchisev1connect.UnimplementedFranchiseServiceHandler
	answer *franchisev1.GetOverviewResponse
}

// GetOverview implements [franchisev1connect.FranchiseServiceHandler].
func (f fixed) GetOverview(context.Context, *franchisev1.GetOverviewRequest) (*franchisev1.GetOverviewResponse, error) {
	return f.answer, nil
}

// BenchmarkCachedOverview compares a cached overview of twelve branches, with authentication and all interceptors, to an
// empty Connect handler that returns the same message. The metric ratio is product ÷ baseline in calls a second.
func BenchmarkCachedOverview(b *testing.B) {
	base, token := benchServer(b)
	const path = franchisev1connect.FranchiseServiceGetOverviewProcedure
	client := franchisev1connect.NewFranchiseServiceClient(&http.Client{Transport: bearer{token, http.DefaultTransport}}, "http://"+base)
	// A long past month, so that no business date ends meanwhile.
	request := &franchisev1.GetOverviewRequest{Period: "2024-11"}
	answer, err := client.GetOverview(b.Context(), request)
	require.NoError(b, err)

	mux := http.NewServeMux()
	mux.Handle(franchisev1connect.NewFranchiseServiceHandler(fixed{answer: answer}))
	baseline := httptest.NewServer(mux)
	b.Cleanup(baseline.Close)
	baselineBase := strings.TrimPrefix(baseline.URL, "http://")

	binary, err := proto.Marshal(request)
	require.NoError(b, err)
	text, err := protojson.Marshal(request)
	require.NoError(b, err)
	for _, encoding := range []struct {
		name string
		body []byte
	}{{"json", text}, {"proto", binary}} {
		b.Run(encoding.name, func(b *testing.B) {
			each := max(b.N/benchRounds, benchClients)
			var product, empty time.Duration
			for range benchRounds {
				product += callMany(b, base, httpRequest(path, base, token, encoding.name, encoding.body), each)
				empty += callMany(b, baselineBase, httpRequest(path, baselineBase, token, encoding.name, encoding.body), each)
			}
			calls := float64(benchRounds * each)
			b.ReportMetric(calls/product.Seconds(), "product_calls/s")
			b.ReportMetric(calls/empty.Seconds(), "baseline_calls/s")
			b.ReportMetric(empty.Seconds()/product.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op") // two servers in turn
		})
	}
}

// benchServer runs the product with twelve branches that sold every day of a month, and returns its address and a token.
func benchServer(b *testing.B) (address, token string) {
	b.Helper()
	configured := settings(b, map[string]string{"E22_OVERVIEW_TTL": "3600", "DB_POOL_MAX": "16", "CACHE_PREFIX": "bench"})
	db := dbtest.Open(b, configured.Database.URL.Reveal())
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(b, err)
	owner, err := auth.CreateOrganisation(b.Context(), db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: "ORG_BENCH", Name: "Bench", OwnerEmail: ownerEmail, OwnerPassword: ownerPassword, Plan: "ENT",
	})
	require.NoError(b, err)
	who := caller.Caller{Kind: caller.KindUser, OrgID: owner.OrgID, Role: caller.RoleOwner, UserID: owner.ID}
	for n := range 12 {
		branch := factory.Branch(b, db, who, factory.BranchOpts{Name: fmt.Sprintf("Branch %d", n)})
		for day := range 30 {
			require.NoError(b, daysales.Add(b.Context(), db, daysales.Delta{
				Figures:  daysales.Figures{COGS: 300_000, Covers: 150, Gross: 1_000_000 + int64(n*day), Orders: 80, Tickets: 90, TicketsOnTime: 80, WasteCost: 9_000},
				BranchID: branch, Currency: "UGX", Date: civil.NewDate(2024, time.November, 1+day), OrgID: owner.OrgID,
			}))
		}
	}
	var server *httpserver.Server
	process := fx.New(app.Options(configured), fx.Populate(&server))
	require.NoError(b, process.Start(b.Context()))
	b.Cleanup(func() { require.NoError(b, process.Stop(context.Background())) })
	address = server.Addr().String()
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, "http://"+address).
		Login(b.Context(), &authv1.LoginRequest{Email: ownerEmail, Password: ownerPassword})
	require.NoError(b, err)
	return address, signedIn.GetAccessToken()
}

func httpRequest(path, host, token, encoding string, body []byte) []byte {
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/%s\r\nConnect-Protocol-Version: 1\r\nContent-Length: %d\r\n\r\n",
		path, host, token, encoding, len(body))
	request.Write(body)
	return request.Bytes()
}

// callMany makes n calls over benchClients connections and returns how long it took. Its client does as little as it can, so
// that the servers are what is measured.
func callMany(b *testing.B, address string, request []byte, n int) time.Duration {
	b.Helper()
	connections := make([]net.Conn, benchClients)
	for i := range connections {
		var err error
		connections[i], err = net.Dial("tcp", address)
		require.NoError(b, err)
		defer connections[i].Close()
	}
	var running sync.WaitGroup
	start := time.Now()
	for _, connection := range connections {
		running.Go(func() {
			reader := bufio.NewReaderSize(connection, 64<<10)
			for range n / benchClients {
				if err := callOnce(connection, reader, request); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(start)
}

func callOnce(connection net.Conn, reader *bufio.Reader, request []byte) error {
	if _, err := connection.Write(request); err != nil {
		return err
	}
	length := -1
	for first := true; ; first = false {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.Contains(line, []byte(" 200 ")) {
			return fmt.Errorf("answered %s", line)
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("content-length")) {
			if _, err := fmt.Sscan(string(bytes.TrimSpace(value)), &length); err != nil {
				return err
			}
		}
	}
	if length >= 0 {
		_, err := reader.Discard(length)
		return err
	}
	for { // chunked, as longer answers are
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := reader.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}
