package whatsmeow

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// What is kept of what others send. WhatsApp can't look into messages, so that
// a client of somebody's own making may send what no other would; each change
// of a message tells all of it to everybody who watches. WhatsApp's own clients
// stay below all of these.
const (
	maxLabel    = 4096    // characters of a name, a title, an option
	maxReaction = 64      // bytes of an emoji
	maxListed   = 300     // cards, options
	maxVCards   = 1 << 20 // bytes of all cards of a message
	maxTypeName = 255     // bytes of the type of a file
)

// bound cuts off what is too much, and says whether there was anything.
func (c *content) bound() bool {
	cut := false
	limit := func(text *string, most int) {
		if utf8.RuneCountInString(*text) > most {
			*text, cut = string([]rune(*text)[:most]), true
		}
	}
	if c.kind == engine.KindReaction && len(c.text) > maxReaction {
		limit(&c.text, maxReaction/utf8.UTFMax)
	}
	limit(&c.text, engine.MaxTextLength)
	more := &c.more
	if q := more.Quote; q != nil {
		limit(&q.WhatsAppID, maxLabel)
		limit(&q.Text, engine.MaxTextLength)
	}
	if m := more.Media; m != nil {
		limit(&m.Name, maxLabel)
		limit(&m.MIMEType, maxTypeName)
	}
	if l := more.Location; l != nil {
		limit(&l.Name, maxLabel)
		limit(&l.Address, maxLabel)
	}
	if l := more.Link; l != nil {
		limit(&l.URL, maxLabel)
		limit(&l.Title, maxLabel)
		limit(&l.Description, maxLabel)
	}
	if m := more.Menu; m != nil {
		limit(&m.Title, maxLabel)
		limit(&m.Footer, maxLabel)
		m.Options, cut = first(m.Options, maxListed, cut)
		for i := range m.Options {
			limit(&m.Options[i], maxLabel)
		}
	}
	if p := more.Poll; p != nil {
		p.Options, cut = first(p.Options, maxListed, cut)
		for i := range p.Options { // a vote for one that is cut names none
			limit(&p.Options[i], maxLabel)
		}
	}
	if v := more.Vote; v != nil {
		v.Hashes, cut = first(v.Hashes, maxListed, cut)
	}
	more.Cards, cut = first(more.Cards, maxListed, cut)
	left := maxVCards
	for i := range more.Cards {
		card := &more.Cards[i]
		limit(&card.Name, maxLabel)
		if left -= len(card.VCard); left < 0 {
			card.VCard, cut = "", true // the rest of one would be none
		}
	}
	return cut
}

// first returns the first of a list, and whether something was cut off by now.
func first[T any](list []T, most int, cut bool) ([]T, bool) {
	if len(list) <= most {
		return list, cut
	}
	return list[:most:most], true
}

// onEarth says whether a place is one. What is no number is none.
func onEarth(latitude, longitude float64) bool {
	return math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180
}

// lastTime is when times end that can be written down (RFC 3339).
var lastTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) //nolint:gochecknoglobals // constant
