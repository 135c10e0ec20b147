package assistant

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// polish turns what a model wrote into what WhatsApp shows well. A reply that
// holds nothing to send fails with a [*ModelError] that may be retried.
func polish(text string) (string, error) {
	text = strings.ToValidUTF8(text, "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.Map(printable, text)
	text = whatsApp(text)
	text = cut(strings.TrimSpace(text), engine.MaxTextLength)
	if !strings.ContainsFunc(text, unicode.IsGraphic) || engine.CheckText(text) != nil {
		return "", emptyReply("the reply has no text")
	}
	return text, nil
}

// emptyReply returns the error for an answer without words.
func emptyReply(detail string) *ModelError {
	return &ModelError{Sentence: "Gemini answered without a text.", Detail: detail, Retry: true}
}

// printable drops control characters other than line breaks and tabs.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

// whatsApp rewrites the Markdown that models like to write into the marks that
// WhatsApp renders: *bold*, _italic_, ~struck~, "- " for lists. The rest of
// Markdown is dropped, its words kept.
func whatsApp(text string) string {
	lines := strings.Split(text, "\n")
	kept := lines[:0]
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		if isRule(trimmed) || strings.HasPrefix(trimmed, "```") && !strings.Contains(trimmed[3:], "```") {
			continue
		}
		kept = append(kept, whatsAppLine(strings.TrimRightFunc(line, unicode.IsSpace)))
	}
	text = strings.Join(kept, "\n")
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return text
}

// The Markdown that is rewritten within a line.
var (
	markdownHeading = regexp.MustCompile(`^\s{0,3}#{1,6}\s+(.+?)[\s#]*$`)
	markdownItem    = regexp.MustCompile(`^(\s*)[*+]\s+`)
	markdownLink    = regexp.MustCompile(`!?\[([^\[\]]+)\]\((https?://[^\s()]+)\)`)
	markdownStars   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	markdownUnders  = regexp.MustCompile(`\b__([^_]+)__\b`)
	markdownStruck  = regexp.MustCompile(`~~([^~]+)~~`)
)

// whatsAppLine rewrites one line.
func whatsAppLine(line string) string {
	if heading := markdownHeading.FindStringSubmatch(line); heading != nil {
		line = ""
		if words := strings.Trim(strings.ReplaceAll(heading[1], "**", ""), "*_ "); words != "" {
			line = "*" + words + "*"
		}
	}
	line = markdownItem.ReplaceAllString(line, "$1- ")
	line = markdownLink.ReplaceAllStringFunc(line, link)
	line = markdownStars.ReplaceAllString(line, "*$1*")
	line = markdownUnders.ReplaceAllString(line, "*$1*")
	return markdownStruck.ReplaceAllString(line, "~$1~")
}

// link writes a Markdown link as its words and its address.
func link(markdown string) string {
	words, address, _ := strings.Cut(strings.TrimPrefix(markdown, "!"), "](")
	words, address = strings.TrimPrefix(words, "["), strings.TrimSuffix(address, ")")
	if words == address {
		return address
	}
	return words + " (" + address + ")"
}

// isRule says whether a line only draws a line.
func isRule(line string) bool {
	return len(line) >= 3 && (strings.Trim(line, "-") == "" || strings.Trim(line, "*") == "" || strings.Trim(line, "_") == "")
}

// cut returns at most limit characters of text, ending where a paragraph, a
// sentence or at least a word does if one ends in its second half.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	text = string([]rune(text)[:limit])
	for _, ends := range []string{"\n\n", "\n", sentenceEnds, " "} {
		if end := lastEnd(text, ends); end > len(text)/2 {
			return strings.TrimSpace(text[:end])
		}
	}
	return strings.TrimSpace(text)
}

// sentenceEnds are the characters that end a sentence.
const sentenceEnds = ".!?…"

// lastEnd returns where the last of the ends in text stops: after the
// character for sentenceEnds, before it otherwise. It returns -1 if there is
// none.
func lastEnd(text, ends string) int {
	if ends != sentenceEnds {
		return strings.LastIndex(text, ends)
	}
	at := strings.LastIndexAny(text, ends)
	if at < 0 {
		return -1
	}
	_, size := utf8.DecodeRuneInString(text[at:])
	return at + size
}
