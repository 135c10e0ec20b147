package assistant

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// How much a model is given to read, in characters. A lead who pastes a book
// shall not cost one.
const (
	maxMessage = 4_000
	maxHistory = 24_000
)

// The notes stand for what can't be given as the words of one side. They are
// in brackets, which the instruction explains.
const (
	noteStart   = "[The conversation begins with a message from the agency.]"
	noteWaiting = "[The lead is waiting for an answer.]"
)

// newPrompt returns what the model is to answer at a time.
func newPrompt(turn engine.Turn, now time.Time) (Prompt, error) {
	lines := conversation(turn.Messages)
	if !slices.ContainsFunc(lines, func(line Line) bool { return line.Lead }) {
		return Prompt{}, &ModelError{
			Sentence: "the lead's message could not be read.",
			Detail:   "the turn has no message of the lead",
		}
	}
	if !lines[0].Lead {
		lines = slices.Insert(lines, 0, Line{Lead: true, Text: noteStart})
	}
	if !lines[len(lines)-1].Lead {
		lines = append(lines, Line{Lead: true, Text: noteWaiting})
	}
	return Prompt{Instruction: instruction(turn, now), Lines: lines}, nil
}

// conversation returns what both sides said, with consecutive messages of one
// side in one line, and no more than a model is given to read.
func conversation(messages []engine.Message) []Line {
	messages = legible(messages)
	var lines []Line
	for _, message := range newest(messages) {
		text := withMarks(message, words(message))
		lead := message.Direction == engine.Inbound
		if last := len(lines) - 1; last >= 0 && lines[last].Lead == lead {
			lines[last].Text += "\n" + text
			continue
		}
		lines = append(lines, Line{Lead: lead, Text: text})
	}
	return lines
}

// newest returns the newest of the messages that fit into maxHistory.
func newest(messages []engine.Message) []engine.Message {
	left := maxHistory
	for i, message := range slices.Backward(messages) {
		left -= utf8.RuneCountInString(words(message))
		if left < 0 {
			return messages[i+1:]
		}
	}
	return messages
}

// legible returns the messages that there is something to read in: without
// those that never reached the lead, and without changes that their targets
// show.
func legible(messages []engine.Message) []engine.Message {
	return slices.DeleteFunc(slices.Clone(messages), func(message engine.Message) bool {
		return message.Hidden || message.Delivery == engine.Failed || words(message) == ""
	})
}

// words returns a message as text, with a bracketed note for what is not, or
// "" if there is nothing to read.
func words(message engine.Message) string {
	text := shorten(strings.TrimSpace(strings.ToValidUTF8(message.Text, "")), maxMessage)
	what := note(message.Kind)
	switch {
	case !message.RevokedAt.IsZero():
		return "[" + note(engine.KindRevoke) + "]"
	case message.Kind == engine.KindWaiting:
		return ""
	case what == "", text == "" && message.Kind == engine.KindReaction: // a reaction that was taken back
		return text
	case text == "":
		return "[" + what + "]"
	}
	return "[" + what + ": " + text + "]"
}

// withMarks adds to a message's words what its reader did with it: a thumbs-up
// on a question is an answer.
func withMarks(message engine.Message, text string) string {
	for _, reaction := range message.Marks.Reactions {
		who := "lead"
		if reaction.FromMe {
			who = "agency"
		}
		text += " [" + who + " reacted: " + reaction.Emoji + "]"
	}
	for _, ballot := range message.Marks.Ballots {
		if !ballot.FromMe {
			text += " [lead chose: " + shorten(strings.Join(ballot.Options, ", "), maxMessage) + "]"
		}
	}
	return text
}

// note returns what a message of the kind is called in a note, or "" if its
// words are what it is.
func note(kind engine.Kind) string {
	switch kind {
	case engine.KindText, engine.KindEdit:
		return ""
	case engine.KindImage:
		return "photo"
	case engine.KindVideo, engine.KindAudio, engine.KindDocument, engine.KindSticker,
		engine.KindLocation, engine.KindPoll:
		return string(kind)
	case engine.KindVoice:
		return "voice note"
	case engine.KindContact:
		return "contact card"
	case engine.KindReaction:
		return "reaction"
	case engine.KindRevoke:
		return "deleted message"
	case engine.KindVote:
		return "choice in a poll"
	case engine.KindCall:
		return "call"
	case engine.KindUnknown, engine.KindWaiting, engine.KindNotice:
	}
	return "message of another kind"
}

// shorten returns at most limit characters of text, with a mark that something
// is missing.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
