package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/franchise"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/kpi"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/webhooks"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing/alerts"
)

// startTimeout is how long the process may take until it listens.
const startTimeout = 15 * time.Second

// stopTimeout is how long after SHUTDOWN_TIMEOUT the rest may take to close.
const stopTimeout = 10 * time.Second

// Domains are the product's business packages.
var Domains = fx.Options(
	auth.Module,
	billing.Module,
	franchise.Module,
	inventory.Module,
	kpi.Module,
	menu.Module,
	orders.Module,
	procurement.Module,
	promotions.Module,
	webhooks.Module,
	alerts.Module,
	outgoing.Module,
)

// Options returns everything that a server process consists of.
func Options(settings *config.Config) fx.Option {
	return fx.Options(
		fx.NopLogger, // what fails is returned by Start, and logged once
		fx.Supply(settings),
		Domains,
		platform,
		fx.Invoke(startWorkers, listen),
	)
}

// Serve runs a server process until ctx ends or the server fails.
func Serve(ctx context.Context, settings *config.Config) error {
	var server *httpserver.Server
	var log zerolog.Logger
	process := fx.New(Options(settings), fx.Populate(&server, &log))
	// A signal during the start ends the process in good order, after the start.
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	if err := process.Start(starting); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	var failure error
	select {
	case <-ctx.Done():
		log.Info().Msg("shutting down")
	case failure = <-server.Served():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), settings.HTTP.ShutdownDelay.Duration()+settings.HTTP.ShutdownTimeout.Duration()+stopTimeout)
	defer cancel()
	return errors.Join(failure, process.Stop(ending))
}

func startWorkers(lifecycle fx.Lifecycle, workers *jobs.Workers) {
	lifecycle.Append(fx.Hook{OnStart: workers.Start, OnStop: workers.Stop})
}

// listen starts the server last and stops it first.
func listen(lifecycle fx.Lifecycle, server *httpserver.Server) {
	lifecycle.Append(fx.Hook{OnStart: server.Start, OnStop: server.Stop})
}
