package password

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// quick is far too cheap for real passwords.
var quick = Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func newHasher(t *testing.T, params Params, parallel int) *Hasher {
	t.Helper()
	h, err := NewHasher(params, parallel)
	require.NoError(t, err)
	return h
}

func TestHasher(t *testing.T) {
	t.Parallel()

	t.Run("KnowsThePasswordThatItHashed", func(t *testing.T) {
		t.Parallel()
		h := newHasher(t, quick, 0)
		hash, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)

		matches, err := h.Matches(t.Context(), "correct horse", hash)
		require.NoError(t, err)
		require.True(t, matches)

		matches, err = h.Matches(t.Context(), "correct horsf", hash)
		require.NoError(t, err)
		require.False(t, matches)
	})

	t.Run("SaltsEachHash", func(t *testing.T) {
		t.Parallel()
		h := newHasher(t, quick, 0)
		first, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
		second, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
		require.NotEqual(t, first, second)
	})

	t.Run("RefusesWhereThereIsNoAccount", func(t *testing.T) {
		t.Parallel()
		matches, err := newHasher(t, quick, 0).Matches(t.Context(), "", "")
		require.NoError(t, err)
		require.False(t, matches)
	})

	t.Run("ReportsAHashThatItCannotRead", func(t *testing.T) {
		t.Parallel()
		_, err := newHasher(t, quick, 0).Matches(t.Context(), "x", "plain text")
		require.Error(t, err)
	})

	t.Run("WaitsForASlotNoLongerThanTheCaller", func(t *testing.T) {
		t.Parallel()
		h := newHasher(t, quick, 1)
		release, err := h.acquire(t.Context())
		require.NoError(t, err)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = h.Hash(ctx, "correct horse")
		require.ErrorIs(t, err, context.Canceled)
		_, err = h.Matches(ctx, "correct horse", "")
		require.ErrorIs(t, err, context.Canceled)

		release()
		_, err = h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
	})
}

func BenchmarkHash(b *testing.B) {
	h, err := NewHasher(Recommended(), 1)
	require.NoError(b, err)
	for b.Loop() {
		_, err := h.Hash(b.Context(), "correct horse")
		require.NoError(b, err)
	}
}
