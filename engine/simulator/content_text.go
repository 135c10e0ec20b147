package simulator

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// Text is a text, with the preview of a link in it if there is one.
type Text struct {
	Body    string
	Preview *Preview
}

// Preview is what a message shows of a page that it links to. Thumbnail is a JPEG.
type Preview struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Thumbnail   []byte `json:"thumbnail,omitempty"`
}

// maxThumbnail bounds the little pictures inside messages, in bytes.
const maxThumbnail = 64 << 10

func (t Text) compose(context.Context, *draft) (*waE2E.Message, error) {
	if t.Body == "" {
		return nil, fmt.Errorf("%w text: empty", ErrInvalid)
	}
	if err := checkTexts(t.Body); err != nil {
		return nil, err
	}
	if t.Preview == nil {
		return &waE2E.Message{Conversation: proto.String(t.Body)}, nil
	}
	link, err := url.Parse(t.Preview.URL)
	if err != nil || link.Host == "" || !strings.Contains(t.Body, t.Preview.URL) || len(t.Preview.Thumbnail) > maxThumbnail {
		return nil, fmt.Errorf("%w preview: its URL must stand in the text, its thumbnail be at most %d bytes", ErrInvalid, maxThumbnail)
	}
	if err = checkTexts(t.Preview.Title, t.Preview.Description); err != nil {
		return nil, err
	}
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String(t.Body), MatchedText: proto.String(t.Preview.URL), Title: proto.String(t.Preview.Title),
		Description: orNil(t.Preview.Description), JPEGThumbnail: t.Preview.Thumbnail,
		PreviewType: waE2E.ExtendedTextMessage_NONE.Enum(),
	}}, nil
}

// Location is a place on the map. Live marks a position that changes; Sequence counts its reports.
type Location struct {
	Latitude  float64 `json:"latitude"`  // degrees
	Longitude float64 `json:"longitude"` // degrees
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
	Accuracy  int     `json:"accuracy,omitempty"` // metres
	Live      bool    `json:"live,omitempty"`
	Sequence  int     `json:"sequence,omitempty"`
}

const maxAccuracy = 1_000_000

func (l Location) check() error {
	bad := math.IsNaN(l.Latitude) || math.IsNaN(l.Longitude) || math.Abs(l.Latitude) > 90 || math.Abs(l.Longitude) > 180 ||
		l.Accuracy < 0 || l.Accuracy > maxAccuracy || l.Sequence < 0
	if bad {
		return fmt.Errorf("%w location: latitude -90 to 90, longitude -180 to 180, accuracy in metres", ErrInvalid)
	}
	return checkTexts(l.Name, l.Address, l.URL)
}

func (l Location) compose(context.Context, *draft) (*waE2E.Message, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.Live {
		return &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{
			DegreesLatitude: proto.Float64(l.Latitude), DegreesLongitude: proto.Float64(l.Longitude), Caption: orNil(l.Name),
			AccuracyInMeters: proto.Uint32(uint32(l.Accuracy)), SequenceNumber: proto.Int64(int64(l.Sequence)),
		}}, nil
	}
	return &waE2E.Message{LocationMessage: l.encode()}, nil
}

func (l Location) encode() *waE2E.LocationMessage {
	return &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(l.Latitude), DegreesLongitude: proto.Float64(l.Longitude), Name: orNil(l.Name),
		Address: orNil(l.Address), URL: orNil(l.URL), AccuracyInMeters: proto.Uint32(uint32(l.Accuracy)),
	}
}

// Contact is a contact card. VCard is made of Name and Number if it is empty.
type Contact struct {
	Name   string `json:"name"`
	Number string `json:"number,omitempty"`
	VCard  string `json:"vcard,omitempty"`
}

// Contacts are one or more contact cards.
type Contacts []Contact

const maxContacts = 257

func (c Contact) encode() (*waE2E.ContactMessage, error) {
	if c.Name == "" || (c.VCard == "" && checkNumber(c.Number) != nil) || strings.ContainsAny(c.Name, "\r\n") {
		return nil, fmt.Errorf("%w contact: a name of one line, and a number or a vCard", ErrInvalid)
	}
	card := c.VCard
	if card == "" {
		card = fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nN:;%[1]s;;;\nFN:%[1]s\nTEL;type=CELL;waid=%[2]s:+%[2]s\nEND:VCARD", c.Name, c.Number)
	}
	if err := checkTexts(c.Name, card); err != nil {
		return nil, err
	}
	return &waE2E.ContactMessage{DisplayName: proto.String(c.Name), Vcard: proto.String(card)}, nil
}

func (c Contacts) compose(context.Context, *draft) (*waE2E.Message, error) {
	if len(c) == 0 || len(c) > maxContacts {
		return nil, fmt.Errorf("%w contacts: 1 to %d", ErrInvalid, maxContacts)
	}
	var cards []*waE2E.ContactMessage
	for _, contact := range c {
		card, err := contact.encode()
		if err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	if len(cards) == 1 {
		return &waE2E.Message{ContactMessage: cards[0]}, nil
	}
	return &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
		DisplayName: proto.String(fmt.Sprintf("%d contacts", len(cards))), Contacts: cards,
	}}, nil
}
