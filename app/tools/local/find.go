package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// oldest versions that will do.
const (
	minPostgres = 15
	minValkey   = 7
)

// binaries are the server programs of this machine.
type binaries struct {
	initdb, postgres, valkey string
}

// find looks for the server programs and installs what is missing.
func find(ctx context.Context, say Progress) (binaries, error) {
	found := lookUp(ctx)
	if found.complete() {
		return found, nil
	}
	if err := install(ctx, say); err != nil {
		return found, err
	}
	if found = lookUp(ctx); !found.complete() {
		return found, missing()
	}
	return found, nil
}

func (b binaries) complete() bool { return b.postgres != "" && b.valkey != "" }

func lookUp(ctx context.Context) binaries {
	var found binaries
	for _, postgres := range candidates("postgres",
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin") {
		initdb := filepath.Join(filepath.Dir(postgres), "initdb")
		if major(ctx, postgres) >= minPostgres && executable(initdb) {
			found.postgres, found.initdb = postgres, initdb
			break
		}
	}
	// Valkey first: where both are installed, it is the one that is cared for.
	for _, valkey := range append(candidates("valkey-server", "/opt/homebrew/bin", "/usr/local/bin"), candidates("redis-server", "/opt/homebrew/bin", "/usr/local/bin")...) {
		if major(ctx, valkey) >= minValkey {
			found.valkey = valkey
			break
		}
	}
	return found
}

// candidates returns the programs of a name on PATH and in the folders, later versions first.
func candidates(name string, folders ...string) []string {
	var found []string
	if path, err := exec.LookPath(name); err == nil {
		found = append(found, path)
	}
	for _, folder := range folders {
		matches, err := filepath.Glob(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		for i := len(matches) - 1; i >= 0; i-- {
			found = append(found, matches[i])
		}
	}
	return found
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// versions matches `postgres (PostgreSQL) 15.18` and `Redis server v=7.0.15 sha=…`.
var versions = regexp.MustCompile(`(?:\) |v=)(\d+)`)

// major returns the major version that a server program prints, 0 if it prints none.
func major(ctx context.Context, program string) int {
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return 0
	}
	match := versions.FindSubmatch(out)
	if match == nil {
		return 0
	}
	n, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return 0
	}
	return n
}

func missing() error {
	return fmt.Errorf("install PostgreSQL %d or newer and Valkey (or Redis %d or newer) with your package manager, for example `sudo apt-get install postgresql redis-server`", minPostgres, minValkey)
}
