package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// everybody calls as a member of staff.
type everybody struct{}

// Authenticate implements [rpc.Authenticator].
func (everybody) Authenticate(context.Context, string) (caller.Caller, error) { return staff, nil }

// nothing has nothing to invalidate.
type nothing struct{}

// Plan implements [rpc.Invalidator].
func (nothing) Plan(string, string) rpc.Invalidation { return nothing{} }

// Note implements [mutation.Note].
func (nothing) Note(context.Context, postgres.Querier) error { return nil }

// Carry implements [rpc.Invalidation].
func (nothing) Carry(context.Context) error { return nil }

// keeper keeps one encoding for each codec, of whatever comes first.
type keeper struct {
	asked   atomic.Int64
	encoded atomic.Int64
	kept    map[string][]byte
}

// Encoded implements [rpc.Encodings].
func (k *keeper) Encoded(_ any, codec string, encode func() ([]byte, error)) ([]byte, bool, error) {
	k.asked.Add(1)
	if data, ok := k.kept[codec]; ok {
		return data, true, nil
	}
	k.encoded.Add(1)
	data, err := encode()
	k.kept[codec] = data
	return data, err == nil, err
}

// strict serves the menu with a log, metrics and encodings that can be looked at.
type strict struct {
	encodings *keeper
	log       *bytes.Buffer
	metrics   *prometheus.Registry
	url       string
}

func startStrict(t *testing.T) *strict {
	t.Helper()
	s := &strict{encodings: &keeper{kept: map[string][]byte{}}, log: &bytes.Buffer{}, metrics: prometheus.NewRegistry()}
	options := append(rpc.Codecs(s.encodings), connect.WithInterceptors(rpc.Interceptors(rpc.Dependencies{
		Authenticator: everybody{}, Invalidator: nothing{}, Metrics: rpc.NewMetrics(s.metrics), Validator: rpctest.Validator(),
	})...))
	handler, err := rpc.Mount([]rpc.Service{{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(menu{}, options...)
		},
	}}, options, http.NotFoundHandler())
	require.NoError(t, err)
	log := zerolog.New(s.log)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(log.WithContext(r.Context())))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// calls returns the counted calls by code.
func (s *strict) calls(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := s.metrics.Gather()
	require.NoError(t, err)
	counted := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "chefcloud_rpc_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "code" {
					counted[label.GetValue()] += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return counted
}

func TestAFailureIsLoggedInFullAndCounted(t *testing.T) {
	t.Parallel()
	for id, message := range map[string]string{"panics": "handler panicked", "breaks": "call failed"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := startStrict(t)
			_, err := menuv1connect.NewMenuServiceClient(http.DefaultClient, s.url).GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: id})
			require.EqualError(t, err, "internal: internal error")
			require.Contains(t, s.log.String(), message)
			require.Contains(t, s.log.String(), "hunter2", "the log knows the cause")
			require.Equal(t, map[string]float64{"internal": 1}, s.calls(t))
		})
	}
}

func TestAKeptEncodingIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := startStrict(t)
	for range 3 {
		for _, options := range [][]connect.ClientOption{nil, {connect.WithProtoJSON()}} {
			got, err := menuv1connect.NewMenuServiceClient(http.DefaultClient, s.url, options...).
				GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
			require.NoError(t, err)
			require.Equal(t, "dish", got.GetMenuItem().GetId())
		}
	}
	require.Equal(t, int64(6), s.encodings.asked.Load())
	require.Equal(t, int64(2), s.encodings.encoded.Load(), "once for each codec")
}

func TestABrokenRuleNamesFieldAndRule(t *testing.T) {
	t.Parallel()
	server := start(t)
	manager := staff
	manager.Role = caller.RoleManager
	bad := &menuv1.UpsertMenuItemRequest{MenuItem: &menuv1.MenuItem{Category: "FOOD", Price: -1}}

	for protocol, client := range map[string]menuv1connect.MenuServiceClient{
		"Connect": menuv1connect.NewMenuServiceClient(server.As(manager), server.URL),
		"GRPC":    menuv1connect.NewMenuServiceClient(server.AsOverHTTP2(manager), server.URL, connect.WithGRPC()),
		"GRPCWeb": menuv1connect.NewMenuServiceClient(server.As(manager), server.URL, connect.WithGRPCWeb()),
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			_, err := client.UpsertMenuItem(t.Context(), bad)
			code, reason, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, fault.ReasonInvalidArgument, reason)
			require.ElementsMatch(t, []string{"menu_item.name", "menu_item.price"}, fields)
			require.ErrorContains(t, err, "greater than or equal to 0")
		})
	}

	t.Run("REST", func(t *testing.T) {
		t.Parallel()
		status, answer := rest(t, server.As(manager), http.MethodPost, server.URL+"/menu/items", `{"menuItem":{"category":"FOOD","price":"-1"}}`)
		require.Equal(t, http.StatusBadRequest, status)
		for _, part := range []string{"menu_item.name", "menu_item.price", "greater than or equal to 0", fault.ReasonInvalidArgument} {
			require.Contains(t, answer, part)
		}
		require.True(t, json.Valid([]byte(answer)))
	})
}

func TestREST(t *testing.T) {
	t.Parallel()
	server := start(t)
	for name, c := range map[string]struct {
		path   string
		status int
		says   string
	}{
		"answers_what_an_rpc_answers":         {"/menu/items/dish", http.StatusOK, `"id":"dish"`},
		"shows_zeros":                         {"/menu/items/dish", http.StatusOK, `"active":false`},
		"tells_nothing_of_a_failure":          {"/menu/items/breaks", http.StatusInternalServerError, "internal error"},
		"tells_nothing_of_a_panic":            {"/menu/items/panics", http.StatusInternalServerError, "internal error"},
		"names_what_is_missing":               {"/menu/items/missing", http.StatusNotFound, "MENU_ITEM_NOT_FOUND"},
		"hides_other_organisations":           {"/menu/items/dish?org_id=ORG_2", http.StatusNotFound, "ORGANISATION_NOT_FOUND"},
		"names_a_parameter_that_no_one_knows": {"/menu/items/dish?size=1", http.StatusBadRequest, "size"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := rest(t, server.As(staff), http.MethodGet, server.URL+c.path, "")
			require.Equal(t, c.status, status, answer)
			var compact bytes.Buffer
			require.NoError(t, json.Compact(&compact, []byte(answer)))
			require.Contains(t, compact.String(), c.says)
			require.NotContains(t, answer, "hunter2")
		})
	}
}

func rest(t *testing.T, client *http.Client, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(answer)
}
