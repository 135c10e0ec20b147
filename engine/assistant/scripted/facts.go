package scripted

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// longestFact is how much of an answer is repeated to the lead, in characters.
const longestFact = 60

// facts are what a conversation has told so far.
type facts struct {
	introduced bool // the script has said that it is one
	language   language
	goal       goal
	said       [topics]string // what the lead said about each topic from area on
}

// missing returns the first topic that nothing is known of.
func (f facts) missing() topic {
	if f.goal == unknown {
		return aim
	}
	for about := area; about < topics; about++ {
		if f.said[about] == "" {
			return about
		}
	}
	return nothing
}

// listen returns what a conversation tells.
func listen(turns []Turn) facts {
	var f facts
	question := nothing
	for _, turn := range turns {
		if !turn.Lead {
			about, introduced := asked(turn.Text)
			question, f.introduced = about, f.introduced || introduced
			continue
		}
		f.hear(withoutNotes(turn.Text), question)
		question = nothing
	}
	return f
}

// hear takes what the lead said after a question, or unasked.
func (f *facts) hear(text string, question topic) {
	f.language = tongue(text, f.language)
	if wanted := wish(text); wanted != unknown && (f.goal == unknown || question == aim) {
		f.goal = wanted
	}
	for about, find := range map[topic]func(string) string{area: place, budget: money, timing: date} {
		if found := find(text); found != "" && (f.said[about] == "" || about == question) {
			f.said[about] = found
		}
	}
	if question > aim && f.said[question] == "" && answers(text) {
		f.said[question] = brief(text)
	}
}

// answers says whether a text can be the answer to a question.
func answers(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) &&
		!strings.Contains(text, "?") && !wantsPerson(text) && !onlyGreets(text)
}

// brief returns a text in one line that is not too long to repeat.
func brief(text string) string {
	text = strings.Trim(strings.Join(strings.Fields(text), " "), " .!,")
	if letters := []rune(text); len(letters) > longestFact {
		return strings.TrimSpace(string(letters[:longestFact])) + "…"
	}
	return text
}

// What the lead's words are searched for. Go's \b knows ASCII only, which the
// words here allow.
var (
	notes     = regexp.MustCompile(`\[[^\[\]]*\]`)
	amounts   = regexp.MustCompile(`(?i)\br ?\d[\d ,.]*\d(?: ?(?:k|m|mil|million|miljoen|bn))?\b|\br ?\d(?: ?(?:k|m|mil|million|miljoen))?\b|\b\d+(?:[.,]\d+)? ?(?:k|m|mil|million|miljoen)\b|\b\d{1,3}(?:[ ,]\d{3})+\b|\b[1-9]\d{4,7}\b`)
	dates     = regexp.MustCompile(`(?i)\b(?:asap|right away|immediately|right now|now|soon|this (?:week|month|year)|next (?:week|month|year)|(?:in )?(?:the )?(?:\d+|a|one|two|three|four|six|few|couple of)(?: ?- ?\d+)? (?:days?|weeks?|months?|years?)|(?:january|february|march|april|june|july|august|september|october|november|december)|nou|dadelik|so gou as moontlik|binnekort|volgende (?:week|maand|jaar)|hierdie (?:week|maand|jaar)|(?:oor )?(?:\d+|een|twee|drie|ses|paar) (?:dae|weke|maande|jaar)|januarie|februarie|maart|junie|julie|augustus|oktober|desember|manje|kusasa|ngenyanga ezayo|ngonyaka ozayo)\b`)
	places    = regexp.MustCompile(`\b(?:[Ii]n|[Nn]ear|[Aa]round|[Nn]aby)\s+(?:the |die )?([A-Z][\p{L}'-]+(?: (?:[A-Z][\p{L}'-]+|of|van|se))*)`)
	knownArea = regexp.MustCompile(`(?i)\b(sea point|green point|camps bay|claremont|constantia|rondebosch|observatory|woodstock|gardens|table view|bloubergstrand|durbanville|bellville|stellenbosch|paarl|somerset west|cape town|kaapstad|george|knysna|sandton|rosebank|bryanston|fourways|randburg|midrand|soweto|centurion|pretoria|johannesburg|ballito|umhlanga|durban|ethekwini|bloemfontein|gqeberha|port elizabeth|east london|polokwane|nelspruit|mbombela)\b`)
)

// withoutNotes returns a text without the bracketed notes about what is not
// text.
func withoutNotes(text string) string { return strings.TrimSpace(notes.ReplaceAllString(text, "")) }

// money returns the amount in a text, or "".
func money(text string) string { return strings.TrimSpace(amounts.FindString(text)) }

// date returns when something shall be, or "".
func date(text string) string { return dates.FindString(text) }

// place returns the area in a text, or "".
func place(text string) string {
	if known := knownArea.FindString(text); known != "" {
		return known
	}
	for _, found := range places.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSuffix(strings.TrimSuffix(found[1], " of"), " van")
		if date(name) == "" && !slices.Contains([]string{"English", "Afrikaans", "Engels", "May", "Mei", "I", "Gemini"}, name) {
			return name
		}
	}
	return ""
}

// wish returns what the lead wants to do: the first wish in the text.
func wish(text string) goal {
	text = strings.ToLower(text)
	for _, phrase := range []string{"rent out", "rent my", "let my", "let out", "rent our", "let our", "uit te huur", "landlord"} {
		if strings.Contains(text, phrase) {
			return let
		}
	}
	for _, word := range wordsOf(text) {
		if wanted := wishOf(word); wanted != unknown {
			return wanted
		}
	}
	return unknown
}

// wishOf returns what a word says that the lead wants.
func wishOf(word string) goal {
	switch word {
	case "buy", "buying", "buyer", "purchase", "koop", "aankoop", "kopen", "thenga", "ukuthenga":
		return buy
	case "sell", "selling", "seller", "valuation", "verkoop", "verkope", "waardasie", "thengisa", "ukuthengisa":
		return sell
	case "rent", "renting", "rental", "lease", "tenant", "huur", "qasha", "ukuqasha":
		return rent
	case "letting", "verhuur", "qashisa", "ukuqashisa":
		return let
	}
	return unknown
}
