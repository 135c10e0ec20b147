package api_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// postgresURL makes an empty database for the test and returns its URL.
func postgresURL(t *testing.T) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	require.NotEmpty(t, server, "This test needs PostgreSQL. Set TEST_POSTGRES_URL to the URL of a server on which it may create databases; “make test” does.")
	conn, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	name := "api_" + strings.ReplaceAll(engine.NewID(), "-", "")
	_, err = conn.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
		require.NoError(t, conn.Close(ctx))
	})
	parsed, err := url.Parse(server)
	require.NoError(t, err)
	parsed.Path = "/" + name
	return parsed.String()
}
