package api_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
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

// The websocket's frames name every kind of event that there is.
func TestDocumentNamesEveryEvent(t *testing.T) {
	t.Parallel()
	document, err := api.Document()
	require.NoError(t, err)
	source, err := parser.ParseFile(token.NewFileSet(), "../engine/event.go", nil, 0)
	require.NoError(t, err)
	kinds := 0
	ast.Inspect(source, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			kind, ok := spec.Values[0].(*ast.BasicLit)
			require.True(t, ok)
			require.Contains(t, string(document), kind.Value) // with its quotes, as in the enumeration
			kinds++
		}
		return true
	})
	require.Greater(t, kinds, 10)
}
