package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"modernc.org/sqlite"
)

const (
	// sqliteReaders is how many reads may run at once beside the writer.
	sqliteReaders = 4
	// keysConns is enough for whatsmeow: it writes one seat's keys at a time.
	keysConns = 4
	// walPages is how long the write-ahead log grows before its pages are
	// copied into the file: 32 MB. Most pages of a busy log were written many
	// times and are copied once.
	walPages = 8_000
	// writerCache and otherCache are the KB of pages that a connection may
	// keep. Only the writer goes through the same pages again and again; each
	// of the others would keep as much, though the operating system has it too.
	writerCache = 8_000
	otherCache  = 1_000
	// syncNormal is PRAGMA synchronous=NORMAL as SQLite reports it: with a
	// write-ahead log a crash of the process loses nothing, and a loss of
	// power loses the last commits but never the file.
	syncNormal = 1
)

// sqliteDB is SQLite with one connection that writes and several that read:
// with more writers they would only wait for each other by polling.
type sqliteDB struct {
	writer *sql.DB
	reader *sql.DB
	// turn is held by the transaction that has the writer. Waiting for it is
	// fair, which waiting for a connection of database/sql isn't.
	turn chan struct{}
}

func openSQLite(ctx context.Context, folder string, busy time.Duration) (*sqliteDB, error) {
	path, err := dataFile(folder, "aibud.db")
	if err != nil {
		return nil, err
	}
	writer, err := openSQLiteFile(ctx, path, busy, 1, writerCache, false)
	if err != nil {
		return nil, err
	}
	reader, err := openSQLiteFile(ctx, path, busy, sqliteReaders, otherCache, true)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &sqliteDB{writer: writer, reader: reader, turn: make(chan struct{}, 1)}, nil
}

// dataFile makes sure that a file exists which only this user can read.
func dataFile(folder, name string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("the data folder %s can't be made: %w", folder, err)
	}
	path, err := filepath.Abs(filepath.Join(folder, name))
	if err != nil {
		return "", fmt.Errorf("the data folder %s: %w", folder, err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the operator names the folder
	if err != nil {
		return "", fmt.Errorf("the data folder %s can't be written: %w", folder, err)
	}
	return path, file.Close()
}

// openSQLiteFile opens a pool on a file and checks that the pragmas hold.
func openSQLiteFile(ctx context.Context, path string, busy time.Duration, conns, cache int, readOnly bool) (*sql.DB, error) {
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		// First, since the others may have to wait.
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"journal_mode(WAL)", "foreign_keys(1)", "synchronous(NORMAL)",
		"cache_size(-" + strconv.Itoa(cache) + ")", "temp_store(MEMORY)", "wal_autocheckpoint(" + strconv.Itoa(walPages) + ")", "query_only(" + strconv.FormatBool(readOnly) + ")",
	}}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
	db := sql.OpenDB(&keepingConnector{driver: &sqlite.Driver{}, dsn: dsn})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	// While several processes begin to use a file, SQLite may give up without
	// waiting for its busy_timeout.
	err := checkPragmas(ctx, db, busy)
	for begun := time.Now(); isLocked(err) && time.Since(begun) < busy && ctx.Err() == nil; {
		select {
		case <-time.After(openAgain):
		case <-ctx.Done():
		}
		err = checkPragmas(ctx, db, busy)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// openAgain is the pause between two tries to open a file that is locked.
const openAgain = 20 * time.Millisecond

// isLocked says whether another connection held a lock (SQLITE_BUSY is 5, in
// the low byte of its extended codes).
func isLocked(err error) bool {
	locked, ok := errors.AsType[*sqlite.Error](err)
	return ok && locked.Code()&0xff == 5
}

func checkPragmas(ctx context.Context, db *sql.DB, busy time.Duration) error {
	var timeout int64
	var keys, sync int
	var mode string
	for pragma, dest := range map[string]any{
		"busy_timeout": &timeout, "foreign_keys": &keys, "synchronous": &sync, "journal_mode": &mode,
	} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(dest); err != nil {
			return fmt.Errorf("read pragma %s: %w", pragma, err)
		}
	}
	if timeout != busy.Milliseconds() || keys != 1 || sync != syncNormal || mode != "wal" {
		return fmt.Errorf("the settings did not take: busy_timeout=%d foreign_keys=%d synchronous=%d journal_mode=%s",
			timeout, keys, sync, mode)
	}
	return nil
}

func (d *sqliteDB) dialect() string { return dialectSQLite }

// lock is nothing: a transaction that writes is alone from its beginning.
func (d *sqliteDB) lock(string) string { return "" }

func (d *sqliteDB) close() {
	_ = d.reader.Close() // nothing to lose
	_ = d.writer.Close()
}

func (d *sqliteDB) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return sqlExec(ctx, d.writer, query, args)
}

func (d *sqliteDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	return sqlQuery(ctx, d.reader, query, args)
}

// begin waits for the writer, which ctx may end. The statements of the
// transaction take a moment and can't be cancelled: watching a context costs
// modernc a goroutine a statement, and an interrupted connection is lost with
// what it had prepared.
func (d *sqliteDB) begin(ctx context.Context) (context.Context, handle, error) {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		<-d.turn
		return nil, nil, err
	}
	inside := context.WithoutCancel(ctx)
	tx, err := d.writer.BeginTx(inside, nil)
	if err != nil {
		<-d.turn
		return nil, nil, err
	}
	return inside, &sqliteTx{tx: tx, db: d}, nil
}

type sqliteTx struct {
	tx *sql.Tx
	db *sqliteDB
}

func (t *sqliteTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return sqlExec(ctx, t.tx, query, args)
}

func (t *sqliteTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	return sqlQuery(ctx, t.tx, query, args)
}

func (t *sqliteTx) later(ctx context.Context, query string, args ...any) error {
	_, err := sqlExec(ctx, t.tx, query, args)
	return err
}

func (t *sqliteTx) commit(context.Context) error {
	defer func() { <-t.db.turn }()
	return t.tx.Commit()
}

func (t *sqliteTx) rollback(context.Context) {
	defer func() { <-t.db.turn }()
	_ = t.tx.Rollback() // a full disk has ended it already
}

// sqlRunner is what sql.DB and sql.Tx have in common.
type sqlRunner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func sqlExec(ctx context.Context, db sqlRunner, query string, args []any) (int64, error) {
	result, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func sqlQuery(ctx context.Context, db sqlRunner, query string, args []any) (rows, error) {
	found, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	if err := found.Err(); err != nil {
		return nil, errors.Join(err, found.Close()) //nolint:sqlclosecheck // the caller closes what it gets
	}
	return sqlRows{found}, nil
}

type sqlRows struct{ *sql.Rows }

func (r sqlRows) close() { _ = r.Close() } // Err has what there is to say
