package process

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
)

// Valkey is a private server that keeps nothing on disk.
type Valkey struct {
	// Settings are where it is.
	Settings config.Redis

	command *exec.Cmd
}

// StartValkey runs a server until the test ends.
func StartValkey(t testing.TB) *Valkey {
	t.Helper()
	_, text, err := net.SplitHostPort(free(t))
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	v := &Valkey{Settings: config.Redis{Host: "127.0.0.1", Port: port}}
	v.Start(t)
	t.Cleanup(func() { v.Kill(t) })
	return v
}

// Start runs the server again after [Valkey.Kill], empty.
func (v *Valkey) Start(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		program, err = exec.LookPath("redis-server")
	}
	require.NoError(t, err)
	v.command = exec.CommandContext(context.WithoutCancel(t.Context()), program, //nolint:gosec // looked up by name
		"--port", strconv.Itoa(v.Settings.Port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	require.NoError(t, v.command.Start())
	connection := valkey.Open(v.Settings)
	defer connection.Close()
	require.Eventually(t, func() bool { return connection.Healthy(t.Context()) == nil }, readyTimeout, 20*time.Millisecond)
}

// Kill ends the server at once, as a power cut would, with all that it knew.
func (v *Valkey) Kill(t testing.TB) {
	t.Helper()
	if v.command != nil {
		require.NoError(t, v.command.Process.Kill())
		_ = v.command.Wait() // it was killed
		v.command = nil
	}
}
