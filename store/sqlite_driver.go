package store

import (
	"context"
	"database/sql/driver"
	"strings"
)

// maxPrepared bounds the statements that a connection keeps. We have about
// half as many.
const maxPrepared = 256

// keepingConnector opens SQLite connections that keep their statements
// prepared. modernc's own parse the SQL text on every call, which for a
// short statement costs more than running it.
type keepingConnector struct {
	driver driver.Driver
	dsn    string
}

// Connect implements driver.Connector.
func (c *keepingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(sqliteConn)
	if !ok {
		_ = conn.Close()
		return nil, driver.ErrSkip // a future version of the driver; a test would notice
	}
	return &keepingConn{sqliteConn: full, idle: map[string]preparedStmt{}}, nil
}

// Driver implements driver.Connector.
func (c *keepingConnector) Driver() driver.Driver { return c.driver }

// sqliteConn is what modernc's connection offers.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type preparedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keepingConn is used by one goroutine at a time, as database/sql promises.
type keepingConn struct {
	sqliteConn
	idle map[string]preparedStmt // those that no open rows use
}

// take returns the statement for a query, which nobody else has until it is
// put back, or nil if the driver has to run the text itself.
func (c *keepingConn) take(ctx context.Context, query string) (preparedStmt, error) {
	if stmt, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return stmt, nil
	}
	if strings.Contains(query, ";") { // a script
		return nil, nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	prepared, ok := stmt.(preparedStmt)
	if !ok {
		return nil, stmt.Close()
	}
	return prepared, nil
}

func (c *keepingConn) put(query string, stmt preparedStmt, failed bool) error {
	if _, twice := c.idle[query]; failed || twice || len(c.idle) >= maxPrepared {
		return stmt.Close()
	}
	c.idle[query] = stmt
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	result, err := stmt.ExecContext(ctx, args)
	if putErr := c.put(query, stmt, err != nil); err == nil {
		err = putErr
	}
	return result, err
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	stmt, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		_ = c.put(query, stmt, true)
		return nil, err
	}
	return &keepingRows{Rows: rows, conn: c, query: query, stmt: stmt}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *keepingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqliteConn.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	return &keepingTx{Tx: tx, conn: c.sqliteConn}, nil
}

// keepingTx ends the transaction also if the commit was refused. SQLite may
// leave it open then, while database/sql believes it gone.
type keepingTx struct {
	driver.Tx
	conn sqliteConn
}

// Commit implements driver.Tx.
func (t *keepingTx) Commit() error {
	err := t.Tx.Commit()
	if err != nil {
		_, _ = t.conn.ExecContext(context.Background(), "ROLLBACK", nil) // fails if there is nothing to end
	}
	return err
}

// Close implements driver.Conn.
func (c *keepingConn) Close() error {
	for _, stmt := range c.idle {
		_ = stmt.Close()
	}
	clear(c.idle)
	return c.sqliteConn.Close()
}

type keepingRows struct {
	driver.Rows
	conn  *keepingConn
	query string
	stmt  preparedStmt
}

// Close implements driver.Rows.
func (r *keepingRows) Close() error {
	err := r.Rows.Close()
	if r.stmt != nil {
		if putErr := r.conn.put(r.query, r.stmt, err != nil); err == nil {
			err = putErr
		}
		r.stmt = nil
	}
	return err
}
