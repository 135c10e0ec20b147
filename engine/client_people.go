package engine

import (
	"context"
	"strings"
	"time"
)

// Limits of questions about people.
const (
	MaxNumbers = 100     // phone numbers that one question may name
	MaxInfos   = 50      // people whom one question may be about
	MaxPicture = 5 << 20 // bytes of a picture, in either direction
)

// People is what a client can find out about people. A client that can
// implements it ([Capabilities.People]). Besides those of every request,
// errors are: [CodeInvalid] for bad input, [CodeForbidden] if the person hides
// it from the seat, [CodeNotFound] if there is no such thing.
type People interface {
	// OnWhatsApp says which of up to [MaxNumbers] numbers, each in digits with
	// country code and without a plus, have an account, in the order asked.
	OnWhatsApp(ctx context.Context, numbers []string) ([]NumberInfo, error)
	// PeopleInfo tells what WhatsApp shows the seat of up to [MaxInfos] people,
	// in the order asked. Whoever has no account is left out.
	PeopleInfo(ctx context.Context, people []Address) ([]PersonInfo, error)
	// Picture tells where the picture of a person, group, community or channel
	// is: the whole, or a small preview.
	Picture(ctx context.Context, of Address, preview bool) (Picture, error)
	// DownloadPicture returns the picture itself, of up to [MaxPicture] bytes.
	DownloadPicture(ctx context.Context, of Address, preview bool) (PictureFile, error)
	// BusinessProfile tells about a business. A person who is none is
	// [CodeNotFound].
	BusinessProfile(ctx context.Context, of Address) (BusinessProfile, error)
	// ResolveLink tells whom a contact link (wa.me/qr/…) or a business' message
	// link (wa.me/message/…) leads to.
	ResolveLink(ctx context.Context, link string) (LinkTarget, error)
	// ContactLink returns the link behind the account's own contact QR code;
	// with renew the old one stops working and it is a new one.
	ContactLink(ctx context.Context, renew bool) (string, error)
}

// NumberInfo says whether a number has a WhatsApp account.
type NumberInfo struct {
	Number       string  `json:"number" doc:"As it was asked, in digits"`
	OnWhatsApp   bool    `json:"on_whatsapp"`
	Person       *Person `json:"person,omitempty" doc:"Whose number it is; WhatsApp may know it in another form, such as without Brazil's ninth digit"`
	BusinessName string  `json:"business_name,omitempty" doc:"The verified name, if it is a business"`
}

// PersonInfo is what WhatsApp shows of a person.
type PersonInfo struct {
	Person
	About        string `json:"about,omitempty" doc:"What the person says of themselves; absent if they hide it"`
	PictureID    string `json:"picture_id,omitempty" doc:"Absent if there is no picture, or it is hidden"`
	Devices      int    `json:"devices" doc:"How many devices the account has, the phone among them"`
	BusinessName string `json:"business_name,omitempty" doc:"The verified name, if it is a business"`
}

// Picture says where a picture is.
type Picture struct {
	ID      string `json:"id" doc:"Changes with the picture"`
	URL     string `json:"url" doc:"On WhatsApp's servers; stops working after a while"`
	Preview bool   `json:"preview" doc:"It is the small one"`
}

// PictureFile is a picture.
type PictureFile struct {
	ID       string
	MIMEType string // image/jpeg, image/png or image/webp, as the data says
	Data     []byte
}

// BusinessProfile is what a business says of itself.
type BusinessProfile struct {
	Person
	Email      string          `json:"email,omitempty"`
	Address    string          `json:"address,omitempty"`
	Categories []string        `json:"categories" nullable:"false"`
	Timezone   string          `json:"timezone,omitempty" doc:"Of the hours, as in the IANA database"`
	Hours      []BusinessHours `json:"hours" nullable:"false"`
}

// BusinessHours say when a business is open on one day of the week.
type BusinessHours struct {
	Day   string `json:"day" doc:"mon to sun"`
	Mode  string `json:"mode" doc:"specific_hours, open_24h or appointment_only"`
	Open  string `json:"open,omitempty" doc:"Minutes after midnight"`
	Close string `json:"close,omitempty" doc:"Minutes after midnight"`
}

// LinkTarget is whom a link leads to.
type LinkTarget struct {
	Person
	Kind         LinkKind `json:"kind" enum:"contact,message"`
	BusinessName string   `json:"business_name,omitempty" doc:"The verified name, if it is a business"`
	Text         string   `json:"text,omitempty" doc:"What who follows a message link is to write"`
}

