package whatsmeow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// A lead's vote in their own poll is read with the poll's secret, which is the
// sink's after a crash: the library's table never had it.
func TestCrashBeforeAVote(t *testing.T) {
	w := newWorld(t)
	agent, lead, other := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho"), w.phone(t, thirdNumber, "Naledi")
	s := w.pair(t, agent)
	poll, err := lead.Send(t.Context(), agentNumber, simulator.Poll{Name: "Which day?", Options: []string{"Mon", "Tue"}})
	require.NoError(t, err)
	require.NotEmpty(t, s.message(t, "Which day?").Secret)
	w.write(t, other, "Hello")
	require.NotEmpty(t, s.message(t, "Hello").Secret)

	s = w.crash(t, s)
	var rows int
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT count(*) FROM whatsmeow_message_secrets`).Scan(&rows))
	require.Zero(t, rows)
	s.restarted(t)
	_, err = lead.Send(t.Context(), agentNumber, simulator.Vote{MessageID: poll, Options: []string{"Tue"}})
	require.NoError(t, err)
	var vote engine.Incoming
	s.until(t, "the vote", func() bool {
		vote = s.messages[len(s.messages)-1]
		return vote.Target == poll
	})
	require.Equal(t, engine.KindVote, vote.Kind)
	require.Len(t, vote.Content.Vote.Hashes, 1)
}

// The secret of a message that says nothing to people, so that the sink
// doesn't get it, is in the library's table, and so is that of a message that
// the seat sent.
func TestSecretsThatTheSinkDoesNotGet(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	w.write(t, lead, "Hello")
	s.send(t, s.message(t, "Hello").Chat, "Hi")
	sees(t, lead, "Hi")
	var rows int
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT count(*) FROM whatsmeow_message_secrets`).Scan(&rows))
	require.Equal(t, 1, rows)
}
