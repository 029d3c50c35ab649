package ratelimit

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
)

func TestKeysKeepAnOrganisationInOneSlot(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Subject{
		"prod.limit:{ORG_1}:plan:user:usr_1":   OfCaller(Plan, caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1", UserID: "usr_1"}),
		"prod.limit:{ORG_1}:ingest:key:key_1":  OfCaller(Ingest, caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", OrgID: "ORG_1"}),
		"prod.limit:{192.0.2.1}:address":       OfAddress("::ffff:192.0.2.1"),
		"prod.limit:{2001:db8::/64}:address":   OfAddress("2001:db8::dead:beef%eth0"),
		"prod.limit:{not an address}:address":  OfAddress("not an address"),
		"prod.limit:{2001:db8:1::/64}:address": OfAddress("2001:db8:1:0:ffff::1"),
	} {
		require.Equal(t, want, s.key("prod"))
	}
}
