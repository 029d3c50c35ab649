package rpctest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
)

// scheme is the authorization scheme under which tests say who calls.
const scheme = "Test "

// Validator applies the rules of the proto files; it is costly to build and safe to share.
var Validator = sync.OnceValue(func() protovalidate.Validator {
	v, err := protovalidate.New()
	if err != nil {
		panic(err)
	}
	return v
})

// Validate applies the rules of the proto files to one message.
func Validate(m proto.Message) error { return rpc.Validate(Validator(), m) }

// Server serves services over HTTP/1.1 and cleartext HTTP/2.
type Server struct {
	// URL is the address for generated clients and REST.
	URL string
	// Busted are the procedures after which reports were invalidated, in sequence.
	Busted *Recorder
}

// Recorder notes calls for which the cache would be told.
type Recorder struct {
	mu         sync.Mutex
	procedures []string
}

// Plan implements [rpc.Invalidator].
func (r *Recorder) Plan(procedure, _ string) rpc.Invalidation { return planned{procedure, r} }

type planned struct {
	procedure string
	recorder  *Recorder
}

// Note implements [mutation.Note].
func (planned) Note(context.Context, postgres.Querier) error { return nil }

// Carry implements [rpc.Invalidation].
func (p planned) Carry(context.Context) error {
	p.recorder.mu.Lock()
	defer p.recorder.mu.Unlock()
	p.recorder.procedures = append(p.recorder.procedures, p.procedure)
	return nil
}

// Procedures returns what was noted so far.
func (r *Recorder) Procedures() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.procedures...)
}

// New starts a server that the test's end closes. Its log goes to the test. It takes callers for whom they say they are, see
// [Server.As].
func New(t testing.TB, services ...rpc.Service) *Server {
	t.Helper()
	return NewBehind(t, Believer{}, services...)
}

// NewBehind does the same behind another authenticator, for tests of the real one.
func NewBehind(t testing.TB, a rpc.Authenticator, services ...rpc.Service) *Server {
	t.Helper()
	return NewLimited(t, a, nil, services...)
}

// NewLimited does the same with a limiter, which other servers have none of. All calls come from one address.
func NewLimited(t testing.TB, a rpc.Authenticator, limiter *ratelimit.Limiter, services ...rpc.Service) *Server {
	t.Helper()
	recorder := &Recorder{}
	options := append(rpc.Codecs(plain{}), connect.WithInterceptors(rpc.Interceptors(rpc.Dependencies{
		Authenticator: a,
		Invalidator:   recorder,
		Limiter:       limiter,
		Metrics:       rpc.NewMetrics(prometheus.NewRegistry()),
		Validator:     Validator(),
	})...))
	handler, err := rpc.Mount(services, options, http.NotFoundHandler())
	require.NoError(t, err)

	log := zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = protocols
	server.Config.BaseContext = func(net.Listener) context.Context { return log.WithContext(context.Background()) }
	server.Start()
	t.Cleanup(server.Close)
	return &Server{URL: server.URL, Busted: recorder}
}

// As returns an HTTP client whose requests come from c.
func (s *Server) As(c caller.Caller) *http.Client {
	return &http.Client{Transport: transport{caller: c, next: http.DefaultTransport}}
}

// AsOverHTTP2 is As over cleartext HTTP/2, as gRPC needs it.
func (s *Server) AsOverHTTP2(c caller.Caller) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: transport{caller: c, next: &http.Transport{Protocols: protocols}}}
}

type transport struct {
	caller caller.Caller
	next   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", Authorization(t.caller))
	return t.next.RoundTrip(r)
}

// Authorization returns the header by which a request comes from c.
func Authorization(c caller.Caller) string {
	encoded, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return scheme + base64.StdEncoding.EncodeToString(encoded)
}

// Believer believes what the header says.
type Believer struct{}

// Authenticate implements [rpc.Authenticator].
func (Believer) Authenticate(_ context.Context, authorization string) (caller.Caller, error) {
	var c caller.Caller
	encoded, ok := strings.CutPrefix(authorization, scheme)
	if !ok {
		return c, fault.Unauthenticated("UNAUTHENTICATED", "a test must say who calls")
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(decoded, &c)
}

// plain keeps no encodings.
type plain struct{}

// Encoded implements [rpc.Encodings].
func (plain) Encoded(any, string, func() ([]byte, error)) ([]byte, bool, error) {
	return nil, false, nil
}

// Fault returns the code and the ErrorInfo reason of a failed call, and the fields that it names.
func Fault(t testing.TB, err error) (code connect.Code, reason string, fields []string) {
	t.Helper()
	var wire *connect.Error
	require.ErrorAs(t, err, &wire)
	for _, detail := range wire.Details() {
		value, err := detail.Value()
		require.NoError(t, err)
		if info, ok := value.(interface{ GetReason() string }); ok {
			reason = info.GetReason()
		}
		fields = append(fields, violated(value)...)
	}
	return wire.Code(), reason, fields
}
