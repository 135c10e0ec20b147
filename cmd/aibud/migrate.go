package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/myaibud/aibud/store"
)

// database are the settings of commands that need only the store.
type database struct {
	Data     string `help:"Folder of the SQLite databases." env:"AIBUD_DATA" default:"./data" type:"path"`
	Database string `help:"postgres://… to use PostgreSQL instead of SQLite." env:"DATABASE_URL"`
}

func (d database) config() store.Config {
	return store.Config{URL: d.Database, DataDir: d.Data}
}

// open opens the store of a server that has run before: a command must not
// make an empty database where it was pointed at a wrong folder.
func (d database) open(ctx context.Context) (*store.Store, error) {
	if d.Database == "" {
		if _, err := os.Stat(filepath.Join(d.Data, "aibud.db")); err != nil {
			return nil, fmt.Errorf("%w: there is no database in %s; name the server's folder with AIBUD_DATA, or its DATABASE_URL", errSettings, d.Data)
		}
	}
	return store.Open(ctx, d.config())
}

// migrateCommand brings the database to the newest schema. The server does
// the same when it starts; as a command it can run before a new version is
// rolled out.
type migrateCommand struct {
	database
}

// Run migrates.
func (c *migrateCommand) Run(ctx context.Context, io streams) error {
	if err := store.Migrate(ctx, c.config()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(io.out, "The database has the newest schema.")
	return err
}
