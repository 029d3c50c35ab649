package outgoing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

const (
	// requestTimeout bounds an attempt, from resolving the name to the end of the answer.
	requestTimeout = 15 * time.Second
	// maxAnswer is how much of an answer is read, and keptAnswer how much is kept, in bytes.
	maxAnswer  = 4096
	keptAnswer = 1024
	// idlePerHost is how many connections to a host are kept for later deliveries. Connections in use aren't bounded by host: endpoints of
	// many organisations may share one, and a slow one among them mustn't hold up the others.
	idlePerHost = 4
	userAgent   = "ChefCloud-Webhooks/1"
)

// sender posts events.
type sender struct {
	client *http.Client
	clock  clock.Clock
}

// newSender returns a sender that resolves names by resolver, the system's if nil.
func newSender(allowLoopback bool, resolver *net.Resolver, now clock.Clock) *sender {
	dialer := &net.Dialer{Control: newGuard(allowLoopback).Safe, Resolver: resolver, Timeout: requestTimeout / 3}
	return &sender{
		clock: now,
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext:            dialer.DialContext,
				DisableCompression:     true, // an answer is as long as it looks
				ForceAttemptHTTP2:      true,
				IdleConnTimeout:        time.Minute,
				MaxIdleConns:           256,
				MaxIdleConnsPerHost:    idlePerHost,
				MaxResponseHeaderBytes: 16 << 10,
				Proxy:                  nil, // the environment's would be dialled in the place of the endpoint
				TLSHandshakeTimeout:    requestTimeout / 3,
			},
		},
	}
}

// answer is what came of a request.
type answer struct {
	Attempt
	// refused says that the address may not be dialled.
	refused    bool
	retryAfter time.Duration // 0 if none was asked for
}

func (a answer) ok() bool { return a.Error == "" }

// post makes one attempt. Its error is one of ours, after which the attempt counts for nothing.
func (s *sender) post(ctx context.Context, e *Endpoint, b body) (answer, error) {
	payload, err := b.encode()
	if err != nil {
		return answer{}, err
	}
	a := answer{Attempt: Attempt{StartedAt: s.clock()}}
	limited, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodPost, e.URL, bytes.NewReader(payload))
	if err != nil {
		a.Error = "the address is no URL"
		return a, nil // it is the endpoint's error, not ours
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	if err := sign(request.Header, b.ID, a.StartedAt, payload, e.secrets(a.StartedAt)); err != nil {
		return answer{}, err
	}
	response, err := s.client.Do(request)
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if err == nil {
		a.read(response, s.clock())
	} else {
		a.Error, a.refused = describe(err)
	}
	a.Duration = s.clock().Sub(a.StartedAt)
	return a, nil
}

// sign adds the headers of Standard Webhooks, with a signature by each secret.
func sign(h http.Header, id string, at time.Time, payload []byte, secrets []string) error {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return errors.New("a stored secret is no base64") // without the library's error, which might show it
		}
		if signatures[i], err = signer.Sign(id, at, payload); err != nil {
			return fmt.Errorf("sign event %s: %w", id, err)
		}
	}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}

// read takes an answer in.
func (a *answer) read(response *http.Response, now time.Time) {
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	a.StatusCode = response.StatusCode
	// PostgreSQL keeps text, and no NUL.
	a.Response = strings.ReplaceAll(strings.ToValidUTF8(string(text[:min(len(text), keptAnswer)]), "\uFFFD"), "\x00", "\uFFFD")
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		return // what can't be read of it changes nothing
	case response.StatusCode >= 300 && response.StatusCode < 400:
		a.Error = fmt.Sprintf("answered %d: redirects aren't followed", response.StatusCode)
	case err != nil:
		a.Error = fmt.Sprintf("answered %d, and broke off", response.StatusCode)
	default:
		a.Error = fmt.Sprintf("answered %d", response.StatusCode)
	}
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		a.retryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	}
}

// retryAfter reads the header, seconds or a date; 0 if it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// describe words why there was no answer, without the address, and says whether it may not be dialled.
func describe(err error) (problem string, refused bool) {
	if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrInvalidHostPort) {
		return "the host resolves to an address that isn't public, which is never dialled", true
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Sprintf("no answer within %s", requestTimeout), false
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return strings.ToValidUTF8(err.Error()[:min(len(err.Error()), 300)], ""), false
}
