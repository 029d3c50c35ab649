package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// node is one server process.
type node struct {
	address string
	command *exec.Cmd
	exited  chan struct{}
	failure error
	log     string
}

var errExited = errors.New("exit status 0")

func (i *instance) startNodes(ctx context.Context) ([]*node, error) {
	logs := filepath.Join(i.Data, "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil { //nolint:gosec // the user's own logs
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	var nodes []*node
	for number, address := range addresses(i.UpOptions) {
		i.Say("Starting a server process on " + address)
		n, err := i.startNode(address, filepath.Join(logs, "app"+suffix(number)+".log"), filepath.Join(logs, "access"+suffix(number)+".log"))
		if err != nil {
			return nodes, err
		}
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		if err := n.ready(ctx); err != nil {
			return nodes, err
		}
	}
	return nodes, nil
}

func suffix(number int) string {
	if number == 0 {
		return ""
	}
	return "-" + strconv.Itoa(number+1)
}

func (i *instance) startNode(address, log, access string) (*node, error) {
	out, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the user's own logs
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer out.Close() //nolint:errcheck // the process has a copy
	n := &node{address: address, exited: make(chan struct{}), log: log}
	n.command = exec.Command(i.binary, "serve") //nolint:gosec,noctx // stopped by stopNodes, in good order
	n.command.Env = append(os.Environ(), i.serverEnvironment(address, access)...)
	n.command.Stdout, n.command.Stderr = out, out
	// Out of the terminal's process group: Ctrl-C reaches them through us, in order.
	n.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.command.Start(); err != nil {
		return nil, fmt.Errorf("start server process: %w", err)
	}
	go func() {
		defer close(n.exited)
		if n.failure = n.command.Wait(); n.failure == nil {
			n.failure = errExited
		}
	}()
	return n, nil
}

// ready waits until the process takes calls.
func (n *node) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url(n.address)+"/ready", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-n.exited:
			text, _ := os.ReadFile(n.log)
			return fmt.Errorf("the server process on %s did not start:\n%s", n.address, lastLines(string(text), 12))
		case <-ctx.Done():
			return fmt.Errorf("the server process on %s is not ready, see %s: %w", n.address, n.log, ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}

// stopNodes asks all to end and waits for them, for a while.
func stopNodes(nodes []*node) {
	for _, n := range nodes {
		_ = n.command.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	deadline := time.After(nodeStopTimeout)
	for _, n := range nodes {
		select {
		case <-n.exited:
		case <-deadline:
			_ = n.command.Process.Kill()
			<-n.exited
		}
	}
}
