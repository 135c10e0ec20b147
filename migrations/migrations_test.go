package migrations

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestForBothDatabases(t *testing.T) {
	t.Parallel()
	var versions []int
	for _, dialect := range []string{"sqlite", "postgres"} {
		steps, err := For(dialect)
		require.NoError(t, err)
		require.NotEmpty(t, steps)
		versions = append(versions, steps[len(steps)-1].Version)
		for _, step := range steps {
			require.True(t, strings.HasPrefix(step.SQL, "-- v"), "%s: the first line says version and purpose", step.Name)
		}
	}
	require.Equal(t, versions[0], versions[1], "both databases end at the same version")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tree := func(names ...string) fstest.MapFS {
		files := fstest.MapFS{}
		for _, name := range names {
			files[name] = &fstest.MapFile{Data: []byte(name)}
		}
		return files
	}
	t.Run("picks the file of the database", func(t *testing.T) {
		t.Parallel()
		steps, err := load(tree("001_a.sql", "002_b.postgres.sql", "002_b.sqlite.sql", "003_c.sql"), "sqlite")
		require.NoError(t, err)
		require.Equal(t, []Migration{
			{Version: 1, Name: "a", SQL: "001_a.sql"},
			{Version: 2, Name: "b", SQL: "002_b.sqlite.sql"},
			{Version: 3, Name: "c", SQL: "003_c.sql"},
		}, steps)
	})
	for _, names := range [][]string{
		{"001_a.sql", "003_c.sql"},
		{"001_a.sql", "001_b.sql"},
		{"001_a.sql", "002_b.postgres.sql", "003_c.sql"},
		{"1_a.sql"},
		{"001.sql"},
		{"001_.sql"},
		{"001_a.mysql.sql"},
		{"xyz_a.sql"},
	} {
		_, err := load(tree(names...), "sqlite")
		require.Error(t, err, "%v", names)
	}
}
