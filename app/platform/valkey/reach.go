package valkey

import (
	"context"
	"time"

	"github.com/valkey-io/valkey-go"
)

// attempts is one more than the connections that the client shares calls out among.
const attempts = 1<<maxMultiplex + 1

// Connector gives the client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// Reach does something with Valkey within a time, again while connections turn out to be broken: those that lay idle while Valkey
// restarted are found so one after the other, and are no outage. What is done may have been done already when its answer was lost.
func Reach(ctx context.Context, connector Connector, timeout time.Duration, do func(ctx context.Context, client valkey.Client) error) error {
	client, err := connector.Client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for range attempts {
		err = do(ctx, client)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if _, answered := valkey.IsValkeyErr(err); answered {
			return err
		}
	}
	return err
}