// LinkKind is what a link that leads to a person is for.
type LinkKind string

// The kinds of links.
const (
	LinkContact LinkKind = "contact" // wa.me/qr/…
	LinkMessage LinkKind = "message" // wa.me/message/…
)

// LinkKindOf says what kind a link is, or fails with [CodeInvalid].
func LinkKindOf(link string) (LinkKind, error) {
	if err := CheckLink(link); err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(link, "https://wa.me/")
	if !ok {
		rest, ok = strings.CutPrefix(link, "https://api.whatsapp.com/")
	}
	if kind, code, found := strings.Cut(rest, "/"); ok && found && code != "" {
		switch kind {
		case "qr":
			return LinkContact, nil
		case "message":
			return LinkMessage, nil
		}
	}
	return "", Errorf(CodeInvalid, "A link to a person begins with https://wa.me/qr/ or https://wa.me/message/.")
}

// CheckNumbers says what is wrong with a list of phone numbers, as an [Error]
// with [CodeInvalid], or returns nil.
func CheckNumbers(numbers []string) error {
	if len(numbers) == 0 || len(numbers) > MaxNumbers {
		return Errorf(CodeInvalid, "Ask about at least one number, and at most %d at once.", MaxNumbers)
	}
	for _, number := range numbers {
		if !PhoneAddress(number).IsPerson() || number[0] == '0' {
			return Errorf(CodeInvalid, "A phone number is %d to %d digits with the country code, such as 27821234567.", minNumber, maxNumber)
		}
	}
	return nil
}

// CheckPeople says what is wrong with a list of people to ask about, as an
// [Error] with [CodeInvalid], or returns nil.
func CheckPeople(people []Address) error { return checkPeople(people, MaxInfos) }

// CheckPictured says what is wrong with the address of somebody or something
// that may have a picture, as an [Error] with [CodeInvalid], or returns nil.
func CheckPictured(of Address) error {
	if of.IsPerson() || of.IsGroup() || of.IsChannel() {
		return nil
	}
	return Errorf(CodeInvalid, "Pictures belong to people, groups and channels. Give the address of one.")
}

// Statuses is what a client can tell about status updates. A client that can
// implements it ([Capabilities.Status]). Updates themselves are messages to
// [StatusAddress].
type Statuses interface {
	// StatusAudience tells who gets the seat's status updates.
	StatusAudience(ctx context.Context) (StatusAudience, error)
}

// StatusAudience is who gets the seat's status updates.
type StatusAudience struct {
	Mode   AudienceMode `json:"mode" enum:"contacts,except,only"`
	People []Person     `json:"people" nullable:"false" doc:"Whom the mode is about"`
}

// AudienceMode says how an audience is chosen.
type AudienceMode string

// The modes.
const (
	AudienceContacts AudienceMode = "contacts" // all contacts of the phone
	AudienceExcept   AudienceMode = "except"   // all contacts but the people named
	AudienceOnly     AudienceMode = "only"     // only the people named
)

// Histories asks the phone for older messages. A client that can implements
// it ([Capabilities.HistoryOnDemand]).
type Histories interface {
	// RequestHistory asks the phone for the messages right before one of a
	// chat. It returns once WhatsApp has taken the request. The phone, if it is
	// online, answers later; what comes is imported as history. Errors: those
	// of [Client.Send].
	RequestHistory(ctx context.Context, request HistoryRequest) error
}

// MaxHistory is how many messages one request may ask for; 50 is what
// WhatsApp's own clients ask for (whatsmeow, BuildHistorySyncRequest).
const MaxHistory = 50

// HistoryRequest says which messages are asked for.
type HistoryRequest struct {
	Chat       Party
	WhatsAppID string    // of the oldest message that is known
	FromMe     bool      // the seat wrote it
	At         time.Time // when it was sent
	Count      int       // 1 to [MaxHistory]
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (r *HistoryRequest) Check() error {
	if r.Count < 1 || r.Count > MaxHistory {
		return Errorf(CodeInvalid, "Ask for 1 to %d messages at once.", MaxHistory)
	}
	if r.WhatsAppID == "" || len(r.WhatsAppID) > 128 || !printable(r.WhatsAppID) || r.At.Unix() <= 0 {
		return Errorf(CodeInvalid, "There is no message yet before which older ones could be asked for.")
	}
	return nil
}
