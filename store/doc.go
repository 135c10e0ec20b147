// Package store keeps everything that outlives the process, in SQLite or in
// PostgreSQL: one text of SQL with $1 placeholders serves both.
//
// A [Store] reaches all tenants, for the engine and for accounts; a [Tenant]
// reaches the rows of one, for the API.
//
// Every transaction that writes a tenant's rows begins by locking the tenant's
// row, which holds the number of its last event. So a tenant's writes happen
// one after the other, in the order of the numbers of their events: a reader
// of the log misses nothing, and what a transaction has read is still true
// when it writes. Tenants don't wait for each other on PostgreSQL; SQLite has
// one writer anyway.
//
// Methods may be called from any goroutine. Errors are [*engine.Error] if the
// caller can act on them; a database that doesn't answer, is locked or has no
// space left is [engine.CodeUnavailable], and nothing of the call is stored.
package store
