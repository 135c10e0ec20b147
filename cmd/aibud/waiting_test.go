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
			o := newOffice(t, database(t))
			group, _, err := o.lead.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Viewing", Members: []string{o.phone.Number()}})
			require.NoError(t, err)

			waits := []struct {
				to   string
				what simulator.Content
				text string
				kind engine.Kind
			}{
				{o.phone.Number(), simulator.Text{Body: "Is it free?"}, "Is it free?", engine.KindText},
				{o.phone.Number(), simulator.Media{Kind: simulator.KindImage, Data: []byte("a picture"), Caption: "This one"}, "This one", engine.KindImage},
				{group.JID, simulator.Text{Body: "Who is coming?"}, "Who is coming?", engine.KindText},
			}
			// Every copy is damaged, and what the client asks its phone is refused.
			require.NoError(t, o.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: o.phone.Number(), Times: 1000}))
			require.NoError(t, o.sim.Inject(simulator.Fault{Kind: simulator.FaultNack, Number: o.phone.Number(), Times: 1000}))
			ids := make(map[string]engine.MessageID)
			for _, w := range waits {
				id, err := o.lead.Send(t.Context(), w.to, w.what)
				require.NoError(t, err)
				o.until("the message waits", func() bool {
					for _, conversation := range o.conversations() {
						for _, m := range o.messages(conversation.ID) {
							if m.WhatsAppID == id && m.Kind == engine.KindWaiting {
								ids[id] = m.ID
							}
						}
					}
					return ids[id] != ""
				})
			}
			o.kill()
			o.sim.Disarm(simulator.FaultUndecryptable, o.phone.Number())
			o.sim.Disarm(simulator.FaultNack, o.phone.Number())
			o.start()
			o.untilState(o.seat, engine.StateConnected)
			o.until("every message is what it was", func() bool {
				found := 0
				for _, conversation := range o.conversations() {
					for _, m := range o.messages(conversation.ID) {
						for _, w := range waits {
							if ids[m.WhatsAppID] == m.ID && m.Text == w.text && m.Kind == w.kind {
								found++
							}
						}
					}
				}
				return found == len(waits)
			})
			for _, conversation := range o.conversations() {
				for _, m := range o.messages(conversation.ID) {
					require.NotEqual(t, engine.KindWaiting, m.Kind, "none is left, and none is there twice")
				}
			}
		})
	}
}
