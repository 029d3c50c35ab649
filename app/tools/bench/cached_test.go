package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

const (
	ownerEmail    = "owner@example.com"
	ownerPassword = "correct horse battery"
)

// fixed is a handler that only returns its message.
type fixed struct {
	franchisev1connect.UnimplementedFranchiseServiceHandler
	answer *franchisev1.GetOverviewResponse
}

// GetOverview implements [franchisev1connect.FranchiseServiceHandler].
func (f fixed) GetOverview(context.Context, *franchisev1.GetOverviewRequest) (*franchisev1.GetOverviewResponse, error) {
	return f.answer, nil
}

// BenchmarkCachedOverview calls the same overview again and again.
func BenchmarkCachedOverview(b *testing.B) {
	databaseURL := dbtest.URL(b)
	sell(b, dbtest.Open(b, databaseURL))
	address := serve(b, databaseURL, map[string]string{"E22_OVERVIEW_TTL": "3600"})
	token := signIn(b, address, ownerEmail, ownerPassword)
	// A month that is over, so that no business date ends meanwhile.
	request := &franchisev1.GetOverviewRequest{Period: "2024-11"}
	answer, err := franchisev1connect.NewFranchiseServiceClient(clientOf(b, token, 1), "http://"+address).GetOverview(b.Context(), request)
	require.NoError(b, err)
	require.Len(b, answer.GetBranches(), 12)

	mux := http.NewServeMux()
	mux.Handle(franchisev1connect.NewFranchiseServiceHandler(fixed{answer: answer}))
	empty := httptest.NewServer(mux)
	b.Cleanup(empty.Close)

	text, err := protojson.Marshal(request)
	require.NoError(b, err)
	binary, err := proto.Marshal(request)
	require.NoError(b, err)
	for _, e := range []struct {
		encoding string
		body     []byte
	}{{"json", text}, {"proto", binary}} {
		b.Run(e.encoding, func(b *testing.B) {
			calls := func(address string) side {
				request := rawRequest(address, franchisev1connect.FranchiseServiceGetOverviewProcedure, token, e.encoding, e.body)
				return newRawClient(b, address, request).call
			}
			compare(b, calls(address), calls(strings.TrimPrefix(empty.URL, "http://")))
		})
	}
}

// sell makes twelve branches that sold every day of a month, and an owner who can sign in.
func sell(b *testing.B, db *postgres.DB) {
	b.Helper()
	who := owner(b, db)
	for n := range 12 {
		branch := factory.Branch(b, db, who, factory.BranchOpts{Name: fmt.Sprintf("Branch %d", n+1)})
		for day := range 30 {
			require.NoError(b, daysales.Add(b.Context(), db, daysales.Delta{
				Figures: daysales.Figures{
					COGS: 300_000, Covers: 150, Gross: 1_000_000 + int64(n*day), Orders: 80, Tickets: 90, TicketsOnTime: 80, WasteCost: 9_000,
				},
				BranchID: branch, Currency: "UGX", Date: civil.NewDate(2024, time.November, 1+day), OrgID: who.OrgID,
			}))
		}
	}
}

// owner makes an organisation and returns its owner.
func owner(b *testing.B, db *postgres.DB) caller.Caller {
	b.Helper()
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(b, err)
	user, err := auth.CreateOrganisation(b.Context(), db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: "ORG_BENCH", Name: "Bench", OwnerEmail: ownerEmail, OwnerPassword: ownerPassword, Plan: "ENT",
	})
	require.NoError(b, err)
	return caller.Caller{Kind: caller.KindUser, OrgID: user.OrgID, Role: caller.RoleOwner, UserID: user.ID}
}
