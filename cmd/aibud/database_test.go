package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // a second program that locks the database

	"github.com/myaibud/aibud/engine"
)

// TestAMessageWaitsAtWhatsAppWhileTheDatabaseIsLocked holds the database's
// write lock longer than the server waits for it.
func TestAMessageWaitsAtWhatsAppWhileTheDatabaseIsLocked(t *testing.T) {
	t.Parallel()
	o := newAnsweringOffice(t, "")
	o.write("before")
	o.until("the first message is stored", func() bool { return len(o.conversations()) == 1 })
	o.until("it is acknowledged", func() bool { return o.sim.Pending(o.phone.Number()) == 0 })

	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.dataFolder(), "aibud.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer db.Close()
	lock, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	o.write("while it is locked")
	o.until("the server has given up storing it", func() bool { return strings.Contains(o.logged(), "WhatsApp will send it again") })
	require.Positive(t, o.sim.Pending(o.phone.Number()), "it is not acknowledged")
	require.NoError(t, lock.Rollback())

	o.until("it is delivered again and stored", func() bool {
		return len(inbound(o.messages(o.conversation().ID))) == 2
	})
	o.until("it is acknowledged", func() bool { return o.sim.Pending(o.phone.Number()) == 0 })
	o.untilState(o.seat, engine.StateConnected)
	require.Equal(t, []string{"before", "while it is locked"}, inbound(o.messages(o.conversation().ID)))
}

func inbound(messages []engine.MessageView) []string {
	var texts []string
	for _, message := range messages {
		if message.Direction == engine.Inbound {
			texts = append(texts, message.Text)
		}
	}
	return texts
}
