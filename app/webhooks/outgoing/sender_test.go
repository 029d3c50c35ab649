package outgoing

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

// resolver is a name server that answers every query with what addresses returns for its turn, from 0.
func resolver(t *testing.T, addresses func(turn int) []string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	var turn atomic.Int64
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response = true
			if m.Questions[0].Type == dnsmessage.TypeA { // each lookup asks once for these
				for _, a := range addresses(int(turn.Add(1)) - 1) {
					m.Answers = append(m.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func post(t *testing.T, s *sender, url string) answer {
	t.Helper()
	got, err := s.post(t.Context(), &Endpoint{Secret: newSecret(), Subscription: Subscription{URL: url}}, body{Data: []byte(`{}`), ID: "evt_1", Type: TypeTest})
	require.NoError(t, err)
	return got
}

func TestAddressesAreCheckedWhenTheyAreDialled(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(func() { require.Zero(t, reached.Load(), "nothing may reach the receiver") })
	t.Cleanup(receiver.Close)
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	require.NoError(t, err)

	cases := map[string]struct {
		host  string
		names func(turn int) []string
	}{
		"the_address_itself":                    {host: "127.0.0.1"},
		"mapped_to_v6":                          {host: "[::ffff:127.0.0.1]"},
		"v6_loopback":                           {host: "[::1]"},
		"unspecified_is_this_machine":           {host: "0.0.0.0"},
		"unspecified_v6_is_too":                 {host: "[::]"},
		"a_name_that_resolves_to_loopback":      {host: "hooks.example.com", names: func(int) []string { return []string{"127.0.0.1"} }},
		"a_name_that_resolves_to_private":       {host: "hooks.example.com", names: func(int) []string { return []string{"10.0.0.1"} }},
		"a_name_that_resolves_to_metadata":      {host: "hooks.example.com", names: func(int) []string { return []string{"169.254.169.254"} }},
		"a_name_with_several_private_addresses": {host: "hooks.example.com", names: func(int) []string { return []string{"192.168.0.1", "127.0.0.1"} }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.names == nil {
				tc.names = func(int) []string { return nil }
			}
			got := post(t, newSender(false, resolver(t, tc.names), clock.System), "http://"+tc.host+":"+port)
			require.True(t, got.refused, got.Error)
			require.Contains(t, got.Error, "isn't public")
			require.Zero(t, got.StatusCode)
		})
	}

	t.Run("decimal_and_octal_forms_reach_nothing", func(t *testing.T) {
		t.Parallel()
		for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
			got := post(t, newSender(false, nil, clock.System), "http://"+host+":"+port)
			require.False(t, got.ok(), host)
			require.Zero(t, got.StatusCode, host)
		}
	})

	t.Run("a_name_that_is_rebound_between_check_and_use", func(t *testing.T) {
		t.Parallel()
		// Whoever looks at the first answer and dials the second is fooled; here each dial looks at its own.
		names := resolver(t, func(turn int) []string {
			if turn == 0 {
				return []string{"1.1.1.1"}
			}
			return []string{"127.0.0.1"}
		})
		first, err := names.LookupNetIP(t.Context(), "ip4", "hooks.example.com")
		require.NoError(t, err)
		require.NoError(t, newGuard(false).SafeAddr(first[0].Unmap()))
		got := post(t, newSender(false, names, clock.System), "http://hooks.example.com:"+port)
		require.True(t, got.refused, got.Error)
	})

	t.Run("development_reaches_loopback_and_no_other_private_address", func(t *testing.T) {
		t.Parallel()
		local := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(local.Close)
		require.Equal(t, http.StatusNotFound, post(t, newSender(true, nil, clock.System), local.URL).StatusCode)
		names := resolver(t, func(int) []string { return []string{"10.0.0.1"} })
		require.True(t, post(t, newSender(true, names, clock.System), "http://hooks.example.com/").refused)
	})
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	var used atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { used.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	names := resolver(t, func(int) []string { return []string{"127.0.0.1"} })
	require.True(t, post(t, newSender(false, names, clock.System), "http://hooks.example.com/").refused)
	require.Zero(t, used.Load())
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, handler http.HandlerFunc) answer {
		t.Helper()
		receiver := httptest.NewServer(handler)
		t.Cleanup(receiver.Close)
		return post(t, newSender(true, nil, clock.System), receiver.URL)
	}

	t.Run("RedirectsAreNotFollowed", func(t *testing.T) {
		t.Parallel()
		var followed atomic.Int64
		target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
		t.Cleanup(target.Close)
		got := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
		})
		require.Equal(t, http.StatusTemporaryRedirect, got.StatusCode)
		require.Contains(t, got.Error, "redirects aren't followed")
		require.Zero(t, followed.Load())
	})

	t.Run("OnlyTheBeginningOfAnAnswerIsReadAndKept", func(t *testing.T) {
		t.Parallel()
		got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 20 { // more than anybody would read
				if _, err := w.Write([]byte(strings.Repeat("a", 1024))); err != nil {
					return
				}
			}
		})
		require.True(t, got.ok())
		require.Len(t, got.Response, keptAnswer)
	})

	t.Run("WhatIsKeptCanBeStored", func(t *testing.T) {
		t.Parallel()
		got := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a\x00b\xff")) })
		require.Equal(t, "a\uFFFDb\uFFFD", got.Response)
	})

	t.Run("AWaitIsTakenFromBusyAnswersOnly", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[int]time.Duration{429: time.Minute, 503: time.Minute, 500: 0, 200: 0} {
			got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "60")
				w.WriteHeader(status)
			})
			require.Equal(t, want, got.retryAfter, status)
		}
	})

	t.Run("AProcessThatEndsCountsForNothing", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server sees that the client left only after that
			cancel()
			<-r.Context().Done()
		}))
		t.Cleanup(receiver.Close)
		_, err := newSender(true, nil, clock.System).post(ctx, &Endpoint{Secret: newSecret(), Subscription: Subscription{URL: receiver.URL}}, body{Data: []byte(`{}`), ID: "evt_1"})
		require.ErrorIs(t, err, context.Canceled)
	})

	t.Run("AnErrorNamesNoAddress", func(t *testing.T) {
		t.Parallel()
		got := post(t, newSender(true, nil, clock.System), "http://127.0.0.1:1/?token=very-secret")
		require.NotEmpty(t, got.Error)
		require.NotContains(t, got.Error, "very-secret")
	})
}

