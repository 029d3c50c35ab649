package process

import (
	"os/exec"
	"testing"

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
	v := &Valkey{Settings: config.Redis{Host: "127.0.0.1", Port: freePort(t)}}
	v.Start(t)
	return v
}

// Start runs the server again after [Valkey.Kill], empty.
func (v *Valkey) Start(t testing.TB) {
	t.Helper()
	v.command = startValkey(t, v.Settings.Port)
	connection := valkey.Open(v.Settings)
	defer connection.Close()
	require.Eventually(t, func() bool { return connection.Healthy(t.Context()) == nil }, readyTimeout, pollInterval)
}

// Kill ends the server at once, as a power cut would, with all that it knew.
func (v *Valkey) Kill(t testing.TB) {
	t.Helper()
	kill(t, v.command)
}
