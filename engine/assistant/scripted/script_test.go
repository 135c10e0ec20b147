package scripted_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/assistant/scripted"
)

// talk plays a lead's texts one after the other and returns the replies.
func talk(texts ...string) []string {
	var turns []scripted.Turn
	var replies []string
	for _, text := range texts {
		turns = append(turns, scripted.Turn{Lead: true, Text: text})
		reply := scripted.Reply(turns)
		replies = append(replies, reply)
		turns = append(turns, scripted.Turn{Text: reply})
	}
	return replies
}

func TestReplyQualifiesStepByStep(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		says []string
		want []string
	}{
		"english": {
			says: []string{"Hi there", "I want to buy", "somewhere quiet, Observatory maybe", "R2 500 000", "in 3 months", "Saturday morning", "thanks!"},
			want: []string{
				"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. Are you looking to buy, sell or rent?",
				"Thanks, noted: buying. Which area would you like to buy in?",
				"Thanks, noted: Observatory. What is your budget, more or less?",
				"Thanks, noted: R2 500 000. When would you like to buy?",
				"Thanks, noted: in 3 months. Which day would suit you for a viewing?",
				"Thank you! I have noted: buying · Observatory · R2 500 000 · in 3 months · Saturday morning. The agent takes it from here and replies to you in this chat.",
				"Thanks, I pass that on to the agent, who will reply to you in this chat.",
			},
		},
		"afrikaans": {
			says: []string{"Goeie môre, ek soek 'n woonstel om te huur in Bellville", "R9000 per maand", "volgende maand", "Vrydag"},
			want: []string{
				"Hallo! Ek is Aibud se demo-assistent en werk volgens 'n vaste draaiboek, nie met Gemini nie. Dankie, ek het dit so: huur · Bellville. Wat is jou begroting per maand?",
				"Dankie, ek het dit so: R9000. Wanneer wil jy graag intrek?",
				"Dankie, ek het dit so: volgende maand. Watter dag pas jou om te gaan kyk?",
				"Baie dankie! Ek het dit so: huur · Bellville · R9000 · volgende maand · Vrydag. Die agent neem dit van hier af en antwoord jou hier.",
			},
		},
		"zulu": {
			says: []string{"Sawubona", "ngifuna ukuthengisa", "eMlazi"},
			want: []string{
				"Sawubona! Ngingumsizi wedemo ka-Aibud osebenzisa umbhalo olungisiwe, hhayi i-Gemini. Ufuna ukuthenga, ukuthengisa noma ukuqasha?",
				"Ngiyabonga, ngibhale lokhu: ukuthengisa. Indlu yakho ikuyiphi indawo?",
				"Ngiyabonga, ngibhale lokhu: eMlazi. Ucabanga intengo engakanani?",
			},
		},
		"everything at once": {
			says: []string{"Hello, I'm looking to buy a house in Sea Point for about R3.2m next month"},
			want: []string{"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. " +
				"Thanks, noted: buying · Sea Point · R3.2m · next month. Which day would suit you for a viewing?"},
		},
		"letting": {
			says: []string{"I want to rent out my flat"},
			want: []string{"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. Thanks, noted: letting. Which area is the property in?"},
		},
		"asks instead of answering": {
			says: []string{"hi, I want to sell", "what areas do you cover?", "Paarl"},
			want: []string{
				"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. Thanks, noted: selling. Which area is the property in?",
				"I pass your question on to the agent. Which area is the property in?",
				"Thanks, noted: Paarl. What price do you have in mind?",
			},
		},
		"changes the language": {
			says: []string{"Hi, I want to buy", "Ek hou van Durbanville"},
			want: []string{
				"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. Thanks, noted: buying. Which area would you like to buy in?",
				"Dankie, ek het dit so: Durbanville. Wat is jou begroting, min of meer?",
			},
		},
		"a robot, a person, a photo": {
			says: []string{"Hi", "are you a robot?", "[photo: my house]", "please call me"},
			want: []string{
				"Hi! I'm Aibud's scripted demo assistant, not Gemini: I answer from a fixed script. Are you looking to buy, sell or rent?",
				"I'm Aibud's scripted demo assistant: not Gemini, and not a person. Are you looking to buy, sell or rent?",
				"Thanks for what you sent; I can't see or hear it, but the agent can. Are you looking to buy, sell or rent?",
				"Of course. I let the agent know, who will reply to you in this chat.",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, talk(test.says...))
		})
	}
}

func TestReplySaysWhatItIsOnlyOnceButAfterAnAgentToo(t *testing.T) {
	t.Parallel()
	reply := scripted.Reply([]scripted.Turn{
		{Lead: true, Text: "Hi"},
		{Text: "Hi, Naledi here. How can I help?"},
		{Lead: true, Text: "I'd like to rent something in Rosebank"},
	})
	require.Contains(t, reply, "scripted demo assistant, not Gemini")
	require.Contains(t, reply, "What is your budget per month?")
}

func TestReplyToNothing(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, scripted.Reply(nil))
}

func FuzzReply(f *testing.F) {
	f.Add("Hi", "I want to buy in Sea Point for R2m next month")
	f.Add("[", "'n huis ]?")
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, reply := range talk(first, second) {
			if strings.TrimSpace(reply) == "" {
				t.Fatalf("no reply to %q, %q", first, second)
			}
			if strings.Count(reply, "?") > 1+strings.Count(first+second, "?") {
				t.Fatalf("more than one question: %q", reply)
			}
		}
	})
}
