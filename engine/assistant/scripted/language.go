package scripted

import (
	"strings"
	"unicode"
)

// wordsOf returns the words of a text, in small letters.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
}

// tongue returns the language of a text, or the one used before if the text
// doesn't tell.
func tongue(text string, before language) language {
	var votes [languages]int
	for _, word := range wordsOf(text) {
		for l := range languages {
			if speaks(l, word) {
				votes[l]++
			}
		}
	}
	best := before
	for l, count := range votes {
		if count > votes[best] {
			best = language(l)
		}
	}
	return best
}

// speaks says whether a word is one by which the language is known. Words that
// several of the languages share tell nothing and are not listed.
func speaks(l language, word string) bool {
	const (
		englishWords = " i i'm hi hello hey good morning afternoon evening please thanks thank the and want wants looking look to for" +
			" house home flat apartment buy buying sell selling rent renting you are my yes no would like month months week next" +
			" how what where when can it do have need with by budget about around saturday sunday monday tuesday wednesday thursday friday "
		afrikaansWords = " ek hallo goeie môre more middag naand asseblief dankie die en wil soek huis woonstel koop verkoop huur verhuur" +
			" jy jou julle ons ja nee sal hou van maand maande weke volgende hoe wat waar wanneer kan dit het nie met omtrent ongeveer" +
			" saterdag sondag maandag dinsdag woensdag donderdag vrydag miljoen tussen vir 'n graag baie naby "
		zuluWords = " sawubona sanibonani sanibona unjani ninjani ngiyabonga ngifuna ngicela yebo cha indlu ukuthenga ukuthengisa ukuqasha" +
			" manje kusasa inyanga izinyanga kuphi nini malini imali igumbi ngiyaphila umgqibelo isonto "
	)
	list := [languages]string{english: englishWords, afrikaans: afrikaansWords, zulu: zuluWords}[l]
	return strings.Contains(list, " "+word+" ")
}

// onlyGreets says whether a text is no more than a greeting.
func onlyGreets(text string) bool {
	const greetings = " hi hello hey hallo good goeie morning môre more middag naand afternoon evening dag day there sawubona sanibonani unjani "
	for _, word := range wordsOf(text) {
		if !strings.Contains(greetings, " "+word+" ") {
			return false
		}
	}
	return true
}

// asksWho says whether the lead asks who or what is writing.
func asksWho(text string) bool {
	return containsAny(text, "who are you", "are you a ", "are you an ", "are you real", "are you human", "is this a bot", "bot?", "robot",
		"gemini", "wie is jy", "is jy 'n", "is jy n ", "ungubani", "ungumuntu")
}

// wantsPerson says whether the lead wants to talk with a person.
func wantsPerson(text string) bool {
	if asksWho(text) {
		return false
	}
	return containsAny(text, "real person", "a human", "speak to", "talk to", "speak with", "talk with", "call me", "phone me",
		"praat met", "bel my", "'n mens", "regte mens", "khuluma no", "ngishayele")
}

// asksSomething says whether the lead asks something that the script can't
// know.
func asksSomething(text string) bool {
	return strings.Contains(text, "?") && !asksWho(text) &&
		!containsAny(text, "how are you", "hoe gaan dit", "unjani", "can you help", "kan jy help", "kan julle help")
}

// containsAny says whether a text contains one of the phrases, whatever its
// letters' case.
func containsAny(text string, phrases ...string) bool {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}
