package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestReadMarksReachTheLeadLater: what a user has read while the seat was
// offline the lead sees once it is connected, also after a crash.
func TestReadMarksReachTheLeadLater(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t))
			group, _, err := o.lead.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Viewing", Members: []string{o.phone.Number()}})
			require.NoError(t, err)
			var ids []string
			for _, to := range []string{o.phone.Number(), group.JID} {
				id, err := o.lead.SendText(t.Context(), to, "Is it free?")
				require.NoError(t, err)
				ids = append(ids, id)
			}
			var unread []engine.ConversationView
			o.until("the messages are here", func() bool {
				unread = unread[:0]
				for _, c := range o.conversations() {
					if c.Unread == 1 {
						unread = append(unread, c)
					}
				}
				return len(unread) == len(ids)
			})
			o.do("POST", "/v1/seats/"+string(o.seat)+"/stop", nil, nil)
			o.untilState(o.seat, engine.StateStopped)
			for _, c := range unread {
				o.do("POST", "/v1/conversations/"+string(c.ID)+"/read", nil, nil)
			}
			o.kill()
			o.start()
			read := func() (count int) {
				for _, m := range o.lead.Messages(0) {
					if m.FromMe && m.Has(simulator.ReceiptRead) {
						count++
					}
				}
				return count
			}
			require.Zero(t, read())
			o.do("POST", "/v1/seats/"+string(o.seat)+"/start", nil, nil)
			o.until("the lead sees that they were read", func() bool { return read() == len(ids) })
		})
	}
}
