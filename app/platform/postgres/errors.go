package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// SQLSTATE codes, see the PostgreSQL manual, appendix A.
const (
	codeCheckViolation       = "23514"
	codeDeadlock             = "40P01"
	codeForeignKeyViolation  = "23503"
	codeInvalidText          = "22021"
	codeUnsupportedEscape    = "22P05" // the same within jsonb
	codeQueryCanceled        = "57014"
	codeSerializationFailure = "40001"
	codeUniqueViolation      = "23505"
)

// IsUniqueViolation reports whether err is a duplicate that the constraint refused; any constraint if it is empty.
func IsUniqueViolation(err error, constraint string) bool {
	return violates(err, codeUniqueViolation, constraint)
}

// IsForeignKeyViolation reports whether err is a missing row that the constraint refers to; any constraint if it is empty.
func IsForeignKeyViolation(err error, constraint string) bool {
	return violates(err, codeForeignKeyViolation, constraint)
}

// IsCheckViolation reports whether err is a value that the constraint refused; any constraint if it is empty.
func IsCheckViolation(err error, constraint string) bool {
	return violates(err, codeCheckViolation, constraint)
}

func violates(err error, code, constraint string) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == code && (constraint == "" || p.ConstraintName == constraint)
}

func retryable(err error) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == codeDeadlock || p.Code == codeSerializationFailure)
}

// Translate turns what every statement can meet into faults: a database that is away, restarting or too slow is
// unavailable, a transaction that lost to another is aborted, text with a NUL is invalid. Other errors are returned as they are.
func Translate(err error) error { return translate(err) }

func translate(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var p *pgconn.PgError
	if errors.As(err, &p) {
		if f := translateCode(p.Code); f != nil {
			return f.WithCause(err)
		}
		return err
	}
	// Before the contexts: a server that doesn't answer the dial in time is a deadline too, but not the caller's.
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return errUnavailable.WithCause(err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) {
		return errUnavailable.WithCause(err)
	}
	return err
}

var errUnavailable = fault.Unavailable("DATABASE_UNAVAILABLE", "database is unavailable")

// translateCode returns nil for codes that say something about one statement.
func translateCode(code string) *fault.Error {
	switch {
	case code == codeInvalidText, code == codeUnsupportedEscape: // the wire guarantees UTF-8, so only a NUL, which PostgreSQL can't store
		return fault.Invalid("", "text must not contain NUL characters")
	case code == codeDeadlock, code == codeSerializationFailure:
		return fault.Aborted("TRANSACTION_LOST", "another call was changing the same rows; try again")
	case code == codeQueryCanceled:
		return fault.Unavailable("DATABASE_TIMEOUT", "the database took too long")
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57"):
		return errUnavailable
	}
	return nil
}
