package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// manager is a package manager with the commands that install the servers.
type manager struct {
	program  string
	commands [][]string
	asRoot   bool
}

var managers = []manager{
	{"apt-get", [][]string{{"apt-get", "update", "-qq"}, {"apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql", "redis-server"}}, true},
	{"dnf", [][]string{{"dnf", "install", "-y", "-q", "postgresql-server", "valkey"}}, true},
	{"apk", [][]string{{"apk", "add", "-q", "postgresql16", "valkey"}}, true},
	{"brew", [][]string{{"brew", "install", "-q", "postgresql@16", "valkey"}}, false},
}

// install installs both servers with the system's package manager, if this user may.
func install(ctx context.Context, say Progress) error {
	for _, m := range managers {
		if _, err := exec.LookPath(m.program); err != nil {
			continue
		}
		var prefix []string
		if m.asRoot && os.Geteuid() != 0 {
			if exec.CommandContext(ctx, "sudo", "-n", "true").Run() != nil {
				return missing()
			}
			prefix = []string{"sudo", "-n", "--preserve-env=DEBIAN_FRONTEND,RUNLEVEL"}
		}
		say("Installing PostgreSQL and Valkey with " + m.program)
		for _, command := range m.commands {
			command = append(append([]string(nil), prefix...), command...)
			run := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the table above
			// RUNLEVEL=1 keeps Debian from starting the packages' own services.
			run.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
			if out, err := run.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s\n%w", strings.Join(command, " "), err, lastLines(string(out), 5), missing())
			}
		}
		return nil
	}
	return missing()
}

// lastLines returns the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
