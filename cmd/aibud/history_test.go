package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// What a phone remembers in the history test.
const (
	pastChats    = 60
	pastMessages = 60
)

// TestHistoryIsImportedThroughCrashes kills the server while it takes in a
// phone's past, with live messages among it. Some of its files are gone and the
// phone is asked for them.
func TestHistoryIsImportedThroughCrashes(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			historyTest(t, database(t))
		})
	}
}

func historyTest(t *testing.T, database string) {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Config{HistoryPart: 64 << 10})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	office, err := sim.AddPhone("27825550100", "Office")
	require.NoError(t, err)
	lead, err := sim.AddPhone("27825550200", "Lead")
	require.NoError(t, err)
	require.NoError(t, office.SetHistory(t.Context(), simulator.ChatsOf(pastChats, pastMessages)))
	require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: office.Number(), Times: 2}))

	p := newProcess(t, sim, database)
	p.start()
	p.signUp()
	seat := p.pair(office)
	imported := func() int {
		var view engine.SeatView
		if _, err := p.try("GET", "/v1/seats/"+string(seat), nil, &view); err != nil || view.History == nil {
			return 0
		}
		return view.History.Messages
	}
	const all = pastChats * pastMessages
	for n := 1; n <= 2; n++ {
		p.until("some of the past is there", func() bool { return imported() > n*all/10 })
		require.Less(t, imported(), all, "the server must be killed in the midst of it")
		p.kill()
		_, err := lead.SendText(t.Context(), office.Number(), fmt.Sprintf("live %d", n))
		require.NoError(t, err)
		p.start()
	}
	var view engine.SeatView
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the import stands at %+v; the phone: %+v, pending %d", view.History, office.History().Clients, sim.Pending(office.Number()))
		}
	})
	for done, seen := false, 0; !done; {
		p.until("the import goes on", func() bool {
			view = engine.SeatView{}
			p.do("GET", "/v1/seats/"+string(seat), nil, &view)
			before := seen
			seen = view.History.Messages
			done = view.History.Done && view.History.Percent == 100 && seen == all
			return done || seen > before
		})
	}
	require.Empty(t, view.History.Failure)
	require.Empty(t, sim.Faults(), "files were gone")
	p.until("the live messages are there", func() bool { return sim.Pending(office.Number()) == 0 })

	conversations := p.conversations()
	require.Len(t, conversations, pastChats+1)
	require.Equal(t, lead.Number(), conversations[0].Contact.Phone, "who wrote now comes first")
	require.Equal(t, []string{"live 1", "live 2"}, inbound(p.messages(conversations[0].ID)))
	require.Equal(t, 2, conversations[0].Unread)
	for _, conversation := range conversations[1:] {
		require.Zero(t, conversation.Unread)
		require.Nil(t, conversation.Assistant.PausedUntil)
		require.Equal(t, fmt.Sprintf("Message %d of %d", pastMessages, pastMessages), conversation.LastMessage.Text)
	}
	for _, conversation := range []engine.ConversationView{conversations[1], conversations[pastChats]} {
		var texts, expected []string
		for i, message := range p.messages(conversation.ID) {
			texts = append(texts, message.Text)
			expected = append(expected, fmt.Sprintf("Message %d of %d", i+1, pastMessages))
			require.True(t, message.History)
		}
		require.Equal(t, expected, texts, "each message once and in order")
	}
}
