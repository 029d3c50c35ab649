package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Progress is told what is being done, one line at a time.
type Progress func(line string)

// Services are the private PostgreSQL and Valkey servers of a checkout, in use by this process.
type Services struct {
	folder   string
	postgres *postgresServer
	valkey   *valkeyServer
	users    *os.File
}

// Start finds the servers running or starts them. Close must be called when they aren't needed any more.
func Start(ctx context.Context, checkout string, say Progress) (*Services, error) {
	programs, err := find(ctx, say)
	if err != nil {
		return nil, err
	}
	user, err := serverUser()
	if err != nil {
		return nil, err
	}
	folder, err := serviceFolder(checkout, user, say)
	if err != nil {
		return nil, err
	}
	// One process at a time starts or stops the servers …
	turn, err := lockFile(filepath.Join(folder, "turn.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer turn.Close() //nolint:errcheck // closing unlocks
	// … and all that use them hold this one together.
	users, err := lockFile(filepath.Join(folder, "users.lock"), syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	s := &Services{
		folder:   folder,
		postgres: newPostgres(folder, programs, user),
		valkey:   newValkey(folder, programs),
		users:    users,
	}
	if err := s.start(ctx, say); err != nil {
		return nil, errors.Join(err, s.leave())
	}
	return s, nil
}

func (s *Services) start(ctx context.Context, say Progress) error {
	if err := s.postgres.ensure(ctx, say); err != nil {
		return err
	}
	return s.valkey.ensure(ctx, say)
}

// Close stops the servers unless another process uses them.
func (s *Services) Close() error {
	turn, err := lockFile(filepath.Join(s.folder, "turn.lock"), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer turn.Close() //nolint:errcheck // closing unlocks
	return s.leave()
}

// leave gives up the shared lock and, if nobody else holds it, stops the servers. The caller has the turn.
func (s *Services) leave() error {
	defer s.users.Close() //nolint:errcheck // closing unlocks
	err := syscall.Flock(int(s.users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	return errors.Join(s.valkey.end(), s.postgres.end())
}

// DatabaseURL returns the connection string of a database on the private server.
func (s *Services) DatabaseURL(name string) string { return s.postgres.url(name) }

// ValkeyPort returns the loopback port of the private server.
func (s *Services) ValkeyPort() int { return s.valkey.port }

// serviceFolder is .chefcloud/services in the checkout, or a folder outside of it where the checkout can't be reached by
// the user that PostgreSQL runs as.
func serviceFolder(checkout string, user *syscall.Credential, say Progress) (string, error) {
	folder := filepath.Join(checkout, ".chefcloud", "services")
	if user != nil && !reachable(checkout) {
		sum := sha256.Sum256([]byte(checkout))
		folder = filepath.Join("/var/tmp", "chefcloud-"+hex.EncodeToString(sum[:6]))
		say("PostgreSQL can't run as root and other users can't enter " + checkout + ": its data is in " + folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // PostgreSQL's user must get through
		return "", fmt.Errorf("make service folder: %w", err)
	}
	return folder, nil
}

// reachable reports whether any user may pass through all folders of a path.
func reachable(path string) bool {
	for ; path != "/" && path != "."; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
	}
	return true
}

func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // in the data folder
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file, nil
}

// port returns the port that a server had before if it is free, else any free one, and writes it down.
func port(file string) (int, error) {
	if content, err := os.ReadFile(file); err == nil {
		if known, err := strconv.Atoi(string(content)); err == nil && free(known) {
			return known, nil
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // no name to look up
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	found := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener
	if err := listener.Close(); err != nil {
		return 0, err
	}
	return found, os.WriteFile(file, []byte(strconv.Itoa(found)), 0o644) //nolint:gosec // no secret
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // no name to look up
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// known reads the port that a running server has.
func known(file string) (int, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(content))
}
