package franchise_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/overview"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// BenchmarkOverviewUncached times the overview of 200 branches for a month, beside the month before, without any cache. The
// statement alone is the baseline: the rest is the organisation's directory and the answer.
func BenchmarkOverviewUncached(b *testing.B) {
	db := dbtest.New(b)
	bundle := &testBundle{db: db, owner: factory.Organisation(b, db, factory.OrgOpts{})}
	bundle.branches(b, 200, 400)
	ctx := caller.With(b.Context(), bundle.owner)
	_, err := db.Exec(ctx, "VACUUM ANALYZE")
	require.NoError(b, err)
	directory := organisation.NewStore(db)
	handler := franchise.NewHandler(db, directory, cache.Disabled(), clock.Fixed(noon), nil)
	req := &franchisev1.GetOverviewRequest{Period: "2024-10"}

	b.Run("Handler", func(b *testing.B) {
		for b.Loop() {
			_, err := handler.GetOverview(ctx, req)
			require.NoError(b, err)
		}
	})
	b.Run("Statement", func(b *testing.B) {
		o, err := directory.Organisation(ctx, bundle.owner.OrgID)
		require.NoError(b, err)
		query, err := overview.Resolve(o, bundle.owner, noon, req)
		require.NoError(b, err)
		for b.Loop() {
			_, err := figures.LoadPairs(ctx, db, query, true)
			require.NoError(b, err)
		}
	})
}

// BenchmarkResolve times what a cached read costs before the cache is asked.
func BenchmarkResolve(b *testing.B) {
	db := dbtest.New(b)
	bundle := &testBundle{db: db, owner: factory.Organisation(b, db, factory.OrgOpts{})}
	bundle.branches(b, 200, 1)
	o, err := organisation.Load(b.Context(), db, bundle.owner.OrgID)
	require.NoError(b, err)
	req := &franchisev1.GetOverviewRequest{Range: "today"}
	b.ReportAllocs()
	for b.Loop() {
		query, err := overview.Resolve(o, bundle.owner, noon, req)
		require.NoError(b, err)
		require.NotEmpty(b, query.Params())
	}
}
