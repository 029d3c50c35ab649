package token_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth/token"
)

func TestOpaque(t *testing.T) {
	t.Parallel()

	t.Run("IsReadAsItWasMinted", func(t *testing.T) {
		t.Parallel()
		minted := token.Mint(token.Refresh, "ORG_1", "ses_1")
		read, ok := token.Parse(token.Refresh, minted.Reveal())
		require.True(t, ok)
		require.Equal(t, minted, read)
		require.True(t, read.Matches(minted.Hash()))
		require.True(t, strings.HasPrefix(minted.Reveal(), "ccr_ORG_1.ses_1."))
	})

	t.Run("MatchesNoOthersHash", func(t *testing.T) {
		t.Parallel()
		a, b := token.Mint(token.APIKey, "ORG_1", "key_1"), token.Mint(token.APIKey, "ORG_1", "key_1")
		require.NotEqual(t, a.Reveal(), b.Reveal())
		require.False(t, a.Matches(b.Hash()))
		require.False(t, a.Matches(nil))
	})

	t.Run("PrintsNoSecret", func(t *testing.T) {
		t.Parallel()
		minted := token.Mint(token.APIKey, "ORG_1", "key_1")
		require.Equal(t, "cck_ORG_1.key_1.********", fmt.Sprintf("%v", minted))
	})

	t.Run("HasOneSpelling", func(t *testing.T) {
		t.Parallel()
		text := token.Mint(token.APIKey, "ORG_1", "key_1").Reveal()
		secret := text[strings.LastIndex(text, ".")+1:]
		for name, bad := range map[string]string{
			"empty":                 "",
			"another kind":          "ccr_" + text[4:],
			"no organisation":       "cck_.key_1." + secret,
			"no id":                 "cck_ORG_1.." + secret,
			"a space in the id":     "cck_ORG_1.key 1." + secret,
			"a short secret":        text[:len(text)-1],
			"a long secret":         text + "A",
			"padding":               text + "=",
			"a line feed":           text[:len(text)-1] + "\n",
			"a fourth part":         text + "." + secret,
			"other alphabet":        text[:len(text)-1] + "+",
			"bits that don't count": text[:len(text)-1] + "_",
		} {
			_, ok := token.Parse(token.APIKey, bad)
			require.False(t, ok, name)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(token.Mint(token.APIKey, "ORG_1", "key_1").Reveal())
	f.Add("cck_ORG_1.key_1.")
	f.Add("cck_..")
	f.Fuzz(func(t *testing.T, text string) {
		if o, ok := token.Parse(token.APIKey, text); ok {
			require.Equal(t, text, o.Reveal())
		}
	})
}
