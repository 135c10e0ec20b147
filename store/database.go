package store

import (
	"context"
	"errors"
)

// database is what differs between SQLite and PostgreSQL: see sqlite.go and
// postgres.go.
type database interface {
	querier // reads outside of a transaction

	// begin starts a transaction that may write and returns the context that
	// its statements are to be run with.
	begin(ctx context.Context) (context.Context, handle, error)
	// lock is appended to a SELECT that must keep others from writing the
	// rows of table alias until the transaction ends.
	lock(alias string) string
	// dialect is the name that package migrations knows the database by.
	dialect() string
	close()
}

// handle is a transaction.
type handle interface {
	querier
	// later runs a statement of which nothing is to be known but that it
	// worked, at the latest before the commit. PostgreSQL gets it together with
	// the next one, since each way to the server and back costs more than most
	// statements; that one, or the commit, fails if it does.
	later(ctx context.Context, query string, args ...any) error
	commit(ctx context.Context) error
	rollback(ctx context.Context)
}

// querier runs statements.
type querier interface {
	// exec returns how many rows were changed.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	query(ctx context.Context, query string, args ...any) (rows, error)
}

// rows is what sql.Rows and pgx.Rows have in common.
type rows interface {
	scanner
	Next() bool
	Err() error
	close()
}

type scanner interface {
	Scan(dest ...any) error
}

// errNoRow says that a query which must find a row found none. It never
// leaves the package.
var errNoRow = errors.New("no row")

// one runs a query for a single row and fails with errNoRow if there is none.
func one[T any](ctx context.Context, q querier, scan func(scanner, *T) error, query string, args ...any) (T, error) {
	var value T
	found, err := q.query(ctx, query, args...)
	if err != nil {
		return value, err
	}
	defer found.close()
	if !found.Next() {
		if err := found.Err(); err != nil {
			return value, err
		}
		return value, errNoRow
	}
	if err := scan(found, &value); err != nil {
		return value, err
	}
	// A second row is never looked at, but an error that came late is.
	found.close()
	return value, found.Err()
}

// list runs a query for any number of rows. It never returns nil without an
// error.
func list[T any](ctx context.Context, q querier, scan func(scanner, *T) error, query string, args ...any) ([]T, error) {
	found, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.close()
	values := []T{}
	for found.Next() {
		var value T
		if err := scan(found, &value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, found.Err()
}

// column scans a row of one column.
func column[T any](row scanner, value *T) error { return row.Scan(value) }
