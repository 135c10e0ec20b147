package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant/scripted"
	"github.com/myaibud/aibud/engine/simulator"
)

func TestAssistantAnswersABurstOnce(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newAnsweringOffice(t, database(t))
			o.write("Hi")
			o.write("I want to rent")
			o.write("in Camps Bay")
			o.until("the lead has an answer", func() bool { return len(o.received()) > 0 })
			_, err := o.lead.WaitEvent(t.Context(), func(e simulator.Event) bool { return e.Kind == simulator.EventComposing })
			require.NoError(t, err, "the lead saw 'typing…'")
			o.until("the lead's messages have blue ticks", func() bool {
				for _, message := range o.lead.Messages(0) {
					if message.FromMe && !message.Has(simulator.ReceiptRead) {
						return false
					}
				}
				return true
			})

			// A second burst is a second call: had the first been answered
			// twice, there would be three by the time that it is answered.
			o.write("my budget is R20 000")
			o.until("the lead has a second answer", func() bool { return len(o.received()) > 1 })
			require.Equal(t, 2, o.ai.Calls())
			require.Len(t, o.received(), 2)
		})
	}
}

func TestAPersonsReplyPausesTheAssistant(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]func(*office){
		"Dashboard": func(o *office) {
			o.do("POST", "/v1/conversations/"+string(o.conversation().ID)+"/messages", map[string]string{"text": "I take over."}, nil)
		},
		"Phone": func(o *office) {
			_, err := o.phone.SendText(o.t.Context(), o.lead.Number(), "I take over.")
			require.NoError(o.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newAnsweringOffice(t, "")
			o.write("Hello?")
			o.until("the lead has an answer", func() bool { return len(o.received()) == 1 })
			reply(o)
			o.until("the assistant is paused", func() bool { return o.conversation().Assistant.PausedUntil != nil })
			o.write("Thank you")
			o.until("the message is stored", func() bool { return len(o.messages(o.conversation().ID)) == 4 })

			o.do("PUT", "/v1/conversations/"+string(o.conversation().ID)+"/assistant", map[string]bool{"enabled": true}, nil)
			require.Nil(t, o.conversation().Assistant.PausedUntil)
			o.write("Are you there?")
			o.until("the assistant answers again", func() bool { return len(o.received()) == 3 })
			require.Equal(t, 2, o.ai.Calls(), "nothing was answered while it was paused")
		})
	}
}

func TestABlockedAnswerCallsAPerson(t *testing.T) {
	t.Parallel()
	o := newAnsweringOffice(t, "")
	o.ai.Play(scripted.Block("SAFETY"))
	o.write("Something awful")
	o.until("the conversation is flagged", func() bool {
		all := o.conversations()
		return len(all) == 1 && all[0].Assistant.NeedsPerson != ""
	})
	require.Empty(t, o.received(), "the lead never sees an error")
}

func TestAnAnswerThatACrashInterruptedIsGivenOnce(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newAnsweringOffice(t, database(t))
			o.ai.Play(scripted.Hang())
			o.write("Do you have houses in Durbanville?")
			o.until("the AI is asked", func() bool { return o.ai.Calls() == 1 })
			o.kill()
			o.start()
			o.until("the lead has an answer", func() bool { return len(o.received()) == 1 })
			require.Equal(t, 2, o.ai.Calls())
		})
	}
}

func TestAServerStopsWhileTheAIHangs(t *testing.T) {
	t.Parallel()
	o := newAnsweringOffice(t, "")
	o.ai.Play(scripted.Hang())
	o.write("Hello?")
	o.until("the AI is asked", func() bool { return o.ai.Calls() == 1 })
	began := time.Now()
	require.NoError(t, o.stop())
	require.Less(t, time.Since(began), shutdownTime)
	o.start()
	o.until("the lead has an answer", func() bool { return len(o.received()) == 1 })
}

func TestAScannedSeatCanNotBeScannedAgain(t *testing.T) {
	t.Parallel()
	o := newAnsweringOffice(t, "")
	var second engine.SeatView
	o.do("POST", "/v1/seats", map[string]string{"name": "Second"}, &second)
	o.do("POST", "/v1/seats/"+string(second.ID)+"/pair", nil, nil)
	path := "/v1/seats/" + string(second.ID)
	o.until("a QR code is shown", func() bool { o.do("GET", path, nil, &second); return second.Pairing != nil })
	_, err := o.phone.Scan(t.Context(), second.Pairing.Code)
	require.Error(t, err, "the phone is told that linking failed")
	o.until("the second seat has given up", func() bool { o.do("GET", path, nil, &second); return second.Status.State == engine.StateStopped })
	require.Equal(t, engine.ReasonNumberTaken, second.Status.Reason)
	require.Contains(t, second.Status.Sentence, "Desk", "it says which seat has the number")
	require.False(t, second.Linked)

	o.untilState(o.seat, engine.StateConnected)
	o.write("Still there?")
	o.until("the first seat still answers", func() bool { return len(o.received()) == 1 })
	require.Len(t, o.phone.Devices(), 1)
}
