package rpc_test

import (
	"context"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// TestStreamsPassTheSameInterceptors serves GetMenuItem's messages as a stream.
func TestStreamsPassTheSameInterceptors(t *testing.T) {
	t.Parallel()
	const procedure = menuv1connect.MenuServiceGetMenuItemProcedure
	method := menuv1.File_chefcloud_menu_v1_menu_proto.Services().ByName("MenuService").Methods().ByName("GetMenuItem")
	server := rpctest.New(t, rpc.Service{Name: menuv1connect.MenuServiceName, Build: streamed(procedure, method)})
	watch := func(c caller.Caller, req *menuv1.GetMenuItemRequest) (received []string, err error) {
		client := connect.NewClient[menuv1.GetMenuItemRequest, menuv1.GetMenuItemResponse](server.AsOverHTTP2(c), server.URL+procedure)
		stream, err := client.CallServerStream(t.Context(), connect.NewRequest(req))
		if err != nil {
			return nil, err
		}
		for stream.Receive() {
			received = append(received, stream.Msg().GetMenuItem().GetId())
		}
		require.NoError(t, stream.Close())
		return received, stream.Err()
	}
	for name, c := range map[string]struct {
		caller  caller.Caller
		orgID   string
		id      string
		code    connect.Code
		message string
	}{
		"a_panic":                {staff, "", "panics", connect.CodeInternal, "internal error"},
		"a_failure":              {staff, "", "breaks", connect.CodeInternal, "internal error"},
		"a_fault":                {staff, "", "missing", connect.CodeNotFound, `menu item "missing" not found`},
		"a_broken_rule":          {staff, "", "bad id!", connect.CodeInvalidArgument, "menu_item_id: "},
		"another_organisation":   {staff, "ORG_2", "dish", connect.CodeNotFound, `organisation "ORG_2" not found`},
		"a_key_without_a_scope":  {caller.Caller{Kind: caller.KindAPIKey, OrgID: "ORG_1"}, "", "dish", connect.CodePermissionDenied, "not permitted"},
		"somebody_without_right": {caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1"}, "", "dish", connect.CodePermissionDenied, "not permitted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received, err := watch(c.caller, &menuv1.GetMenuItemRequest{OrgId: c.orgID, MenuItemId: c.id})
			require.Empty(t, received)
			require.Equal(t, c.code, connect.CodeOf(err), err)
			require.ErrorContains(t, err, c.message)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	t.Run("what_is_permitted", func(t *testing.T) {
		t.Parallel()
		received, err := watch(staff, &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
		require.NoError(t, err)
		require.Equal(t, []string{"dish", "dish"}, received)
	})
}

// streamed answers each request with the same message twice.
func streamed(procedure string, method protoreflect.MethodDescriptor) func(...connect.HandlerOption) (string, http.Handler) {
	return func(options ...connect.HandlerOption) (string, http.Handler) {
		handler := connect.NewServerStreamHandlerSimple(procedure,
			func(ctx context.Context, req *menuv1.GetMenuItemRequest, stream *connect.ServerStream[menuv1.GetMenuItemResponse]) error {
				answer, err := menu{}.GetMenuItem(ctx, req)
				if err != nil {
					return err
				}
				if err := stream.Send(answer); err != nil {
					return err
				}
				return stream.Send(proto.CloneOf(answer))
			}, append(options, connect.WithSchema(method), connect.WithIdempotency(connect.IdempotencyNoSideEffects))...)
		return "/" + menuv1connect.MenuServiceName + "/", handler
	}
}
