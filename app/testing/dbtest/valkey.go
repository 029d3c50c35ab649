package dbtest

import (
	"crypto/rand"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
)

// ValkeyVariable names the Valkey server that tests use, as host:port.
const ValkeyVariable = "TEST_REDIS_ADDR"

// ValkeySettings returns the settings of the test server.
func ValkeySettings(t testing.TB) config.Redis {
	t.Helper()
	address := os.Getenv(ValkeyVariable)
	if address == "" {
		t.Fatalf("%s is not set: run the tests with `go tool -modfile=tools/go.mod task test`, or set it to a Valkey server", ValkeyVariable)
	}
	host, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return config.Redis{Host: host, Port: port}
}

// Valkey returns a connection, closed when the test ends, and a key prefix that no other test has.
func Valkey(t testing.TB) (connection *valkey.Connection, prefix string) {
	t.Helper()
	connection = valkey.Open(ValkeySettings(t))
	t.Cleanup(connection.Close)
	return connection, "test-" + rand.Text()
}
