package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// isID says whether a text from outside can be the ID of a row at all. What
// can't is not found, without asking the store.
func isID(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for _, c := range []byte(text) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// invalid is a refused field, with the sentence that says why.
func invalid(field, sentence string) *Problem {
	p := newProblem(engine.CodeInvalid, sentence)
	p.Errors = []FieldProblem{{Field: field, Message: sentence}}
	return p
}

// checkText refuses what [engine.CheckText] refuses, and names the field.
func checkText(text string) error {
	if err := engine.CheckText(text); err != nil {
		return invalid("body.text", engine.MessageOf(err))
	}
	return nil
}

// checkName refuses names that are blank or have characters nobody can see.
func checkName(field, name string) error {
	if strings.TrimSpace(name) == "" {
		return invalid("body."+field, "The field “"+field+"” is empty.")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return invalid("body."+field, "The field “"+field+"” has control characters. Remove them.")
	}
	return nil
}

// checkProse refuses control characters other than line ends and tabs.
func checkProse(field, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return invalid("body."+field, "The field “"+field+"” has control characters. Remove them.")
	}
	return nil
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// notFound replaces whatever sentence the store has for a row that isn't
// there, so that all ways not to find one look the same from outside.
func notFound(err error, as *engine.Error) error {
	if engine.CodeOf(err) == engine.CodeNotFound {
		return as
	}
	return err
}

// printableText says whether a text has only what one can see.
func printableText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}
