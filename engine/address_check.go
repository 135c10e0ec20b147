package engine

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the digits in addresses. Numbers have at most 15 (E.164); what
// WhatsApp gives to groups, channels and LIDs has fewer than 32, those of old
// groups are a number and a time with a hyphen between.
const (
	minNumber  = 5
	maxNumber  = 15
	maxAddress = 40
)

// IsPerson says whether the address is well-formed and names a person.
func (a Address) IsPerson() bool {
	if digits, ok := strings.CutSuffix(string(a), serverPhone); ok {
		return isDigits(digits, "") && len(digits) >= minNumber && len(digits) <= maxNumber
	}
	digits, ok := strings.CutSuffix(string(a), serverLID)
	return ok && isDigits(digits, "")
}

// IsGroup says whether the address is well-formed and names a group or a
// community.
func (a Address) IsGroup() bool {
	digits, ok := strings.CutSuffix(string(a), serverGroup)
	return ok && isDigits(digits, "-")
}

// IsChannel says whether the address is well-formed and names a channel.
func (a Address) IsChannel() bool {
	digits, ok := strings.CutSuffix(string(a), serverChannel)
	return ok && isDigits(digits, "")
}

func isDigits(text, besides string) bool {
	if text == "" || len(text) > maxAddress || text[0] == '-' {
		return false
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && strings.IndexByte(besides, c) < 0 {
			return false
		}
	}
	return true
}

// CheckPerson says what is wrong with the address of a person, as an [Error]
// with [CodeInvalid], or returns nil.
func CheckPerson(a Address) error {
	if !a.IsPerson() {
		return Errorf(CodeInvalid, "That is not the address of a person. Give a phone number with its country code, or an address that ends in “%s”.", serverLID)
	}
	return nil
}

// CheckGroup does for a group what [CheckPerson] does for a person.
func CheckGroup(a Address) error {
	if !a.IsGroup() {
		return Errorf(CodeInvalid, "That is not the address of a group. It is digits that end in “%s”, as the list of groups tells.", serverGroup)
	}
	return nil
}

// CheckChannel does for a channel what [CheckPerson] does for a person.
func CheckChannel(a Address) error {
	if !a.IsChannel() {
		return Errorf(CodeInvalid, "That is not the address of a channel. It is digits that end in “%s”, as the list of channels tells.", serverChannel)
	}
	return nil
}

// checkPeople checks a list of addresses that a request may name.
func checkPeople(people []Address, most int) error {
	if len(people) == 0 || len(people) > most {
		return Errorf(CodeInvalid, "Name at least one person, and at most %d at once.", most)
	}
	seen := make(map[Address]bool, len(people))
	for _, person := range people {
		if err := CheckPerson(person); err != nil {
			return err
		}
		if seen[person] {
			return Errorf(CodeInvalid, "One person is named twice. Name each once.")
		}
		seen[person] = true
	}
	return nil
}

// checkLine checks a text of one line: what is called what in the sentence.
func checkLine(what, text string, least, most int) error {
	if n := utf8.RuneCountInString(text); n > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return Errorf(CodeInvalid, "%s has at most %d characters, all of them on one line and visible.", what, most)
	}
	if least > 0 && strings.TrimSpace(text) == "" {
		return Errorf(CodeInvalid, "%s is empty. Write something.", what)
	}
	return nil
}

// checkLines checks a text that may have several lines, or be empty.
func checkLines(what, text string, most int) error {
	hidden := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if n := utf8.RuneCountInString(text); n > most || !utf8.ValidString(text) || strings.ContainsFunc(text, hidden) {
		return Errorf(CodeInvalid, "%s has at most %d characters, and none that can't be seen.", what, most)
	}
	return nil
}
