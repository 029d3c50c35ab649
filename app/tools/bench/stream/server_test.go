package stream

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// serverVariable makes a process of this test binary a server of that name.
	serverVariable = "STREAM_BENCH_SERVER"
	// ticksPerSecond is the unit of processor time in /proc, USER_HZ.
	ticksPerSecond = 100
)

// served is a running server, seen from inside.
type served struct {
	address string
	// publish gives every organisation an event that says revenue; nil if events have other causes.
	publish func(revenue int64)
}

// servers are what a process can become.
var servers = map[string]func(ctx context.Context) (served, error){
	"bare": serveBare, "chefcloud": serveHub, "mercure": serveMercure, "product": serveProduct,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(serverVariable); name != "" {
		if err := beServer(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// greeting is what a server says on its standard output when it is ready.
type greeting struct{ Address, Control string }

// beServer serves until standard input ends.
func beServer(name string) error {
	s, err := servers[name](context.Background())
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /publish", func(_ http.ResponseWriter, r *http.Request) {
		revenue, _ := strconv.ParseInt(r.URL.Query().Get("revenue"), 10, 64)
		s.publish(revenue)
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // of heap and goroutines
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	go http.Serve(control, mux) //nolint:errcheck // until the process ends
	if err := json.NewEncoder(os.Stdout).Encode(greeting{s.address, control.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// server is a running server, seen from outside.
type server struct {
	address string
	control string
	name    string
	pid     int
}

// start runs a server process until the benchmark ends.
func start(b *testing.B, name string, environment ...string) *server {
	b.Helper()
	command := exec.CommandContext(context.Background(), os.Args[0])
	command.Env = append(append(os.Environ(), serverVariable+"="+name), environment...)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	require.NoError(b, err)
	output, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, command.Start())
	b.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait()
	})
	var ready greeting
	require.NoError(b, json.NewDecoder(output).Decode(&ready))
	return &server{address: ready.Address, control: "http://" + ready.Control, name: name, pid: command.Process.Pid}
}

// publish gives every organisation an event.
func (s *server) publish(b *testing.B, revenue int64) {
	b.Helper()
	response, err := http.Post(fmt.Sprintf("%s/publish?revenue=%d", s.control, revenue), "", nil)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
}

// ofStreams are what the stacks of goroutines have in common that serve streams.
var ofStreams = []string{"/app/kpi.(*", "bench/stream.serveBare", "dunglas/mercure"}

// goroutines counts those that serve streams.
func (s *server) goroutines(b *testing.B) int {
	b.Helper()
	response, err := http.Get(s.control + "/debug/pprof/goroutine?debug=1")
	require.NoError(b, err)
	defer response.Body.Close()
	profile, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	total := 0
	for stack := range strings.SplitSeq(string(profile), "\n\n") {
		if !slices.ContainsFunc(ofStreams, func(part string) bool { return strings.Contains(stack, part) }) {
			continue
		}
		for line := range strings.Lines(stack) {
			if count, _, ok := strings.Cut(line, " @ "); ok {
				n, err := strconv.Atoi(count)
				require.NoError(b, err)
				total += n
			}
		}
	}
	return total
}

// requireNoGoroutines waits until no goroutine serves streams, and fails if some still do after a while.
func (s *server) requireNoGoroutines(b *testing.B) {
	b.Helper()
	require.Eventually(b, func() bool { return s.goroutines(b) == 0 }, 15*time.Second, 100*time.Millisecond, "streams that have gone must leave no goroutines")
}

// processorTime is what the server has used so far.
func (s *server) processorTime(b *testing.B) time.Duration {
	b.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(content), ") ")
	fields := strings.Fields(rest)
	var ticks int64
	for _, text := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(text, 10, 64)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// resident is the server's memory in bytes.
func (s *server) resident(b *testing.B) int64 {
	b.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", s.pid))
	require.NoError(b, err)
	defer file.Close() //nolint:errcheck // read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			require.NoError(b, err)
			return kilobytes << 10
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
