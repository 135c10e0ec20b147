package api_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
)

var update = flag.Bool("update", false, "write openapi.json anew")

//go:generate go test . -run TestDocument -update

func TestDocument(t *testing.T) {
	t.Parallel()
	document, err := api.Document()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("openapi.json", document, 0o644))
	}
	committed, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	require.Equal(t, string(committed), string(document), "run go generate ./api")
}
