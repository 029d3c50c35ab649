package mutation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// KeyHeader is the request header that makes a call idempotent, scoped to the caller's organisation.
const KeyHeader = "Idempotency-Key"

// maxKeyLength bounds a key.
const maxKeyLength = 255

// Message is a pointer to a generated message.
type Message[T any] interface {
	*T
	proto.Message
}

// Run calls fn in a transaction. With an Idempotency-Key, the key and the answer are stored in that transaction:
// the same key with the same request, of a caller with the same rights, gets the stored answer and fn isn't called, with another request or RPC it is
// already_exists IDEMPOTENCY_KEY_REUSED, and a call that fails leaves the key free. Of calls at the same time one
// works and the others wait for its answer.
func Run[T any, Response Message[T]](ctx context.Context, db *postgres.DB, request proto.Message, fn func(ctx context.Context, tx postgres.Querier) (Response, error)) (Response, error) {
	c, err := claimFrom(ctx, request)
	if err != nil {
		return nil, err
	}
	var answer Response
	err = db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		answer = nil
		if c.key != "" {
			stored, err := c.take(ctx, tx)
			if err != nil {
				return err
			}
			if stored != nil {
				answer = new(T)
				if err := proto.Unmarshal(stored, answer); err != nil {
					return fmt.Errorf("decode stored answer: %w", err)
				}
				return nil
			}
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		if c.key != "" {
			if err := c.keep(ctx, tx, answer); err != nil {
				return err
			}
		}
		return Conclude(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// claim is what a call claims its key with.
type claim struct {
	key       string
	orgID     string
	procedure string
	hash      []byte
}

func claimFrom(ctx context.Context, request proto.Message) (claim, error) {
	info, ok := connect.CallInfoForHandlerContext(ctx)
	if !ok {
		return claim{}, nil
	}
	key := info.RequestHeader().Get(KeyHeader)
	if key == "" {
		return claim{}, nil
	}
	if len(key) > maxKeyLength || bytes.ContainsFunc([]byte(key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return claim{}, fault.Invalid(KeyHeader, fmt.Sprintf("must be 1 to %d visible ASCII characters", maxKeyLength))
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return claim{}, fmt.Errorf("encode request: %w", err)
	}
	c := caller.From(ctx)
	// With the caller's rights: who may do less than the first caller doesn't get that caller's answer.
	rights := fmt.Sprintf("%d %d %q %q\n", c.Kind, c.Role, c.BranchID, c.Scopes)
	hash := sha256.Sum256(append([]byte(rights), content...))
	return claim{key: key, orgID: c.OrgID, procedure: info.Spec().Procedure, hash: hash[:]}, nil
}

func (c claim) matches(procedure string, hash []byte) error {
	if procedure == c.procedure && bytes.Equal(hash, c.hash) {
		return nil
	}
	return fault.AlreadyExists("IDEMPOTENCY_KEY_REUSED", KeyHeader+" "+c.key+" was used for another request")
}
