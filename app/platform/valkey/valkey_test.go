package valkey_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	client "github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	settings := config.Redis{DB: 3, Host: "redis.internal", Password: "sesame", Port: 6380, TLS: true}
	options := valkey.Options(settings)
	require.Equal(t, []string{"redis.internal:6380"}, options.InitAddress)
	require.Equal(t, "sesame", options.Password)
	require.Equal(t, 3, options.SelectDB)
	require.Equal(t, "redis.internal", options.TLSConfig.ServerName)
	require.GreaterOrEqual(t, options.TLSConfig.MinVersion, uint16(tls.VersionTLS12))
	require.False(t, options.TLSConfig.InsecureSkipVerify)

	settings.TLS = false
	require.Nil(t, valkey.Options(settings).TLSConfig)
}

func TestConnection(t *testing.T) {
	t.Parallel()

	t.Run("ReachesTheServer", func(t *testing.T) {
		t.Parallel()
		connection, prefix := dbtest.Valkey(t)
		require.NoError(t, connection.Healthy(t.Context()))
		c, err := connection.Client()
		require.NoError(t, err)
		require.NoError(t, c.Do(t.Context(), c.B().Set().Key(prefix+":greeting").Value("hello").ExSeconds(60).Build()).Error())
		got, err := c.Do(t.Context(), c.B().Get().Key(prefix+":greeting").Build()).ToString()
		require.NoError(t, err)
		require.Equal(t, "hello", got)
	})

	t.Run("IsBackWhenTheServerIsBack", func(t *testing.T) {
		t.Parallel()
		server := startGate(t)
		connection := valkey.Open(server.settings)
		t.Cleanup(connection.Close)
		require.Error(t, connection.Healthy(t.Context()), "the server is away at the start")
		server.open.Store(true)
		require.Eventually(t, func() bool { return connection.Healthy(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	})

	t.Run("FindsOutWhetherItIsACluster", func(t *testing.T) {
		t.Parallel()
		cluster := valkey.Open(process.StartValkeyCluster(t))
		t.Cleanup(cluster.Close)
		single, _ := dbtest.Valkey(t)
		for connection, servers := range map[*valkey.Connection]int{cluster: 3, single: 1} {
			require.NoError(t, connection.Healthy(t.Context()))
			c, err := connection.Client()
			require.NoError(t, err)
			require.Len(t, c.Nodes(), servers)
		}
	})

	t.Run("DoesNotDialAgainAtOnce", func(t *testing.T) {
		t.Parallel()
		server := startGate(t)
		connection := valkey.Open(server.settings)
		t.Cleanup(connection.Close)
		_, first := connection.Client()
		require.Error(t, first)
		dialled := server.dialled.Load()
		for range 1000 {
			if _, err := connection.Client(); err != first { //nolint:errorlint // the very same one
				break // the pause is over on a machine that is this slow
			}
			require.Equal(t, dialled, server.dialled.Load())
		}
	})

	t.Run("StaysClosed", func(t *testing.T) {
		t.Parallel()
		connection := valkey.Open(dbtest.ValkeySettings(t))
		require.NoError(t, connection.Healthy(t.Context()))
		connection.Close()
		connection.Close()
		_, err := connection.Client()
		require.ErrorIs(t, err, client.ErrClosing)
		require.Error(t, connection.Healthy(t.Context()))
	})

	t.Run("AnErrorDoesNotTellThePassword", func(t *testing.T) {
		t.Parallel()
		server := startGate(t)
		server.settings.Password = "sesame"
		connection := valkey.Open(server.settings)
		t.Cleanup(connection.Close)
		_, err := connection.Client()
		require.ErrorContains(t, err, "connect to Valkey")
		require.NotContains(t, err.Error(), "sesame")
	})
}

// gate stands before the test server and lets connections through while it is open.
type gate struct {
	dialled  atomic.Int64
	open     atomic.Bool
	settings config.Redis
}

func startGate(t *testing.T) *gate {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	g := &gate{settings: dbtest.ValkeySettings(t)}
	g.settings.Host, g.settings.Port = "127.0.0.1", listener.Addr().(*net.TCPAddr).Port
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			g.dialled.Add(1)
			if !g.open.Load() {
				_ = conn.Close()
				continue
			}
			go pass(t.Context(), conn)
		}
	}()
	return g
}

// pass copies both ways until either side ends.
func pass(ctx context.Context, conn net.Conn) {
	defer conn.Close() //nolint:errcheck // the test is over
	server, err := new(net.Dialer).DialContext(ctx, "tcp", os.Getenv(dbtest.ValkeyVariable))
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // the test is over
	go func() {
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
}
