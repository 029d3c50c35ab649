package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"github.com/cenkalti/backoff/v5"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

const (
	// minPause and maxPause bound the time between two tries to come back, which grows from one to the next.
	minPause = 500 * time.Millisecond
	maxPause = 15 * time.Second
	// silence is how long nothing may come before a connection counts as dead: three of the server's heartbeats, as they are by default.
	silence = 90 * time.Second
)

// Follower follows the figures of one organisation.
type Follower struct {
	// Client sends the requests; it adds no credentials.
	Client *http.Client
	// Notice is told why the figures stand still and until when.
	Notice func(reason string, pause time.Duration)
	// Request says what to follow. Its last_event_id is the follower's.
	Request *kpiv1.StreamKpisRequest
	// Show is given all figures, each replacing those before; an error of its ends the following.
	Show func(*kpiv1.Kpis) error
	// Silence is how long nothing may come before the connection counts as dead; 0: a minute and a half.
	Silence time.Duration
	// Token returns an access token or API key. expired says that the one before has expired.
	Token func(ctx context.Context, expired bool) (string, error)
	// URL is the server's base address.
	URL string
}

// errEnded is a stream that ended and can be opened again.
type errEnded struct {
	reason string
	// after is when to come back; 0: after the usual pause.
	after time.Duration
	// atOnce says that there is no reason to wait.
	atOnce, expired bool
}

// Error implements error.
func (e errEnded) Error() string { return e.reason }

// Follow shows figures until ctx ends, which is no error. It comes back after any interruption, but an address that doesn't answer at
// first, a token that isn't good and what the caller may not see are errors.
func (f *Follower) Follow(ctx context.Context) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = minPause, maxPause
	begun, expired := false, false
	for {
		token, err := f.Token(ctx, expired)
		if err == nil {
			err = f.stream(ctx, token, func() {
				begun = true
				pauses.Reset()
			})
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the caller has had enough
		}
		var ended errEnded
		if !errors.As(err, &ended) {
			if ended, err = interruption(err, begun, expired); err != nil {
				return err
			}
		}
		expired = ended.expired
		if ended.atOnce {
			continue
		}
		wait := ended.after
		if wait == 0 {
			wait = pauses.NextBackOff()
		}
		f.Notice(ended.reason, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// stream shows the figures of one stream until it ends, which is always an error. came is called when something has come.
func (f *Follower) stream(ctx context.Context, token string, came func()) error {
	client := kpiv1connect.NewKpiServiceClient(f.Client, f.URL)
	ctx, hangUp := context.WithCancelCause(ctx)
	defer hangUp(nil)
	watchdog := time.AfterFunc(f.silence(), func() {
		hangUp(errEnded{atOnce: true, reason: "the connection is dead: nothing has come for " + f.silence().String()})
	})
	defer watchdog.Stop()
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", "Bearer "+token)
	events, err := client.StreamKpis(ctx, f.Request)
	if err != nil {
		return cause(ctx, err)
	}
	defer events.Close() //nolint:errcheck // nothing is lost
	for events.Receive() {
		came()
		watchdog.Reset(f.silence())
		switch event := events.Msg().GetEvent().(type) {
		case *kpiv1.StreamKpisResponse_Kpis:
			f.Request.LastEventId = event.Kpis.GetId()
			if err := f.Show(event.Kpis); err != nil {
				return err
			}
		case *kpiv1.StreamKpisResponse_Goodbye:
			return farewell(event.Goodbye)
		}
	}
	if events.Err() == nil {
		return errEnded{reason: "the stream ended"}
	}
	return cause(ctx, events.Err())
}

// cause is why a stream was hung up, if that is what ended it.
func cause(ctx context.Context, err error) error {
	if ended, ok := errors.AsType[errEnded](context.Cause(ctx)); ok {
		return ended
	}
	return err
}

func (f *Follower) silence() time.Duration { return cmp.Or(f.Silence, silence) }

// farewell turns the reason that a server gives for the end of a stream into what to do.
func farewell(g *kpiv1.Goodbye) error {
	switch g.GetReason() {
	case kpiv1.GoodbyeReason_GOODBYE_REASON_ACCESS_ENDED:
		return errors.New("access was ended: the session was signed out, or the API key revoked")
	case kpiv1.GoodbyeReason_GOODBYE_REASON_TOKEN_EXPIRED:
		return errEnded{atOnce: true, expired: true, reason: "the token has expired"}
	case kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW:
		return errEnded{atOnce: true, reason: "the figures were read too slowly"}
	case kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN:
		return errEnded{after: g.GetRetryAfter().AsDuration(), reason: "the server is shutting down"}
	default:
		return errEnded{reason: "the server ended the stream"}
	}
}

// interruption tells an error that passes from one that stays, which it returns. begun says that figures have come before, renewed that
// the token was good a moment ago.
func interruption(err error, begun, renewed bool) (errEnded, error) {
	var failure *connect.Error
	if !errors.As(err, &failure) {
		return errEnded{}, err
	}
	ended := errEnded{reason: failure.Message()}
	switch failure.Code() {
	case connect.CodeResourceExhausted:
		ended.after = retryDelay(failure)
	case connect.CodeUnavailable, connect.CodeUnknown, connect.CodeInternal, connect.CodeDeadlineExceeded, connect.CodeAborted:
		if !begun && !connect.IsWireError(failure) {
			return errEnded{}, fmt.Errorf("can't reach the server: %s", failure.Message())
		}
	case connect.CodeUnauthenticated:
		if !begun || renewed {
			return errEnded{}, errors.New(failure.Message())
		}
		ended.atOnce, ended.expired = true, true
	default:
		return errEnded{}, errors.New(failure.Message())
	}
	return ended, nil
}

// retryDelay is how long the server asks to wait; 0 if it doesn't say.
func retryDelay(failure *connect.Error) time.Duration {
	for _, detail := range failure.Details() {
		value, err := detail.Value()
		if err != nil {
			continue
		}
		if info, ok := value.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}
