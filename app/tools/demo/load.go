package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// defaultDays is how many days up to now the staging set has, and again a year before.
const defaultDays = 120

// Options shape the staging set.
type Options struct {
	// Days up to now that have orders, and as many 364 days before; 120 if 0.
	Days int
	// Now is when the demo takes place: nothing happens after it.
	Now time.Time
	// OrdersPermille is how many of a thousand guests come; 1000 if 0. A thin set is enough for tests.
	OrdersPermille int64
	// Progress, if set, is told what is going on.
	Progress io.Writer
	// Seed of all chance. The same seed, date and options give the same rows, but for the salt of password hashes.
	Seed uint64
}

func (o Options) withDefaults() Options {
	if o.Days == 0 {
		o.Days = defaultDays
	}
	if o.OrdersPermille == 0 {
		o.OrdersPermille = 1_000
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

// Load fills the database with the staging set: OrgID and OtherOrgID. It is one transaction, so that it is there as a whole or
// not at all; if it is there already, Load changes nothing. If only part of it is, somebody took something away, and all of it
// is made anew.
func Load(ctx context.Context, db *postgres.DB, options Options) error {
	options = options.withDefaults()
	conn, err := connect(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // committed or lost by then
	if err := lock(ctx, conn); err != nil {
		return err
	}
	complete, err := loaded(ctx, conn)
	if err != nil {
		return err
	}
	if complete {
		_, err := fmt.Fprintf(options.Progress, "Demo data is there already: sign in as %s with %s.\n", ManagerEmail, Password)
		return err
	}
	hash, err := hashPassword(ctx)
	if err != nil {
		return err
	}
	today := civil.BusinessDate(options.Now, location(kampala), cutoffMinutes)
	staging, other := stagingCompany(today), otherCompany()

	dates := stagingDates(today, options.Days)
	bar := newBar(options.Progress, "Loading demo data", len(dates), "days")
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, c := range []*company{staging, other} {
			if err := purge(ctx, tx, c.orgID); err != nil {
				return err
			}
			if err := c.sendReference(ctx, conn.PgConn()); err != nil {
				return err
			}
			if err := c.sendPeople(ctx, conn.PgConn(), hash); err != nil {
				return err
			}
		}
		run := newHistory(staging, options)
		if err := run.simulate(ctx, conn.PgConn(), dates, bar); err != nil {
			return err
		}
		if err := run.derive(ctx, db, tx, today); err != nil {
			return err
		}
		offers, err := staging.promotionRows(today)
		if err != nil {
			return err
		}
		if err := sendAll(ctx, conn.PgConn(), offers); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE organisations SET promotions_version = 1 WHERE org_id = $1", staging.orgID); err != nil {
			return fmt.Errorf("mark promotions: %w", err)
		}
		const otherDays = 14
		otherToday := civil.BusinessDate(options.Now, location(newYork), cutoffMinutes)
		return newHistory(other, options).simulate(ctx, conn.PgConn(), datesUpTo(otherToday, otherDays), nil)
	})
	if err != nil {
		return fmt.Errorf("load demo data: %w", err)
	}
	if err := analyze(ctx, conn); err != nil {
		return err
	}
	return bar.done(fmt.Sprintf("Demo data is loaded: sign in as %s with %s.", ManagerEmail, Password))
}

// loaded reports whether the staging set is there. All of it comes and goes in one transaction, but for what users delete.
func loaded(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (bool, error) {
	var complete bool
	const query = `SELECT
		(SELECT count(*) FROM organisations WHERE org_id IN ($1, $2)) = 2
		AND EXISTS (SELECT FROM user_logins WHERE email = $3)
		AND EXISTS (SELECT FROM branch_day_sales WHERE org_id = $1)`
	if err := q.QueryRow(ctx, query, OrgID, OtherOrgID, ManagerEmail).Scan(&complete); err != nil {
		return false, fmt.Errorf("look for demo data: %w", err)
	}
	return complete, nil
}

// hashPassword hashes the made-up users' password, once for all of them.
func hashPassword(ctx context.Context) (string, error) {
	hasher, err := password.NewHasher(password.Recommended(), 1)
	if err != nil {
		return "", err
	}
	return hasher.Hash(ctx, Password)
}
