package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/myaibud/aibud/engine"
)

// primaryCode is the part of SQLite's extended result code that says what
// kind of error it is.
const primaryCode = 0xff

// PostgreSQL's error codes (its manual, appendix A).
const (
	pgUniqueViolation = "23505"
	pgSerialization   = "40001"
	pgDeadlock        = "40P01"
	pgReadOnly        = "25006"
)

// translate turns an error of the database into one for the caller: what may
// pass becomes [engine.CodeUnavailable]. Errors of ours, a context that has
// ended and mistakes in our statements stay as they are.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*engine.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isMistake(err) {
		return err
	}
	return &engine.Error{
		Code:    engine.CodeUnavailable,
		Message: "The database does not answer or has no space left. Try again in a moment.",
		Err:     err,
	}
}

// isMistake says whether the database understood us and refused, so that
// trying again is of no use.
func isMistake(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false // whatever kept us out, it was none of our statements
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		if e.Code == pgReadOnly { // a server that has not taken over yet
			return false
		}
		switch e.Code[:2] {
		case "08", "40", "53", "55", "57", "58", "XX": // connection, rollback, resources, locks, operator, system, internal
			return false
		}
		return true
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & primaryCode {
		case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE:
			return true
		}
		return false
	}
	return errors.Is(err, errNoRow) || isUnwritable(err)
}

// isUnwritable says whether something can't be written as JSON, such as a number
// that is none or a time after the year 9999. No database was asked.
func isUnwritable(err error) bool {
	_, value := errors.AsType[*json.UnsupportedValueError](err)
	_, kind := errors.AsType[*json.UnsupportedTypeError](err)
	_, marshaler := errors.AsType[*json.MarshalerError](err)
	return value || kind || marshaler
}

// isTaken says whether a unique index refused a row.
func isTaken(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == pgUniqueViolation
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isCrossed says whether PostgreSQL gave a transaction up in favour of
// another one, so that it is to be run again.
func isCrossed(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == pgSerialization || e.Code == pgDeadlock)
}

// notFound is the answer for what doesn't exist and for what is another
// tenant's alike.
func notFound(what string) error {
	return engine.Errorf(engine.CodeNotFound, "There is no such %s.", what)
}

// orNotFound replaces errNoRow by notFound.
func orNotFound(err error, what string) error {
	if errors.Is(err, errNoRow) {
		return notFound(what)
	}
	return translate(err)
}
