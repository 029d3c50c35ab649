package token_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/clock"
)

const (
	secret = "0123456789abcdef0123456789abcdef"
	ttl    = 15 * time.Minute
)

func TestSigner(t *testing.T) {
	t.Parallel()

	type testBundle struct {
		access token.Access
		clock  *clock.Manual
		signed string
	}
	setup := func(t *testing.T) (*token.Signer, *testBundle) {
		t.Helper()
		b := &testBundle{
			access: token.Access{BranchID: "B1", OrgID: "ORG_1", Role: "STAFF", SessionID: "ses_1", UserID: "usr_1", Version: 3},
			clock:  clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)),
		}
		s := token.NewSigner(secret, ttl, b.clock.Now)
		var err error
		b.signed, err = s.Sign(b.access)
		require.NoError(t, err)
		b.access.ExpiresAt = b.clock.Now().Add(ttl)
		return s, b
	}

	t.Run("ReadsWhatItSigned", func(t *testing.T) {
		t.Parallel()
		s, b := setup(t)
		read, err := s.Verify(b.signed)
		require.NoError(t, err)
		require.Equal(t, b.access, read)
		require.Equal(t, ttl, s.TTL())
	})

	t.Run("CarriesTheClaimsThatClientsRead", func(t *testing.T) {
		t.Parallel()
		_, b := setup(t)
		body, err := base64.RawURLEncoding.DecodeString(strings.Split(b.signed, ".")[1])
		require.NoError(t, err)
		require.JSONEq(t,
			`{"sub":"usr_1","org":"ORG_1","sid":"ses_1","sv":3,"role":"STAFF","branch":"B1","iat":1731056400,"exp":1731057300}`, string(body))
	})

	t.Run("RefusesAnExpiredOne", func(t *testing.T) {
		t.Parallel()
		s, b := setup(t)
		b.clock.Advance(ttl)
		_, err := s.Verify(b.signed)
		require.ErrorIs(t, err, token.ErrExpired)
	})

	t.Run("RefusesAnothersExpiredOneAsForged", func(t *testing.T) {
		t.Parallel()
		s, b := setup(t)
		forged, err := token.NewSigner(strings.Repeat("x", 32), ttl, b.clock.Now).Sign(b.access)
		require.NoError(t, err)
		b.clock.Advance(ttl)
		_, err = s.Verify(forged)
		require.Error(t, err)
		require.NotErrorIs(t, err, token.ErrExpired)
	})

	t.Run("RefusesOtherAlgorithmsAndEndlessTokens", func(t *testing.T) {
		t.Parallel()
		s, _ := setup(t)
		eternal := jwt.MapClaims{"sub": "usr_1", "org": "ORG_1", "sid": "ses_1"}
		lasting := jwt.MapClaims{"sub": "usr_1", "org": "ORG_1", "sid": "ses_1", "exp": 1<<40 + 1}
		for name, forge := range map[string]func() (string, error){
			"no expiry": func() (string, error) {
				return jwt.NewWithClaims(jwt.SigningMethodHS256, eternal).SignedString([]byte(secret))
			},
			"HS512": func() (string, error) {
				return jwt.NewWithClaims(jwt.SigningMethodHS512, lasting).SignedString([]byte(secret))
			},
			"none": func() (string, error) {
				return jwt.NewWithClaims(jwt.SigningMethodNone, lasting).SignedString(jwt.UnsafeAllowNoneSignatureType)
			},
		} {
			forged, err := forge()
			require.NoError(t, err)
			_, err = s.Verify(forged)
			require.Error(t, err, name)
		}
	})

	t.Run("RefusesEveryChangedCharacter", func(t *testing.T) {
		t.Parallel()
		s, b := setup(t)
		for i := range b.signed {
			changed := []byte(b.signed)
			changed[i] ^= 1
			_, err := s.Verify(string(changed))
			require.Error(t, err, "character %d", i)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s := token.NewSigner(secret, ttl, clock.System)
	signed, err := s.Sign(token.Access{OrgID: "ORG_1", Role: "OWNER", SessionID: "ses_1", UserID: "usr_1"})
	require.NoError(b, err)
	for b.Loop() {
		if _, err := s.Verify(signed); err != nil {
			b.Fatal(err)
		}
	}
}
