package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// The transcoder answers what it can't read with a bare text, or as if it had failed itself. restErrors makes of that
// what an RPC would answer: JSON, and invalid_argument for a parameter that no message has.

type reachedKey struct{}

// reach marks that a request got through to its RPC, whose own errors are as they should be.
func reach(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reached, ok := r.Context().Value(reachedKey{}).(*bool); ok {
			*reached = true
		}
		next.ServeHTTP(w, r)
	})
}

// restErrors mends the transcoder's own refusals.
func restErrors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
			r.URL.RawQuery = ""
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"code": 3, "message": "the query string can't be read: " + err.Error(), "details": []any{}})
			return
		}
		reached := new(bool)
		mended := &refusal{ResponseWriter: w, reached: reached}
		next.ServeHTTP(mended, r.WithContext(context.WithValue(r.Context(), reachedKey{}, reached)))
		mended.finish()
	})
}

// refusal holds back an error that didn't come from an RPC.
type refusal struct {
	http.ResponseWriter
	body    bytes.Buffer
	reached *bool
	status  int // held back; 0 if nothing is
}

// WriteHeader implements [http.ResponseWriter].
func (w *refusal) WriteHeader(status int) {
	if !*w.reached && status >= http.StatusBadRequest && w.Header().Get("Cache-Control") == "" {
		w.status = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *refusal) Write(p []byte) (int, error) {
	if w.status != 0 {
		return w.body.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// Flush implements [http.Flusher], which streams need.
func (w *refusal) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok && w.status == 0 {
		f.Flush()
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *refusal) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *refusal) finish() {
	if w.status == 0 {
		return
	}
	answer := struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Details []any  `json:"details"`
	}{Details: []any{}}
	if json.Unmarshal(w.body.Bytes(), &answer) != nil || answer.Message == "" {
		answer.Message = strings.TrimSpace(w.body.String())
	}
	if answer.Message == "" {
		answer.Message = http.StatusText(w.status)
	}
	const invalidArgument = 3 // google.rpc.Code
	// Nothing of ours has run yet, so it can only be the request.
	if w.status >= http.StatusInternalServerError {
		w.status = http.StatusBadRequest
	}
	answer.Code = invalidArgument
	encoded, err := json.Marshal(answer)
	if err != nil {
		encoded = nil
	}
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "application/json")
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.ResponseWriter.Write(encoded) // the client may have gone
}
