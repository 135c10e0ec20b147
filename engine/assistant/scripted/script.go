package scripted

import (
	"fmt"
	"strings"
)

// Turn is what one side of a conversation said.
type Turn struct {
	Lead bool // the lead said it; otherwise the agency
	Text string
}

// Reply returns what the script answers to a conversation, whose last turn is
// the lead's.
func Reply(turns []Turn) string {
	if len(turns) == 0 {
		turns = []Turn{{Lead: true}}
	}
	before := listen(turns[:len(turns)-1])
	after := listen(turns)
	text := withoutNotes(turns[len(turns)-1].Text)
	phrases := script(after.language)

	var parts []string
	switch {
	case !after.introduced:
		parts = append(parts, phrases.intro)
	case asksWho(text):
		parts = append(parts, phrases.identity)
	}
	if wantsPerson(text) {
		return strings.Join(append(parts, phrases.person), " ")
	}
	if before.missing() == nothing && after.introduced {
		return phrases.later
	}
	if text != turns[len(turns)-1].Text && strings.TrimSpace(text) == "" {
		parts = append(parts, phrases.media)
	}
	if asksSomething(text) {
		parts = append(parts, phrases.pass)
	}
	return strings.Join(append(parts, after.step(before, phrases)...), " ")
}

// step returns what was learned since before, and the next question.
func (f facts) step(before facts, phrases phrases) []string {
	next := f.missing()
	if next == nothing {
		return []string{fmt.Sprintf(phrases.closing, strings.Join(f.list(facts{}, phrases), " · "))}
	}
	var parts []string
	if learned := f.list(before, phrases); len(learned) > 0 {
		parts = append(parts, fmt.Sprintf(phrases.noted, strings.Join(learned, " · ")))
	}
	if next == aim {
		return append(parts, phrases.aim)
	}
	return append(parts, phrases.asks[next][f.goal])
}

// list returns the facts that before didn't have, in words.
func (f facts) list(before facts, phrases phrases) []string {
	var list []string
	if f.goal != before.goal {
		list = append(list, phrases.goals[f.goal])
	}
	for about := area; about < topics; about++ {
		if f.said[about] != "" && f.said[about] != before.said[about] {
			list = append(list, f.said[about])
		}
	}
	return list
}

// asked returns the topic of the script's question in a text of the agency,
// and whether the text says who is writing.
func asked(text string) (about topic, introduced bool) {
	for l := range languages {
		phrases := script(l)
		introduced = introduced || strings.Contains(text, phrases.intro) || strings.Contains(text, phrases.identity)
		if strings.Contains(text, phrases.aim) {
			about = aim
		}
		for index, byGoal := range phrases.asks {
			for _, question := range byGoal {
				if question != "" && strings.Contains(text, question) {
					about = topic(index)
				}
			}
		}
	}
	return about, introduced
}
