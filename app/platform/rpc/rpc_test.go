package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

const secret = `SELECT * FROM users WHERE password = 'hunter2'`

// menu answers by the id that it is asked for.
type menu struct {
	menuv1connect.UnimplementedMenuServiceHandler
}

// GetMenuItem implements [menuv1connect.MenuServiceHandler].
func (menu) GetMenuItem(_ context.Context, req *menuv1.GetMenuItemRequest) (*menuv1.GetMenuItemResponse, error) {
	switch req.GetMenuItemId() {
	case "panics":
		panic(secret)
	case "breaks":
		return nil, errors.New(secret)
	case "unreadable":
		return nil, connect.NewError(connect.CodeInvalidArgument, &net.OpError{Op: "read", Err: errors.New("connection reset")})
	case "missing":
		return nil, fault.NotFound("menu item", "missing").WithCause(errors.New(secret))
	}
	return &menuv1.GetMenuItemResponse{MenuItem: &menuv1.MenuItem{Id: req.GetMenuItemId()}}, nil
}

func start(t *testing.T) *rpctest.Server {
	t.Helper()
	return rpctest.New(t, rpc.Service{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(menu{}, options...)
		},
	})
}

var staff = caller.Caller{Kind: caller.KindUser, BranchID: "BR_1", OrgID: "ORG_1", Role: caller.RoleStaff, UserID: "usr_1"}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := start(t)
	clients := map[string]menuv1connect.MenuServiceClient{
		"connect":  menuv1connect.NewMenuServiceClient(server.As(staff), server.URL),
		"grpc":     menuv1connect.NewMenuServiceClient(server.AsOverHTTP2(staff), server.URL, connect.WithGRPC()),
		"grpc_web": menuv1connect.NewMenuServiceClient(server.As(staff), server.URL, connect.WithGRPCWeb()),
	}
	for protocol, client := range clients {
		for id, c := range map[string]struct {
			code    connect.Code
			message string
		}{
			"panics":  {connect.CodeInternal, "internal error"},
			"breaks":  {connect.CodeInternal, "internal error"},
			"missing": {connect.CodeNotFound, `menu item "missing" not found`},
			// The client's broken connection isn't the database's.
			"unreadable": {connect.CodeInvalidArgument, "connection reset"},
			"bad id!":    {connect.CodeInvalidArgument, "menu_item_id: "},
		} {
			t.Run(protocol+"_"+id, func(t *testing.T) {
				t.Parallel()
				_, err := client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: id})
				require.Equal(t, c.code, connect.CodeOf(err))
				require.ErrorContains(t, err, c.message)
				require.NotContains(t, err.Error(), "hunter2")
			})
		}
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	server := start(t)
	get := func(c caller.Caller, orgID string) error {
		_, err := menuv1connect.NewMenuServiceClient(server.As(c), server.URL).
			GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{OrgId: orgID, MenuItemId: "dish"})
		return err
	}
	key := func(scopes ...string) caller.Caller {
		return caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", OrgID: "ORG_1", Scopes: scopes}
	}

	t.Run("AnotherOrganisationIsAsGoodAsMissing", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, get(staff, "ORG_1"))
		require.NoError(t, get(staff, ""))
		foreign, missing := get(staff, "ORG_2"), get(staff, "ORG_NONE")
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(foreign))
		require.Equal(t, strings.ReplaceAll(foreign.Error(), "ORG_2", "ORG_NONE"), missing.Error())
	})

	t.Run("AKeyNeedsTheScope", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, get(key("orders:read"), ""))
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(get(key("reports:read"), "")))
		_, err := menuv1connect.NewMenuServiceClient(server.As(key("orders:write")), server.URL).
			UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err), "no scope reaches it")
	})

	t.Run("NobodyIsUnauthenticated", func(t *testing.T) {
		t.Parallel()
		_, err := menuv1connect.NewMenuServiceClient(http.DefaultClient, server.URL).GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
		require.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	server := start(t)
	post := func(path, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, bytes.NewBufferString(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := server.As(staff).Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(answer)
	}
	const procedure = menuv1connect.MenuServiceGetMenuItemProcedure

	t.Run("ShowsZeros", func(t *testing.T) {
		t.Parallel()
		status, answer := post(procedure, `{"menuItemId":"dish"}`)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, answer, `"price"`)
	})

	t.Run("LosesNoMisspeltField", func(t *testing.T) {
		t.Parallel()
		status, answer := post(procedure, `{"menuItmId":"dish"}`)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, answer, "menuItmId")
	})
}

func TestAMutationThatWasRefusedInvalidatesNothing(t *testing.T) {
	t.Parallel()
	server := start(t)
	manager := staff
	manager.Role = caller.RoleManager
	client := menuv1connect.NewMenuServiceClient(server.As(manager), server.URL)
	_, err := client.UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{}) // has no menu_item
	require.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	require.Empty(t, server.Busted.Procedures())
	_, err = client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
	require.NoError(t, err)
	require.Empty(t, server.Busted.Procedures(), "reads change nothing")
}
