package auth

import (
	"context"
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// door is an authenticator that knows one user and one key, with the tokens of both.
type door struct {
	*Authenticator

	access, apiKey string
}

func newDoor(tb testing.TB, now clock.Clock) *door {
	tb.Helper()
	signer := token.NewSigner("0123456789abcdef0123456789abcdef", 15*time.Minute, now)
	access, err := signer.Sign(token.Access{BranchID: "B1", OrgID: "ORG_1", Role: "STAFF", SessionID: "ses_1", UserID: "usr_1", Version: 1})
	require.NoError(tb, err)
	minted := token.Mint(token.APIKey, "ORG_1", "key_1")
	verified, err := lru.New[[32]byte, *token.Access](memoEntries)
	require.NoError(tb, err)
	return &door{
		Authenticator: &Authenticator{
			apiKeys: newMemo(now, func(_ context.Context, s subject) (*keyAccess, error) {
				if s != (subject{"ORG_1", "key_1"}) {
					return nil, nil
				}
				return &keyAccess{key: &APIKey{ID: "key_1", OrgID: "ORG_1", Scopes: []string{"orders:write"}, SecretHash: minted.Hash()}, plan: "PRO"}, nil
			}),
			clock: now,
			sessions: newMemo(now, func(_ context.Context, s subject) (*standing, error) {
				if s != (subject{"ORG_1", "ses_1"}) {
					return nil, nil
				}
				return &standing{branchID: "B1", role: caller.RoleStaff, userID: "usr_1", userVersion: 1, version: 1}, nil
			}),
			signer:   signer,
			verified: verified,
		},
		access: "Bearer " + access,
		apiKey: "Bearer " + minted.Reveal(),
	}
}

func FuzzAuthenticate(f *testing.F) {
	d := newDoor(f, clock.Fixed(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)))
	for _, seed := range []string{
		d.access, d.apiKey, "", "Bearer", "Bearer ", "Bearer cck_ORG_1.key_1.", "Bearer cck_..", "Basic YTpi", "Bearer a.b.c",
		"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMSJ9.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, authorization string) {
		c, err := d.Authenticate(t.Context(), authorization)
		if err == nil {
			scheme, bearer := authorization[:len("Bearer ")], authorization[len("Bearer "):]
			require.Contains(t, []string{d.access[len(scheme):], d.apiKey[len(scheme):]}, bearer)
			return
		}
		require.Equal(t, caller.Caller{}, c)
		var refusal *fault.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, fault.KindUnauthenticated, refusal.Kind)
	})
}

// BenchmarkAuthenticate compares what a request pays with what it would pay if signatures were checked each time.
func BenchmarkAuthenticate(b *testing.B) {
	d := newDoor(b, clock.System)
	for name, authorization := range map[string]string{"AccessToken": d.access, "APIKey": d.apiKey} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Authenticate(b.Context(), authorization); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
	b.Run("BaselineSignatureEachTime", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.signer.Verify(d.access[len(scheme):]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	})
}
