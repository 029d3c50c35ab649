package auth

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/auth/throttle"
	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
)

// Module provides the auth service and the authenticator of all calls.
var Module = fx.Module("auth",
	fx.Provide(
		func() (*password.Hasher, error) { return password.NewHasher(password.Recommended(), 0) },
		newSigner,
		newThrottle,
		newService,
		fx.Annotate(NewAuthenticator, fx.As(fx.Self()), fx.As(new(rpc.Authenticator))),
		NewHandler,
		NewStreams,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func newSigner(settings *config.Config, now clock.Clock) *token.Signer {
	return token.NewSigner(settings.Auth.JWTSecret.Reveal(), settings.Auth.AccessTTL.Duration(), now)
}

func newThrottle(settings *config.Config, connection *valkey.Connection, now clock.Clock) *throttle.Throttle {
	return throttle.New(throttle.Config{
		Prefix:     settings.Cache.Prefix,
		PerAccount: settings.Auth.LoginMaxPerAccount,
		PerAddress: settings.Auth.LoginMaxPerAddress,
		Window:     settings.Auth.LoginWindow.Duration(),
	}, connection, now)
}

func newService(
	lifecycle fx.Lifecycle, settings *config.Config, db *postgres.DB, hasher *password.Hasher, signer *token.Signer, limits *throttle.Throttle,
	now clock.Clock,
) *Service {
	s := NewService(db, hasher, signer, limits, settings.Auth.RefreshTTL.Duration(), now)
	lifecycle.Append(fx.StopHook(s.Wait))
	return s
}

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: authv1connect.AuthServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return authv1connect.NewAuthServiceHandler(h, options...)
		},
	}
}
