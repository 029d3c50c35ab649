package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	// goneTimeout is how long what was sent may stay unread or unacknowledged before a client counts as gone: one whose network was switched off
	// says no goodbye, and would hold its streams for a quarter of an hour.
	goneTimeout = 20 * time.Second
)

// Server is the listening side of the process.
type Server struct {
	log      zerolog.Logger
	ready    *Readiness
	server   *http.Server
	settings config.HTTP
	listener net.Listener
	served   chan error
}

// New returns a server that doesn't listen yet. It has no write timeout: that would cut long streams.
func New(settings config.HTTP, handler http.Handler, ready *Readiness, log zerolog.Logger) *Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &Server{
		log: log, ready: ready, settings: settings, served: make(chan error, 1),
		server: &http.Server{
			Handler:           handler,
			HTTP2:             &http.HTTP2Config{PingTimeout: goneTimeout / 2, SendPingTimeout: goneTimeout / 2},
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			Protocols:         protocols,
			ReadHeaderTimeout: readHeaderTimeout,
		},
	}
}

// Start binds the address and serves in the background. An address that is taken fails here.
func (s *Server) Start(ctx context.Context) error {
	binding := net.ListenConfig{
		Control: giveUp,
		KeepAliveConfig: net.KeepAliveConfig{
			Count: 3, Enable: true, Idle: goneTimeout / 2, Interval: goneTimeout / 6,
		},
	}
	listener, err := binding.Listen(ctx, "tcp", s.settings.Addr)
	if err != nil {
		return fmt.Errorf("listen on HTTP_ADDR %s: %w", s.settings.Addr, err)
	}
	s.listener = listener
	go func() {
		err := s.server.Serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		s.served <- err
	}()
	s.ready.Set(true)
	s.log.Info().Str("address", listener.Addr().String()).Msg("listening")
	return nil
}

// OnShutdown adds what must be told when the server takes no more connections, such as streams, which would go on for ever.
func (s *Server) OnShutdown(tell func()) { s.server.RegisterOnShutdown(tell) }

// Addr returns the address that the server is bound to.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Served delivers why serving ended, nil after Stop.
func (s *Server) Served() <-chan error { return s.served }

// Stop turns /ready false, serves on for SHUTDOWN_DELAY, takes no new connection, lets calls in flight finish for at most
// SHUTDOWN_TIMEOUT, then cuts what is left.
func (s *Server) Stop(ctx context.Context) error {
	s.ready.Set(false)
	drained := time.NewTimer(s.settings.ShutdownDelay.Duration())
	defer drained.Stop()
	select {
	case <-drained.C:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(ctx, s.settings.ShutdownTimeout.Duration())
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.log.Warn().Err(err).Msg("calls were still in flight at the end of the shutdown")
		return s.server.Close()
	}
	return nil
}
