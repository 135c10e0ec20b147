package engine

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Limits of what can be sent. WhatsApp's own clients have them.
const (
	MaxTextLength  = 65_536 // characters of a text
	maxQuestion    = 255    // characters of a poll's question
	maxOption      = 100    // characters of a poll's option
	minOptions     = 2
	maxOptions     = 12
	maxCards       = 257
	maxEmojiLength = 64 // bytes; the longest emoji sequences have fewer
)

// CheckText says what is wrong with a text that is to be sent, as an [Error]
// with [CodeInvalid], or returns nil.
func CheckText(text string) error {
	if strings.TrimSpace(text) == "" {
		return Errorf(CodeInvalid, "The message is empty. Write something first.")
	}
	if !sound(text) {
		return Errorf(CodeInvalid, "The message has characters that are not valid text. Remove them and send it again.")
	}
	if n := utf8.RuneCountInString(text); n > MaxTextLength {
		return Errorf(CodeTooLong, "The message has %d characters; WhatsApp takes at most %d. Shorten it.", n, MaxTextLength)
	}
	return nil
}

// sound says whether a text is valid UTF-8 without a zero byte.
func sound(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// Check says what is wrong with a message that a user wants to send, as an
// [Error] with [CodeInvalid], or returns nil. It sets the kind of a plain
// text.
func (m *NewMessage) Check() error {
	if m.Kind == "" {
		m.Kind = KindText
	}
	if m.ReplyTo != "" && m.Kind.Amends() {
		return Errorf(CodeInvalid, "Only a message that is shown by itself can answer another one.")
	}
	if !m.SendAt.IsZero() && m.Kind.Amends() {
		return Errorf(CodeInvalid, "Only a message that is shown by itself can be sent later.")
	}
	return check(m.Kind, m.Text, m.Content, string(m.Target))
}

// Check says what is wrong with a draft, as an [Error] with [CodeInvalid], or
// returns nil.
func (d *Draft) Check() error {
	if d.WhatsAppID == "" {
		return Errorf(CodeInvalid, "The message has no ID.")
	}
	return check(d.Kind, d.Text, d.Content, d.Target)
}

func check(kind Kind, text string, content *Content, target string) error {
	if kind.Amends() == (target == "") {
		return Errorf(CodeInvalid, "Reactions, edits, deletions and votes name the message they are about, and no others do.")
	}
	if content == nil {
		content = &Content{}
	}
	switch kind {
	case KindText, KindEdit:
		return CheckText(text)
	case KindLocation:
		return content.Location.check()
	case KindContact:
		return checkCards(content.Cards)
	case KindPoll:
		return content.Poll.check(text)
	case KindReaction:
		if len(text) > maxEmojiLength || !sound(text) {
			return Errorf(CodeInvalid, "A reaction is one emoji, or nothing to take it back.")
		}
		return nil
	case KindRevoke:
		return nil
	case KindVote:
		if content.Vote == nil {
			return Errorf(CodeInvalid, "Say which options of the poll are chosen; an empty list takes the vote back.")
		}
		return nil
	case KindImage, KindVideo, KindAudio, KindVoice, KindDocument, KindSticker:
		return content.Media.check(kind, text)
	case KindCall, KindWaiting, KindNotice, KindUnknown:
	}
	return Errorf(CodeInvalid, "Messages of the kind “%s” can't be sent.", kind)
}

// maxFileName is how many characters the name of a file may have.
const maxFileName = 255

func (m *Media) check(kind Kind, caption string) error {
	if m == nil || m.ID == "" {
		return Errorf(CodeInvalid, "Say which file is to be sent: upload it first and give its ID.")
	}
	if !sound(caption) {
		return Errorf(CodeInvalid, "The caption has characters that are not valid text. Remove them and send it again.")
	}
	if utf8.RuneCountInString(caption) > MaxTextLength {
		return Errorf(CodeTooLong, "The caption may have at most %d characters. Shorten it.", MaxTextLength)
	}
	if caption != "" && (kind == KindAudio || kind == KindVoice || kind == KindSticker) {
		return Errorf(CodeInvalid, "Audio, voice notes and stickers have no caption on WhatsApp. Send it as a message before or after.")
	}
	if !sound(m.Name) || utf8.RuneCountInString(m.Name) > maxFileName {
		return Errorf(CodeInvalid, "The file's name may have at most %d characters. Shorten it.", maxFileName)
	}
	return nil
}

func (l *Location) check() error {
	if l == nil || math.IsNaN(l.Latitude) || math.IsNaN(l.Longitude) || math.Abs(l.Latitude) > 90 || math.Abs(l.Longitude) > 180 {
		return Errorf(CodeInvalid, "A place needs a latitude from -90 to 90 and a longitude from -180 to 180.")
	}
	if !sound(l.Name) || !sound(l.Address) || utf8.RuneCountInString(l.Name) > 1000 || utf8.RuneCountInString(l.Address) > 1000 {
		return Errorf(CodeInvalid, "The place's name and address may have at most 1,000 characters each.")
	}
	if l.Live {
		return Errorf(CodeInvalid, "A live location can be shared from a phone only. Send the place as it is now.")
	}
	return nil
}

func checkCards(cards []Card) error {
	if len(cards) == 0 || len(cards) > maxCards {
		return Errorf(CodeInvalid, "Send at least one contact card, and at most %d.", maxCards)
	}
	for _, card := range cards {
		if strings.TrimSpace(card.Name) == "" || !sound(card.Name) || !sound(card.VCard) || len(card.VCard) > 65_536 {
			return Errorf(CodeInvalid, "A contact card needs a name and a vCard of at most 64 KB.")
		}
		if !strings.HasPrefix(strings.TrimSpace(card.VCard), "BEGIN:VCARD") {
			return Errorf(CodeInvalid, "A contact card is a vCard: a text that begins with BEGIN:VCARD.")
		}
	}
	return nil
}

func (p *Poll) check(question string) error {
	if strings.TrimSpace(question) == "" || !sound(question) || utf8.RuneCountInString(question) > maxQuestion {
		return Errorf(CodeInvalid, "A poll needs a question of at most %d characters.", maxQuestion)
	}
	if p == nil || len(p.Options) < minOptions || len(p.Options) > maxOptions {
		return Errorf(CodeInvalid, "A poll has %d to %d options.", minOptions, maxOptions)
	}
	if p.Selectable < 0 || p.Selectable > len(p.Options) {
		return Errorf(CodeInvalid, "A poll lets one choose at most as many options as it has.")
	}
	seen := make(map[string]bool, len(p.Options))
	for _, option := range p.Options {
		if strings.TrimSpace(option) == "" || !sound(option) || utf8.RuneCountInString(option) > maxOption || seen[option] {
			return Errorf(CodeInvalid, "The options of a poll differ, aren't empty and have at most %d characters.", maxOption)
		}
		seen[option] = true
	}
	return nil
}
