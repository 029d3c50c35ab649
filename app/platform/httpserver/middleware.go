package httpserver

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/observability"
)

// identify gives each request an id, a logger that carries it, the client's address, and a line in the access log.
func identify(log zerolog.Logger, access *observability.AccessLog, proxies Proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx, id := observability.WithRequestID(r.Context(), r.Header.Get(observability.RequestIDHeader))
		address := proxies.clientAddress(r)
		logger := log.With().Str("request_id", id).Logger()
		ctx = WithClientAddress(logger.WithContext(ctx), address)
		w.Header().Set(observability.RequestIDHeader, id)
		r = r.WithContext(ctx)
		if !access.Enabled() {
			next.ServeHTTP(w, r)
			return
		}
		recorder := &recorder{ResponseWriter: w}
		path := cmp.Or(r.URL.EscapedPath(), "/") // taken now: the transcoder rewrites it
		method := r.Method
		defer func() {
			access.Write(observability.Access{
				Address: address, Bytes: recorder.bytes, Method: method, Path: path, Proto: r.Proto, RequestID: id, Start: start,
				Status: cmp.Or(recorder.status, http.StatusOK),
			})
		}()
		next.ServeHTTP(recorder, r)
	})
}

// recoverPanics is the last net, for what isn't an RPC.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
				panic(p)
			}
			zerolog.Ctx(r.Context()).Error().Str("path", r.URL.Path).Str("panic", fmt.Sprint(p)).Bytes("stack", debug.Stack()).Msg("handler panicked")
			WriteError(w, http.StatusInternalServerError, "internal", "internal error")
		}()
		next.ServeHTTP(w, r)
	})
}

// limitBody refuses what says that it is too large, and cuts off what turns out to be. A compressed body is unpacked here, so that
// it is what it unpacks to that counts.
func limitBody(limit int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > limit {
			tooLarge(w, limit)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, err := unpack(r.Body, limit)
			if errors.Is(err, errTooLarge) {
				tooLarge(w, limit)
				return
			}
			if err != nil {
				WriteError(w, http.StatusBadRequest, "invalid_argument", "the request body is not what its Content-Encoding says")
				return
			}
			r = r.Clone(r.Context())
			r.Header.Del("Content-Encoding")
			r.ContentLength, r.Body = int64(len(body)), io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
}

var errTooLarge = errors.New("the request body is too large")

// unpack reads a compressed body of at most so many bytes unpacked.
func unpack(packed io.Reader, limit int64) ([]byte, error) {
	reader, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(reader, limit+1))
	var cut *http.MaxBytesError
	if int64(len(body)) > limit || errors.As(err, &cut) {
		return nil, errTooLarge
	}
	return body, err
}

func tooLarge(w http.ResponseWriter, limit int64) {
	WriteError(w, http.StatusRequestEntityTooLarge, "resource_exhausted", fmt.Sprintf("the request body must be at most %d bytes", limit))
}

// harden keeps browsers from guessing what an answer is, and everybody from keeping it.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	bytes  int64
	status int // what was sent first; 0 if nothing was
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) {
	r.status = cmp.Or(r.status, http.StatusOK)
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Flush implements [http.Flusher], which streams need.
func (r *recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
