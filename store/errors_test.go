package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// What passes when the database is itself again is tried again; what it
// understood and refused is not.
func TestTranslate(t *testing.T) {
	t.Parallel()
	_, refused := pgconn.Connect(t.Context(), "postgres://nobody@127.0.0.1:1/nothing?connect_timeout=1")
	require.Error(t, refused)
	for code, err := range map[engine.Code]error{
		engine.CodeUnavailable: &pgconn.PgError{Code: "25006", Message: "cannot execute INSERT in a read-only transaction"},
		engine.CodeInternal:    &pgconn.PgError{Code: "23505", Message: "duplicate key"},
		engine.CodeConflict:    engine.Errorf(engine.CodeConflict, "ours"),
	} {
		require.Equal(t, code, engine.CodeOf(translate(fmt.Errorf("around it: %w", err))), "%v", err)
	}
	// As it is while PostgreSQL starts: nobody can sign in yet.
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(translate(refused)))
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(translate(errors.Join(refused, &pgconn.PgError{Code: "28P01"}))))
	_, err := decodeLinkKey("c2hvcnQ=")
	require.ErrorContains(t, err, "32 bytes")
}
