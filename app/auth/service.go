package auth

import (
	"sync"
	"time"

	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/auth/throttle"
	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service signs people in and manages accounts and keys, for the caller in the context.
type Service struct {
	background sync.WaitGroup
	clock      clock.Clock
	db         *postgres.DB
	hasher     *password.Hasher
	refreshTTL time.Duration
	signer     *token.Signer
	store      store
	throttle   *throttle.Throttle
}

// NewService returns a service whose sessions last refreshTTL after their last refresh. Call Wait when it is no longer used.
func NewService(
	db *postgres.DB, hasher *password.Hasher, signer *token.Signer, limits *throttle.Throttle, refreshTTL time.Duration, now clock.Clock,
) *Service {
	return &Service{clock: now, db: db, hasher: hasher, refreshTTL: refreshTTL, signer: signer, throttle: limits}
}
