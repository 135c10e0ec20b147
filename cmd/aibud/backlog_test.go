package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// TestWhatCameWhileTheServerWasDown sees what happens to messages that waited
// at WhatsApp: old ones wait for a person, and young ones are answered once all
// of them are in.
func TestWhatCameWhileTheServerWasDown(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newAnsweringOffice(t, database(t))
			o.until("the seat has caught up, with the phone's past too", func() bool {
				var seat engine.SeatView
				o.do("GET", "/v1/seats/"+string(o.seat), nil, &seat)
				return o.sim.Pending(o.phone.Number()) == 0 && seat.History != nil && seat.History.Done
			})
			o.kill()
			other := o.person("27825550300", "Sipho")
			_, err := other.SendText(t.Context(), o.phone.Number(), "is it free?")
			require.NoError(t, err)
			require.NoError(t, o.sim.Advance(time.Hour))
			const burst = 30
			for n := range burst {
				o.write(fmt.Sprintf("part %d", n))
			}
			o.start()
			o.until("the lead has an answer", func() bool { return len(o.received()) > 0 })
			require.Len(t, o.received(), 1, "one answer to the whole burst")
			require.Equal(t, 1, o.ai.Calls(), "and none to what came too late")

			var late engine.ConversationView
			for _, conversation := range o.conversations() {
				if conversation.Contact.Phone == other.Number() {
					late = conversation
					continue
				}
				messages := o.messages(conversation.ID)
				require.Len(t, messages, burst+1)
				require.Equal(t, engine.Outbound, messages[burst].Direction, "the answer comes after all of it")
			}
			require.NotEmpty(t, late.Assistant.NeedsPerson)
			require.Equal(t, 1, late.Unread)
			require.True(t, late.LastMessage.Late)
			var seat engine.SeatView
			o.do("GET", "/v1/seats/"+string(o.seat), nil, &seat)
			require.Equal(t, engine.HistoryBacklog, seat.History.Phase)
			require.True(t, seat.History.Done)
		})
	}
}
