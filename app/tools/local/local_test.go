package local

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDatabaseName(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"/home/me/chefcloud/.chefcloud": "chefcloud",
		"/tmp/Second-One":               "chefcloud_secondone",
		"node2":                         "chefcloud_node2",
	} {
		require.Equal(t, want, databaseName(data))
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"127.0.0.1:9080", "127.0.0.1:9081", "127.0.0.1:9082"}, addresses(UpOptions{Addr: "127.0.0.1:9080", Nodes: 3}))
	require.Equal(t, "http://localhost:8080", url("127.0.0.1:8080"))
	require.Equal(t, "http://localhost:8080", url(":8080"))
	require.Equal(t, "http://10.0.0.7:80", url("10.0.0.7:80"))
}

func TestAnInstanceKeepsItsSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.json")
	first, err := readSecrets(path)
	require.NoError(t, err)
	require.Len(t, first.JWT, 64)
	require.NotEqual(t, first.JWT, first.Webhook)
	second, err := readSecrets(path)
	require.NoError(t, err)
	require.Equal(t, first, second)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestAStalePidFileIsNobody(t *testing.T) {
	t.Parallel()
	d := daemon{pidFile: filepath.Join(t.TempDir(), "pid")}
	require.Zero(t, d.pid())
	// This process lives, but is no postgres.
	require.NoError(t, os.WriteFile(d.pidFile, []byte(strconv.Itoa(os.Getpid())+" /usr/bin/postgres"), 0o600))
	require.Zero(t, d.pid())
}

// TestExec runs the real command line in a checkout of its own.
func TestExec(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "chefcloud")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../cmd/chefcloud").CombinedOutput()
	require.NoError(t, err, string(out))
	checkout, err := os.MkdirTemp("", "checkout")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(checkout, 0o755)) // PostgreSQL's user must get through
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(checkout)) })
	require.NoError(t, os.MkdirAll(filepath.Join(checkout, "cmd", "chefcloud"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "cmd", "chefcloud", "main.go"), nil, 0o600))
	services := filepath.Join(checkout, ".chefcloud", "services")
	run := func(args ...string) *exec.Cmd {
		command := exec.Command(binary, append([]string{"local", "exec", "--"}, args...)...)
		command.Dir = checkout
		return command
	}
	gone := func(pids []int) {
		t.Helper()
		for _, pid := range pids {
			require.False(t, daemon{}.running(pid), "process %d is still there", pid)
		}
	}

	t.Run("GivesTheCommandItsServersAndTakesOverItsExitCode", func(t *testing.T) { //nolint:paralleltest // one checkout
		var exit *exec.ExitError
		err := run("sh", "-c", `test -n "$TEST_DATABASE_URL" && test -n "$TEST_REDIS_ADDR" && exit 7`).Run()
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 7, exit.ExitCode())
		require.NoFileExists(t, filepath.Join(services, "postgres.pid"))
	})

	t.Run("LeavesNothingBehindWhenItIsInterrupted", func(t *testing.T) { //nolint:paralleltest // one checkout
		command := run("sleep", "600")
		require.NoError(t, command.Start())
		pids := running(t, services)
		require.NoError(t, command.Process.Signal(os.Interrupt))
		require.Error(t, command.Wait())
		gone(pids)
	})

	t.Run("KeepsTheServersUntilTheLastHasLeft", func(t *testing.T) { //nolint:paralleltest // one checkout
		first, second := run("sleep", "600"), run("sleep", "600")
		require.NoError(t, first.Start())
		pids := running(t, services)
		require.NoError(t, second.Start())
		waitForChild(t, second.Process.Pid)
		require.NoError(t, first.Process.Signal(os.Interrupt))
		require.Error(t, first.Wait())
		for _, pid := range pids {
			require.NoError(t, syscall.Kill(pid, 0), "process %d was stopped under the second", pid)
		}
		require.NoError(t, second.Process.Signal(syscall.SIGTERM))
		require.Error(t, second.Wait())
		gone(pids)
	})

	t.Run("StartsAgainAfterEverythingWasKilled", func(t *testing.T) { //nolint:paralleltest // one checkout
		command := run("sleep", "600")
		require.NoError(t, command.Start())
		for _, pid := range append(running(t, services), command.Process.Pid) {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		require.Error(t, command.Wait())
		require.NoError(t, run("true").Run())
	})
}

// running waits until both servers are up and returns their processes.
func running(t *testing.T, services string) []int {
	t.Helper()
	var pids []int
	require.Eventually(t, func() bool {
		pids = nil
		for _, name := range []string{"postgres.pid", "valkey.pid"} {
			content, err := os.ReadFile(filepath.Join(services, name))
			number, _, _ := strings.Cut(string(content), " ")
			pid, notANumber := strconv.Atoi(number)
			if err != nil || notANumber != nil {
				return false
			}
			pids = append(pids, pid)
		}
		return true
	}, 60*time.Second, 20*time.Millisecond)
	return pids
}

// waitForChild waits until a process has started its command, which it does when it has the servers.
func waitForChild(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return exec.Command("pgrep", "-x", "-P", strconv.Itoa(pid), "sleep").Run() == nil
	}, 60*time.Second, 20*time.Millisecond)
}
