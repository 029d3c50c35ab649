package ids_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/ids"
)

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("IsPrefixedValidAndUnique", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for range 1000 {
			id := ids.New("ord")
			require.True(t, strings.HasPrefix(id, "ord_"), id)
			require.True(t, ids.Valid(id), id)
			require.False(t, seen[id], id)
			seen[id] = true
		}
	})

	t.Run("SortsByTimeOfMinting", func(t *testing.T) {
		t.Parallel()
		minted := make([]string, 100)
		for i := range minted {
			minted[i] = ids.New("po")
		}
		require.True(t, slices.IsSorted(minted))
	})

	t.Run("PanicsOnAPrefixThatCannotBe", func(t *testing.T) {
		t.Parallel()
		require.Panics(t, func() { ids.New("Order 1") })
	})
}

func TestValid(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		id   string
		want bool
	}{
		"a caller's own id":         {"PO_STAGING_TEST_1", true},
		"a dash and digits":         {"2024-11", true},
		"one character":             {"x", true},
		"64 characters":             {strings.Repeat("a", 64), true},
		"65 characters":             {strings.Repeat("a", 65), false},
		"empty":                     {"", false},
		"a space":                   {"a b", false},
		"a colon":                   {"a:b", false},
		"a letter outside of ASCII": {"ordé", false},
		"a line feed":               {"ord\n", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, ids.Valid(tc.id))
		})
	}
}
