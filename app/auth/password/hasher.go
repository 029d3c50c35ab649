package password

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// maxWait is how long a caller queues for a slot before hearing that the process is busy.
const maxWait = 10 * time.Second

// Params is what a hash costs.
type Params = argon2id.Params

// Recommended is OWASP's configuration for argon2id: 19 MiB and two passes in one lane, some 25 ms of one core.
func Recommended() Params {
	return Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Hasher hashes passwords. It is safe for concurrent use and never runs more hashes at once than it has slots.
type Hasher struct {
	// decoy is compared with where there is no account. It costs what a real hash costs.
	decoy  string
	params Params
	slots  chan struct{}
}

// NewHasher returns a hasher that runs at most parallel hashes at once; 0 means half of the cores, so that a flood of sign-ins
// leaves the others to everybody else.
func NewHasher(params Params, parallel int) (*Hasher, error) {
	if parallel == 0 {
		parallel = max(1, runtime.GOMAXPROCS(0)/2)
	}
	decoy, err := argon2id.CreateHash(rand.Text(), &params)
	if err != nil {
		return nil, fmt.Errorf("hash decoy: %w", err)
	}
	return &Hasher{decoy: decoy, params: params, slots: make(chan struct{}, parallel)}, nil
}

// Hash returns the encoded hash to store.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	hash, err := argon2id.CreateHash(password, &h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Matches reports whether the password is the one that was hashed. An empty hash stands for an account that doesn't exist:
// the answer is no, after the same work.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	exists := hash != ""
	if !exists {
		hash = h.decoy
	}
	matches, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return matches && exists, nil
}

// acquire waits for a slot, no longer than ctx and maxWait allow.
func (h *Hasher) acquire(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fault.Unavailable("SIGN_IN_BUSY", "too many people are signing in at once")
	}
}
