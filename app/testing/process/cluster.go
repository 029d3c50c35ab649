package process

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	client "github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
)

const (
	// masters is the least number of which a cluster can be.
	masters = 3
	// slots are what a cluster's keys are shared out among.
	slots = 16384
)

// StartValkeyCluster runs a cluster of three masters, which keep nothing on disk, until the test ends. It returns the settings of one.
func StartValkeyCluster(t testing.TB) config.Redis {
	t.Helper()
	nodes := make([]*clusterNode, masters)
	for i := range nodes {
		nodes[i] = startClusterNode(t)
	}
	for i, n := range nodes {
		n.do(t, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/masters), strconv.Itoa((i+1)*slots/masters-1))
		n.do(t, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	for _, n := range nodes[1:] {
		n.do(t, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(nodes[0].settings.Port), strconv.Itoa(nodes[0].bus))
	}
	for _, n := range nodes {
		require.Eventually(t, func() bool {
			info := n.do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(masters))
		}, readyTimeout, pollInterval)
	}
	return nodes[0].settings
}

// clusterNode is one server, spoken to by itself.
type clusterNode struct {
	bus      int // where the nodes speak with each other
	client   client.Client
	settings config.Redis
}

func startClusterNode(t testing.TB) *clusterNode {
	t.Helper()
	n := &clusterNode{bus: freePort(t), settings: config.Redis{Host: "127.0.0.1", Port: freePort(t)}}
	startValkey(t, n.settings.Port, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(n.bus), "--cluster-config-file", "nodes.conf")
	options := valkey.Options(n.settings)
	options.ForceSingleClient = true
	require.Eventually(t, func() bool {
		var err error
		n.client, err = client.NewClient(options)
		return err == nil
	}, readyTimeout, pollInterval)
	t.Cleanup(n.client.Close)
	return n
}

func (n *clusterNode) do(t testing.TB, command ...string) string {
	t.Helper()
	answer, err := n.client.Do(context.WithoutCancel(t.Context()), n.client.B().Arbitrary(command...).Build()).ToString()
	require.NoError(t, err)
	return answer
}

// startValkey runs a server of some port until the test ends, or it is killed.
func startValkey(t testing.TB, port int, arguments ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		program, err = exec.LookPath("redis-server")
	}
	require.NoError(t, err)
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, append([]string{ //nolint:gosec // looked up by name
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, arguments...)...)
	require.NoError(t, command.Start())
	t.Cleanup(func() { kill(t, command) })
	return command
}

// kill ends a process at once, unless it has ended.
func kill(t testing.TB, command *exec.Cmd) {
	t.Helper()
	if command.ProcessState == nil {
		require.NoError(t, command.Process.Kill())
		_ = command.Wait() // it was killed
	}
}
