package mutation_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// menu answers each work with an id of its own, so that a replay can be told from a repetition.
type menu struct {
	menuv1connect.UnimplementedMenuServiceHandler
	db     *postgres.DB
	worked atomic.Int64
	// failing refuses work after it was done.
	failing atomic.Bool
}

// UpsertMenuItem implements [menuv1connect.MenuServiceHandler]. A dish named Nothing gets an answer without any field.
func (m *menu) UpsertMenuItem(ctx context.Context, req *menuv1.UpsertMenuItemRequest) (*menuv1.UpsertMenuItemResponse, error) {
	return mutation.Run(ctx, m.db, req, func(ctx context.Context, tx postgres.Querier) (*menuv1.UpsertMenuItemResponse, error) {
		m.worked.Add(1)
		if _, err := tx.Exec(ctx, "INSERT INTO works DEFAULT VALUES"); err != nil {
			return nil, err
		}
		if m.failing.Load() {
			return nil, fault.FailedPrecondition("KITCHEN_CLOSED", "the kitchen is closed")
		}
		if req.GetMenuItem().GetName() == "Nothing" {
			return &menuv1.UpsertMenuItemResponse{}, nil
		}
		return &menuv1.UpsertMenuItemResponse{MenuItem: &menuv1.MenuItem{Id: ids.New("menu"), Name: req.GetMenuItem().GetName()}}, nil
	})
}

// testBundle is a service behind the product's interceptors.
type testBundle struct {
	menu   *menu
	owner  caller.Caller
	server *rpctest.Server
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	db := dbtest.New(t)
	_, err := db.Exec(t.Context(), "CREATE TABLE works (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
	require.NoError(t, err)
	m := &menu{db: db}
	return &testBundle{menu: m, owner: factory.Organisation(t, db, factory.OrgOpts{}), server: rpctest.New(t, rpc.Service{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(m, options...)
		},
	})}
}

// call changes a dish under a key; no key if it is empty.
func (b *testBundle) call(ctx context.Context, c caller.Caller, key, dish string) (*menuv1.UpsertMenuItemResponse, error) {
	ctx, info := connect.NewClientContext(ctx)
	if key != "" {
		info.RequestHeader().Set(mutation.KeyHeader, key)
	}
	return menuv1connect.NewMenuServiceClient(b.server.As(c), b.server.URL).
		UpsertMenuItem(ctx, &menuv1.UpsertMenuItemRequest{MenuItem: &menuv1.MenuItem{Name: dish, Category: "FOOD"}})
}

// kept counts the works that were committed.
func (b *testBundle) kept(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, b.menu.db.QueryRow(t.Context(), "SELECT count(*) FROM works").Scan(&n))
	return n
}

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("CallsAtTheSameTimeWorkOnceAndGetOneAnswer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const callers = 32
		answers := make(chan string, callers)
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				answer, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
				if err != nil {
					t.Error(err)
				}
				answers <- answer.GetMenuItem().GetId()
			})
		}
		all.Wait()
		first := <-answers
		require.NotEmpty(t, first)
		for range callers - 1 {
			require.Equal(t, first, <-answers)
		}
		require.Equal(t, int64(1), b.menu.worked.Load())
		require.Equal(t, 1, b.kept(t))
	})

	t.Run("ACallWithoutAKeyWorksEachTime", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first, err := b.call(t.Context(), b.owner, "", "Rolex")
		require.NoError(t, err)
		second, err := b.call(t.Context(), b.owner, "", "Rolex")
		require.NoError(t, err)
		require.NotEqual(t, first.GetMenuItem().GetId(), second.GetMenuItem().GetId())
		require.Equal(t, 2, b.kept(t))
	})

	t.Run("AKeyIsGoodForOneRequest", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
		require.NoError(t, err)
		_, err = b.call(t.Context(), b.owner, "till-7", "Matoke")
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeAlreadyExists, code)
		require.Equal(t, "IDEMPOTENCY_KEY_REUSED", reason)
		require.Equal(t, 1, b.kept(t))
	})

	t.Run("ACallThatFailsLeavesTheKeyFree", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.menu.failing.Store(true)
		_, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
		require.Equal(t, connect.CodeFailedPrecondition, connect.CodeOf(err))
		require.Zero(t, b.kept(t))
		b.menu.failing.Store(false)
		_, err = b.call(t.Context(), b.owner, "till-7", "Matoke")
		require.NoError(t, err, "even for another request")
		require.Equal(t, 1, b.kept(t))
	})

	t.Run("OrganisationsDoNotShareKeys", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Organisation(t, b.menu.db, factory.OrgOpts{})
		first, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
		require.NoError(t, err)
		second, err := b.call(t.Context(), other, "till-7", "Rolex")
		require.NoError(t, err)
		require.NotEqual(t, first.GetMenuItem().GetId(), second.GetMenuItem().GetId())
		require.Equal(t, 2, b.kept(t))
	})

	t.Run("WhoMayDoLessDoesNotGetTheAnswer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
		require.NoError(t, err)
		_, err = b.call(t.Context(), factory.As(b.owner, caller.RoleManager, ""), "till-7", "Rolex")
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeAlreadyExists, code)
		require.Equal(t, "IDEMPOTENCY_KEY_REUSED", reason)
	})

	t.Run("AnAnswerWithoutAnyFieldIsReplayedToo", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for range 2 {
			answer, err := b.call(t.Context(), b.owner, "till-7", "Nothing")
			require.NoError(t, err)
			require.Nil(t, answer.GetMenuItem())
		}
		require.Equal(t, 1, b.kept(t))
	})
}

func TestKeyForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		key string
		ok  bool
	}{
		"the_longest":           {strings.Repeat("k", 255), true},
		"any_visible_character": {`!"#$%&'()*+,-./:;<=>?@[\]^_{|}~`, true},
		"too_long":              {strings.Repeat("k", 256), false},
		"a_space_within":        {"till 7", false},
		"not_ascii":             {"till-é", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.call(t.Context(), b.owner, c.key, "Rolex")
			if c.ok {
				require.NoError(t, err)
				return
			}
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, []string{mutation.KeyHeader}, fields)
		})
	}
}

func TestDeleteExpired(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.call(t.Context(), b.owner, "till-7", "Rolex")
	require.NoError(t, err)
	deleted, err := mutation.DeleteExpired(t.Context(), b.menu.db, b.owner.OrgID, time.Now())
	require.NoError(t, err)
	require.Zero(t, deleted, "a fresh key is kept")
	deleted, err = mutation.DeleteExpired(t.Context(), b.menu.db, b.owner.OrgID, time.Now().Add(mutation.Lifetime+time.Minute))
	require.NoError(t, err)
	require.Equal(t, int64(1), deleted)
	_, err = b.call(t.Context(), b.owner, "till-7", "Matoke")
	require.NoError(t, err, "the key is free again")
}
