package local

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
)

// valkeyServer is the private Valkey, or Redis, server. It keeps nothing on disk: a cache must not outlive its server.
type valkeyServer struct {
	daemon
	folder   string
	portFile string
	port     int
	program  string
}

func newValkey(folder string, programs binaries) *valkeyServer {
	return &valkeyServer{
		daemon: daemon{
			name: "Valkey", pidFile: filepath.Join(folder, "valkey.pid"), logFile: filepath.Join(folder, "valkey.log"), stop: syscall.SIGTERM,
		},
		folder: folder, portFile: filepath.Join(folder, "valkey.port"), program: programs.valkey,
	}
}

func (v *valkeyServer) ensure(ctx context.Context, say Progress) (err error) {
	if v.pid() != 0 {
		if v.port, err = known(v.portFile); err == nil && v.up(ctx) == nil {
			return nil
		}
		if err := v.end(); err != nil {
			return err
		}
	}
	if v.port, err = port(v.portFile); err != nil {
		return err
	}
	say(fmt.Sprintf("Starting %s on 127.0.0.1:%d", filepath.Base(v.program), v.port))
	return v.start(ctx, nil, v.up, v.program,
		"--port", strconv.Itoa(v.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", v.folder, "--daemonize", "no")
}

func (v *valkeyServer) up(ctx context.Context) error {
	connection := valkey.Open(config.Redis{Host: "127.0.0.1", Port: v.port})
	defer connection.Close()
	return connection.Healthy(ctx)
}
