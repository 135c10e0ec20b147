package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// million measures reading pages out of a large database: a tenth of its
// messages are one conversation's, the others are spread over a thousand.
func (b *bench) million(ctx context.Context) (figures []figure, err error) {
	folder := filepath.Join(b.folder, "million")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // several hundred MB
	s, err := store.Open(ctx, store.Config{DataDir: folder})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	user, err := s.SignUp(ctx, engine.NewAccount{Agency: "Bench", Name: "Bench", Email: benchEmail, PasswordHash: "-"}, true)
	if err != nil {
		return nil, err
	}
	rows := s.Tenant(user.Tenant)
	busy, err := fill(ctx, s, user.Tenant, filepath.Join(folder, "aibud.db"), b.Messages)
	if err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	ask := func(question func() error) (times, error) {
		took := make([]time.Duration, 0, b.Questions)
		for range b.Questions {
			began := time.Now()
			if err := question(); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		return sorted(took), nil
	}
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"first page of a conversation", func() error {
			found, _, err := rows.Messages(ctx, busy, engine.Page{Limit: 50})
			if err == nil && len(found) == 0 {
				err = fmt.Errorf("the conversation is empty")
			}
			return err
		}},
		{"first page of the conversations", func() error {
			_, _, err := rows.Conversations(ctx, engine.ConversationFilter{}, engine.Page{Limit: 50})
			return err
		}},
	} {
		t, err := ask(q.ask)
		if err != nil {
			return nil, err
		}
		figures = append(figures, plain(fmt.Sprintf("%s out of %d messages, p95", q.name, b.Messages), "ms", t.at(0.95)).most(20))
	}
	return figures, nil
}

// millionThreads is over how many conversations the messages are spread, and
// millionShare what part of them the first has.
const (
	millionThreads = 1000
	millionShare   = 10
)

// fill stores messages as if they had come over months. One of each
// conversation is stored as usual; the others are copies of it, made by the
// database, since storing a million one by one would take minutes.
func fill(ctx context.Context, s *store.Store, tenant engine.TenantID, path string, messages int) (busy engine.ConversationID, err error) {
	seat, err := s.Tenant(tenant).CreateSeat(ctx, "Bench")
	if err != nil {
		return "", err
	}
	facts := make([]engine.Fact, millionThreads)
	for i := range facts {
		facts[i] = engine.Incoming{
			WhatsAppID: fmt.Sprintf("FIRST%05d", i), Kind: engine.KindText, At: time.Now().Add(-365 * 24 * time.Hour),
			Text: "Is the house in Main Street still for sale?",
			Chat: engine.Party{Phone: engine.PhoneAddress(leadNumber(i, 0)), Name: "Lead"},
		}
	}
	if err := s.Record(ctx, engine.SeatKey{Tenant: tenant, Seat: seat.ID}, facts); err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_pragma=synchronous(OFF)")
	if err != nil {
		return "", err
	}
	defer db.Close()
	columns, err := columnsOf(ctx, db, "messages")
	if err != nil {
		return "", err
	}
	if err := db.QueryRowContext(ctx, `SELECT conversation FROM messages WHERE whatsapp_id = 'FIRST00000'`).Scan(&busy); err != nil {
		return "", err
	}
	// Each copy has an ID, a time and a number of its own.
	values := strings.Join(columns, ", ")
	for column, value := range map[string]string{
		"id": "lower(hex(randomblob(16)))", "whatsapp_id": "'COPY' || n", "at": "at + n * 1000", "seq": "1000000 + n",
	} {
		values = strings.Replace(", "+values+",", ", "+column+",", ", "+value+" AS "+column+",", 1)
		values = strings.Trim(values, ", ")
	}
	_, err = db.ExecContext(ctx, `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)
INSERT INTO messages (`+strings.Join(columns, ", ")+`) SELECT `+values+` FROM numbers
CROSS JOIN messages ON seat = $4 AND whatsapp_id = CASE WHEN n % $2 = 0 THEN 'FIRST00000' ELSE printf('FIRST%05d', n % $3) END`,
		messages-millionThreads, millionShare, millionThreads, seat.ID)
	return busy, err
}

func columnsOf(ctx context.Context, db *sql.DB, table string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM pragma_table_info($1)`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
