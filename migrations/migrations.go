// Package migrations holds the database's schema as numbered SQL files that
// are only ever added to. A file NNN_name.sql runs on both databases; where
// they differ there is NNN_name.sqlite.sql and NNN_name.postgres.sql instead.
// A file's first line says its version and its purpose.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version int    // counts from 1 without gaps
	Name    string // the file's name without number and ending
	SQL     string // one or more statements
}

// For returns the steps for a database ("sqlite" or "postgres") in order. It
// fails if a number is missing or given twice.
func For(dialect string) ([]Migration, error) { return load(files, dialect) }

func load(files fs.FS, dialect string) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var steps []Migration
	for _, file := range names {
		step, only, err := parse(file)
		if err != nil {
			return nil, err
		}
		if only != "" && only != dialect {
			continue
		}
		if step.Version != len(steps)+1 {
			return nil, fmt.Errorf("migration %s: expected number %d for %s", file, len(steps)+1, dialect)
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		step.SQL = string(text)
		steps = append(steps, step)
	}
	return steps, nil
}

// parse takes a file's name apart: its number, its name, and the only
// database that it is for, if any.
func parse(file string) (step Migration, only string, err error) {
	stem := strings.TrimSuffix(file, ".sql")
	switch ending := path.Ext(stem); ending {
	case ".sqlite", ".postgres":
		only, stem = ending[1:], strings.TrimSuffix(stem, ending)
	case "":
	default:
		return Migration{}, "", fmt.Errorf("migration %s: no database is called %q", file, ending[1:])
	}
	number, name, ok := strings.Cut(stem, "_")
	version, err := strconv.Atoi(number)
	if !ok || err != nil || len(number) != 3 || name == "" {
		return Migration{}, "", fmt.Errorf("migration %s: the name must be NNN_name.sql", file)
	}
	return Migration{Version: version, Name: name}, only, nil
}
