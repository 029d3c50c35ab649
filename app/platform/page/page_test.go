package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/page"
)

type cursor struct{ ID string }

func identity(id string) cursor { return cursor{ID: id} }

func TestCut(t *testing.T) {
	t.Parallel()

	t.Run("NamesTheLastRowWhenThereIsMore", func(t *testing.T) {
		t.Parallel()
		rows, token := page.Cut([]string{"a", "b", "c"}, 2, identity)
		require.Equal(t, []string{"a", "b"}, rows)
		after, err := page.Decode(token, cursor{})
		require.NoError(t, err)
		require.Equal(t, cursor{ID: "b"}, after)
	})

	t.Run("HasNoTokenOnTheLastPage", func(t *testing.T) {
		t.Parallel()
		rows, token := page.Cut([]string{"a", "b"}, 2, identity)
		require.Len(t, rows, 2)
		require.Empty(t, token)
	})
}

func TestDecodeRefusesWhatItDidNotEncode(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"!", "e30x", "AAAA"} {
		_, err := page.Decode(token, cursor{})
		require.ErrorContains(t, err, "page_token", token)
	}
}