func TestRequestsAreSignedByEachSecret(t *testing.T) {
	t.Parallel()
	type request struct {
		body   []byte
		header http.Header
	}
	requests := make(chan request, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		requests <- request{text, r.Header}
	}))
	t.Cleanup(receiver.Close)
	now := clock.System()
	e := &Endpoint{Secret: newSecret(), OldSecret: newSecret(), OldSecretUntil: now.Add(time.Hour), Subscription: Subscription{URL: receiver.URL}}
	got, err := newSender(true, nil, clock.System).post(t.Context(), e, body{Data: []byte(`{"b":1,"a":"é"}`), ID: "evt_1", Timestamp: exampleAt, Type: TypeOrderClosed})
	require.NoError(t, err)
	require.True(t, got.ok(), got.Error)
	r := <-requests
	want := `{"type":"order.closed","timestamp":"2026-03-06T18:30:00Z","data":{"b":1,"a":"é"},"id":"evt_1"}`
	require.Equal(t, want, string(r.body), "byte by byte")
	require.Equal(t, "evt_1", r.header.Get("webhook-id"))
	require.Equal(t, userAgent, r.header.Get("User-Agent"))
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	for _, secret := range []string{e.Secret, e.OldSecret} {
		w, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		require.NoError(t, w.Verify(r.body, r.header))
	}
	other, err := standardwebhooks.NewWebhook(newSecret())
	require.NoError(t, err)
	require.Error(t, other.Verify(r.body, r.header))
}
