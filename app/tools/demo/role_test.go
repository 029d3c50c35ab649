package demo_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo"
)

// newPlain returns an empty database twice: for its owner, and for a role that may not switch foreign keys off.
func newPlain(t *testing.T) (owner, plain *postgres.DB) {
	t.Helper()
	address := dbtest.URL(t)
	owner = dbtest.Open(t, address)
	role := "plain_" + strings.ToLower(rand.Text())
	exec := func(sql string) {
		_, err := owner.Exec(context.WithoutCancel(t.Context()), sql)
		require.NoError(t, err)
	}
	exec("CREATE ROLE " + role)
	t.Cleanup(func() { exec("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	exec("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role)

	parsed, err := url.Parse(address)
	require.NoError(t, err)
	query := parsed.Query()
	query.Set("role", role)
	parsed.RawQuery = query.Encode()
	plain = dbtest.Open(t, parsed.String())
	return owner, plain
}

func TestForeignKeysAreCheckedWhereTheRoleCannotDoWithout(t *testing.T) {
	t.Parallel()

	t.Run("Load", func(t *testing.T) {
		t.Parallel()
		owner, plain := newPlain(t)
		options := thin()
		options.Days = 3
		load(t, plain, options)
		requireConsistent(t, owner, demo.OrgID)
		_, err := owner.Exec(t.Context(), "DELETE FROM user_logins")
		require.NoError(t, err)
		require.Contains(t, load(t, plain, options), "Demo data is loaded", "after deleting what was there")
	})

	t.Run("Seed", func(t *testing.T) {
		t.Parallel()
		owner, plain := newPlain(t)
		_, err := demo.Seed(t.Context(), plain, small())
		require.NoError(t, err)
		requireConsistent(t, owner, "ORG_BIG")
	})

	t.Run("ARowThatRefersToNothingIsRefused", func(t *testing.T) {
		t.Parallel()
		_, plain := newPlain(t)
		_, err := plain.Exec(t.Context(), "INSERT INTO branches (org_id, id, name, time_zone, opened_on, created_at) VALUES ('X', 'X', 'X', 'UTC', now(), now())")
		require.True(t, postgres.IsForeignKeyViolation(err, "branches_org"), err)
	})
}
