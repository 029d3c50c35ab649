package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

func TestCreateOrganisation(t *testing.T) {
	t.Parallel()
	hasher, err := password.NewHasher(quick, 0)
	require.NoError(t, err)
	good := auth.NewOrganisation{Currency: "UGX", ID: "ORG_1", Name: "One", OwnerEmail: "Owner@Example.com", OwnerPassword: pass, Plan: "PRO"}
	create := func(t *testing.T, db *postgres.DB, change func(*auth.NewOrganisation)) error {
		t.Helper()
		n := good
		change(&n)
		_, err := auth.CreateOrganisation(t.Context(), db, hasher, clock.System, n)
		return err
	}

	t.Run("MakesATenantWithAnOwner", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		require.NoError(t, create(t, n.db, func(*auth.NewOrganisation) {}))
		require.Equal(t, "ORG_1", works(t, n.asUser(t, "owner@example.com")).GetUser().GetOrgId())
	})

	t.Run("RefusesATakenIdAndATakenAddressWhole", func(t *testing.T) {
		t.Parallel()
		db := dbtest.New(t)
		require.NoError(t, create(t, db, func(*auth.NewOrganisation) {}))
		requireReason(t, create(t, db, func(n *auth.NewOrganisation) { n.OwnerEmail = "second@example.com" }), "ORGANISATION_EXISTS")
		requireReason(t, create(t, db, func(n *auth.NewOrganisation) { n.ID = "ORG_2" }), "EMAIL_TAKEN")
		require.Equal(t, 1, count(t, db, "organisations"))
		require.Equal(t, 1, count(t, db, "users"))
	})

	t.Run("NamesEverythingThatIsWrong", func(t *testing.T) {
		t.Parallel()
		err := create(t, dbtest.New(t), func(n *auth.NewOrganisation) {
			*n = auth.NewOrganisation{Currency: "shillings", ID: "no id", Name: " ", OwnerEmail: "Ann <a@b>", OwnerPassword: "short", Plan: "GOLD"}
		})
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		var fields []string
		for _, v := range f.Violations {
			fields = append(fields, v.Field)
		}
		require.Equal(t, []string{"id", "name", "currency", "plan", "owner_email", "owner_password"}, fields)
	})
}
