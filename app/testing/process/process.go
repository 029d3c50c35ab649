package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Secret is what the processes sign access tokens and billing webhooks with.
const Secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// readyTimeout is how long a process may take until it takes calls.
const readyTimeout = 20 * time.Second

// pollInterval is how often it is looked at until then.
const pollInterval = 20 * time.Millisecond

// build makes the binary once for all tests of a package. It is kept at one place, over which each build puts its own.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		folder = os.TempDir()
	}
	binary := filepath.Join(folder, "chefcloud-test", "chefcloud")
	fresh := fmt.Sprintf("%s-%d", binary, os.Getpid())
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", fresh, "github.com/chefcloud/chefcloud/cmd/chefcloud").CombinedOutput() //nolint:gosec // our own
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, os.Rename(fresh, binary)
})

// Binary returns the path of the built command.
func Binary(t testing.TB) string {
	t.Helper()
	binary, err := build()
	require.NoError(t, err)
	return binary
}

// Server is a running server process.
type Server struct {
	// URL is where it takes calls.
	URL string

	command *exec.Cmd
	ended   chan struct{}
	failure error // of Wait, once ended is closed
	killed  bool
}

// Start runs a server process with additional environment variables, `NAME=value`, and waits until it takes calls. The end of the
// test stops it, and fails if it doesn't end in good order.
func Start(t testing.TB, environment ...string) *Server {
	t.Helper()
	return StartAt(t, free(t), environment...)
}

// StartAt does the same at an address, such as that of a process that was killed.
func StartAt(t testing.TB, address string, environment ...string) *Server {
	t.Helper()
	s := &Server{URL: "http://" + address, command: exec.CommandContext(context.WithoutCancel(t.Context()), Binary(t), "serve"), ended: make(chan struct{})} //nolint:gosec // our own
	s.command.Env = append(append(os.Environ(), "APP_ENV=development", "LOG_LEVEL=error", "SHUTDOWN_DELAY=0", "AUTH_JWT_SECRET="+Secret, "WH_SECRET="+Secret,
		"ENABLE_TRACING=false", "REDIS_TLS=false", "HTTP_ADDR="+address), environment...)
	s.command.Stderr = os.Stderr
	require.NoError(t, s.command.Start())
	go func() {
		s.failure = s.command.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { s.Stop(t) })
	require.Eventually(t, func() bool {
		response, err := http.Get(s.URL + "/ready") //nolint:noctx // the process is given its time
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, readyTimeout, pollInterval)
	return s
}

// Address is the host and port that it listens on.
func (s *Server) Address() string { return strings.TrimPrefix(s.URL, "http://") }

// Kill ends the process at once, as a power cut would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.killed = true
	require.NoError(t, s.command.Process.Kill())
	<-s.ended
}

// Stop ends the process as an operator would, unless it has ended.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.killed {
		return
	}
	if err := s.command.Process.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	<-s.ended
	require.NoError(t, s.failure, "a server process must end in good order")
}

// free returns an address that nobody listens on.
func free(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // it is only looked at
	return listener.Addr().String()
}

func freePort(t testing.TB) int {
	t.Helper()
	_, text, err := net.SplitHostPort(free(t))
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return port
}
