package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestWaitingBecomesTheMessageAfterARestart: what could not be decrypted waits
// through a crash, and becomes the message in its place when the phone sends it.
func TestWaitingBecomesTheMessageAfterARestart(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(t.Context(), simulator.Config{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, sim.Close()) })
			office, err := sim.AddPhone("27825550100", "Office")
			require.NoError(t, err)
			lead, err := sim.AddPhone("27825550200", "Thandi")
			require.NoError(t, err)
			p := newProcess(t, sim, database(t))
			p.start()
			p.signUp()
			seat := p.pair(office)
			group, _, err := lead.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Viewing", Members: []string{office.Number()}})
			require.NoError(t, err)

			waits := []struct {
				to   string
				what simulator.Content
				text string
				kind engine.Kind
			}{
				{office.Number(), simulator.Text{Body: "Is it free?"}, "Is it free?", engine.KindText},
				{office.Number(), simulator.Media{Kind: simulator.KindImage, Data: []byte("a picture"), Caption: "This one"}, "This one", engine.KindImage},
				{group.JID, simulator.Text{Body: "Who is coming?"}, "Who is coming?", engine.KindText},
			}
			// Every copy is damaged, and what the client asks its phone is refused.
			require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: office.Number(), Times: 1000}))
			require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultNack, Number: office.Number(), Times: 1000}))
			ids := make(map[string]engine.MessageID)
			for _, w := range waits {
				id, err := lead.Send(t.Context(), w.to, w.what)
				require.NoError(t, err)
				p.until("the message waits", func() bool {
					for _, conversation := range p.conversations() {
						for _, m := range p.messages(conversation.ID) {
							if m.WhatsAppID == id && m.Kind == engine.KindWaiting {
								ids[id] = m.ID
							}
						}
					}
					return ids[id] != ""
				})
			}
			p.kill()
			sim.Disarm(simulator.FaultUndecryptable, office.Number())
			sim.Disarm(simulator.FaultNack, office.Number())
			p.start()
			p.untilState(seat, engine.StateConnected)
			p.until("every message is what it was", func() bool {
				found := 0
				for _, conversation := range p.conversations() {
					for _, m := range p.messages(conversation.ID) {
						for _, w := range waits {
							if ids[m.WhatsAppID] == m.ID && m.Text == w.text && m.Kind == w.kind {
								found++
							}
						}
					}
				}
				return found == len(waits)
			})
			for _, conversation := range p.conversations() {
				for _, m := range p.messages(conversation.ID) {
					require.NotEqual(t, engine.KindWaiting, m.Kind, "none is left, and none is there twice")
				}
			}
		})
	}
}
