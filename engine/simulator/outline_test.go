package simulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestStanzasTellOfTheirContent checks what a client's socket sees around the ciphertext, of phones' messages and of
// clients'.
func TestStanzasTellOfTheirContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	_, wire := wiretapped(t, s, agent)
	theirs := linked(t, s, lead)
	theirs.SendReportingTokens = true
	send := func(content simulator.Content, options ...simulator.Option) string {
		t.Helper()
		id, err := lead.Send(patient(t), agentNumber, content, options...)
		require.NoError(t, err)
		return id
	}
	text := send(simulator.Text{Body: "words"})
	poll := send(simulator.Poll{Name: "?", Options: []string{"a", "b"}, Selectable: 1})
	event := send(simulator.Occasion{Name: "Viewing", Start: time.Now()})
	for id, words := range map[string][]string{
		text: {`type="text"`},
		poll: {`type="poll"`, `polltype="creation"`},
		send(simulator.Vote{MessageID: poll, Options: []string{"a"}}):     {`type="poll"`, `polltype="vote"`, `decrypt-fail="hide"`},
		send(simulator.Reaction{MessageID: text, Emoji: "👍"}):             {`type="reaction"`, `decrypt-fail="hide"`},
		send(simulator.Reaction{MessageID: text}):                         {`type="reaction"`, `edit="7"`},
		send(simulator.Edit{MessageID: text, Text: "word"}):               {`type="text"`, `edit="1"`, `decrypt-fail="hide"`},
		send(simulator.Edit{MessageID: text, Text: "w", Encrypted: true}): {`type="text"`, `edit="1"`},
		send(simulator.Pin{MessageID: text}):                              {`edit="2"`},
		send(simulator.Keep{MessageID: text, Undo: true}):                 {`type="text"`, `edit="7"`},
		event: {`type="event"`, `event_type="creation"`},
		send(simulator.Attendance{MessageID: event, Answer: "going"}):                                   {`type="event"`, `event_type="response"`},
		send(simulator.Media{Kind: "video", Data: []byte("mp4"), GIF: true}):                            {`type="media"`, `mediatype="gif"`},
		send(simulator.Media{Kind: "voice", Data: []byte("ogg")}, simulator.ViewOnce()):                 {`type="media"`, `<unavailable type="view_once"`},
		send(simulator.List{Text: "x", Button: "b", Choices: []simulator.Choice{{ID: "1", Text: "1"}}}): {`<biz>`, `type="single_select"`},
		theirs.says(agent.LID(), say("mine")).ID:                                                        {`<reporting>`, `<reporting_tag>`},
	} {
		line := wire.await(t, append(words, `id="`+id+`"`, "<message")...)
		require.NotContains(t, line, "reporting_token")
	}
}
