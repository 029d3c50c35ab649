package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// SeedOptions say how much benchmark data to make.
type SeedOptions struct {
	Branches int
	// Days that the orders spread over, the last of them yesterday; 365 if 0.
	Days int
	// Now decides which day was yesterday.
	Now    time.Time
	Orders int64
	OrgID  string
	// Progress, if set, is told what is going on.
	Progress io.Writer
	// Replace allows an organisation that was seeded before to be deleted first.
	Replace bool
	// Seed of all chance. The same seed, date and numbers give the same rows, but for the salt of the password's hash.
	Seed uint64
}

// Seeded is what a seed made.
type Seeded struct {
	Elapsed time.Duration
	Lines   int64
	// ManagerEmail signs in to the organisation with Password.
	ManagerEmail string
	Orders       int64
}

// Rate returns orders a second.
func (s Seeded) Rate() float64 { return float64(s.Orders) / s.Elapsed.Seconds() }

// Organisations made by Seed are told by their name: others are never touched.
const (
	seededName  = "Benchmark data"
	seedingName = "Benchmark data (loading)"
)

const (
	defaultSeedDays = 365
	maxSeedBranches = 9_999
	maxSeedDays     = 3_660
)

func (o SeedOptions) withDefaults() (SeedOptions, error) {
	if o.Days == 0 {
		o.Days = defaultSeedDays
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	switch {
	case !ids.Valid(o.OrgID):
		return o, fault.Invalid("org", "must be 1 to 64 letters, digits, - or _")
	case o.Branches < 1 || o.Branches > maxSeedBranches:
		return o, fault.Invalid("branches", fmt.Sprintf("must be from 1 to %d", maxSeedBranches))
	case o.Days < 1 || o.Days > maxSeedDays:
		return o, fault.Invalid("days", fmt.Sprintf("must be from 1 to %d", maxSeedDays))
	case o.Orders < 1:
		return o, fault.Invalid("orders", "must be at least 1")
	}
	return o, nil
}

// Seed makes an organisation with so many orders, for benchmarks. Its days are committed as they come: a seed that was cut off
// leaves a part behind, which the next one for the same organisation deletes. An organisation that exists is
// already_exists, unless Replace is set and Seed made it.
func Seed(ctx context.Context, db *postgres.DB, options SeedOptions) (Seeded, error) {
	options, err := options.withDefaults()
	if err != nil {
		return Seeded{}, err
	}
	conn, err := connect(ctx, db)
	if err != nil {
		return Seeded{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // committed or lost by then
	if err := lock(ctx, conn); err != nil {
		return Seeded{}, err
	}
	hash, err := hashPassword(ctx)
	if err != nil {
		return Seeded{}, err
	}
	yesterday := civil.BusinessDate(options.Now, location(kampala), cutoffMinutes).AddDays(-1)
	c := bulkCompany(options, yesterday)
	if err := c.prepare(ctx, conn, options); err != nil {
		return Seeded{}, err
	}

	started := time.Now()
	run := newSeedRun(c, options, datesUpTo(yesterday, options.Days))
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := holdVacuum(ctx, tx); err != nil {
			return err
		}
		return run.run(ctx, db)
	})
	if err != nil {
		return Seeded{}, fmt.Errorf("seed %s: %w", c.orgID, err)
	}
	if err := c.finish(ctx, conn, hash); err != nil {
		return Seeded{}, err
	}
	seeded := Seeded{Elapsed: time.Since(started), Lines: run.lines.Load(), ManagerEmail: c.people[0].email, Orders: run.orders.Load()}
	return seeded, run.bar.done(fmt.Sprintf("%s has %d orders with %d lines, made in %s: %.0f orders a second. Sign in as %s with %s.",
		c.orgID, seeded.Orders, seeded.Lines, seeded.Elapsed.Round(100*time.Millisecond), seeded.Rate(), seeded.ManagerEmail, Password))
}

// prepare makes way for the organisation and writes what its days build on.
func (c *company) prepare(ctx context.Context, conn *pgx.Conn, options SeedOptions) error {
	rows, err := conn.Query(ctx, "SELECT name FROM organisations WHERE org_id = $1", c.orgID)
	if err != nil {
		return fmt.Errorf("look for organisation: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for organisation: %w", err)
	}
	if len(names) > 0 {
		switch name := names[0]; {
		case name == seedingName:
		case name != seededName:
			return fault.AlreadyExists("ORGANISATION_EXISTS", "organisation "+c.orgID+" was not made by seed: choose another id")
		case !options.Replace:
			return fault.AlreadyExists("ORGANISATION_EXISTS", "organisation "+c.orgID+" exists: choose another id, or replace it")
		}
		if _, err := fmt.Fprintf(options.Progress, "Deleting what %s has from before.\n", c.orgID); err != nil {
			return err
		}
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if len(names) > 0 {
			if err := purge(ctx, tx, c.orgID); err != nil {
				return err
			}
		}
		return c.sendReference(ctx, conn.PgConn())
	})
}

// finish marks the organisation as complete and lets its manager in.
func (c *company) finish(ctx context.Context, conn *pgx.Conn, passwordHash string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := c.sendPeople(ctx, conn.PgConn(), passwordHash); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE organisations SET name = $2 WHERE org_id = $1", c.orgID, seededName)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish seed: %w", err)
	}
	return analyze(ctx, conn)
}

// seedEmail is the manager's address; the domain is one that can't exist.
func seedEmail(orgID string) string {
	return "manager@" + strings.ToLower(strings.ReplaceAll(orgID, "_", "-")) + ".example"
}
