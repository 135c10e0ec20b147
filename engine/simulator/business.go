package simulator

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"unicode/utf8"

	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waVnameCert"
	"google.golang.org/protobuf/proto"
)

// Business is what a business tells of itself.
type Business struct {
	Name        string             `json:"name"`            // as it was verified, 1 to 75 characters
	Level       string             `json:"level,omitempty"` // "unknown" (default), "low" or "high"
	Address     string             `json:"address,omitempty"`
	Email       string             `json:"email,omitempty"`
	Description string             `json:"description,omitempty"`
	Websites    []string           `json:"websites,omitempty"` // at most 2
	Categories  []BusinessCategory `json:"categories,omitempty"`
	Timezone    string             `json:"timezone,omitempty"` // of Hours, such as "Africa/Johannesburg"
	Hours       []BusinessHours    `json:"hours,omitempty"`
	Options     map[string]string  `json:"options,omitempty"` // such as "cart_enabled": "true"
}

// BusinessCategory is a kind of business from WhatsApp's list.
type BusinessCategory struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// BusinessHours are the hours of one day.
type BusinessHours struct {
	Day   string `json:"day"`             // sun, mon, tue, wed, thu, fri, sat
	Mode  string `json:"mode"`            // "specific_hours", "open_24h" or "appointment_only"
	Open  int    `json:"open,omitempty"`  // minutes after midnight, for specific hours
	Close int    `json:"close,omitempty"` // the same
}

const (
	maxBusinessName   = 75
	maxBusinessText   = 512
	maxWebsites       = 2
	maxCategories     = 10
	maxProfileOptions = 32
	minutesOfDay      = 24 * 60
)

func (b Business) check() error {
	if b.Name == "" || utf8.RuneCountInString(b.Name) > maxBusinessName {
		return fmt.Errorf("%w business name: 1 to %d characters", ErrInvalid, maxBusinessName)
	}
	if !slices.Contains([]string{"", "unknown", "low", "high"}, b.Level) {
		return fmt.Errorf("%w verification level: unknown, low or high", ErrInvalid)
	}
	if _, err := mail.ParseAddress(b.Email); b.Email != "" && err != nil {
		return fmt.Errorf("%w email address", ErrInvalid)
	}
	if len(b.Websites) > maxWebsites || len(b.Categories) > maxCategories || len(b.Options) > maxProfileOptions || len(b.Hours) > 7 {
		return fmt.Errorf("%w business: too many websites, categories, options or days", ErrInvalid)
	}
	texts := append([]string{b.Name, b.Address, b.Email, b.Description, b.Timezone}, b.Websites...)
	for _, category := range b.Categories {
		texts = append(texts, category.ID, category.Name)
	}
	for key, value := range b.Options {
		if !validTag(key) {
			return fmt.Errorf("%w profile option: letters, digits and _", ErrInvalid)
		}
		texts = append(texts, value)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxBusinessText {
			return fmt.Errorf("%w business: texts of at most %d characters", ErrInvalid, maxBusinessText)
		}
	}
	return b.checkHours()
}

func (b Business) checkHours() error {
	seen := make(map[string]bool)
	for _, hours := range b.Hours {
		known := slices.Contains([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, hours.Day)
		switch hours.Mode {
		case "specific_hours":
			known = known && hours.Open >= 0 && hours.Close > hours.Open && hours.Close <= minutesOfDay
		case "open_24h", "appointment_only":
		default:
			known = false
		}
		if !known || seen[hours.Day] {
			return fmt.Errorf("%w business hours: each day once, with a mode, and minutes for specific hours", ErrInvalid)
		}
		seen[hours.Day] = true
	}
	return nil
}

// validTag says whether a text can be the name of an element.
func validTag(text string) bool {
	return text != "" && len(text) <= 64 && !slices.ContainsFunc([]byte(text), func(c byte) bool {
		return c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	})
}

func (b Business) clone() Business {
	b.Websites, b.Categories, b.Hours = slices.Clone(b.Websites), slices.Clone(b.Categories), slices.Clone(b.Hours)
	b.Options = maps.Clone(b.Options)
	return b
}

// business is an account's business: what it tells, and its certified name.
type business struct {
	Business
	serial uint64
	cert   []byte // a signed waVnameCert.VerifiedNameCertificate
}

// certify makes a business' certificate; its phone signs it, as WhatsApp Business does.
func (p *Phone) certify(b Business) (*business, error) {
	identity := p.keys.IdentityKey()
	serial := binary.BigEndian.Uint64(identity[:8])>>1 + uint64(p.server().clock.Unix())
	details, err := proto.Marshal(&waVnameCert.VerifiedNameCertificate_Details{
		Serial: &serial, Issuer: proto.String("smb:wa"), VerifiedName: &b.Name,
		IssueTime: proto.Uint64(uint64(p.server().clock.Unix())),
	})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	signature := p.keys.Sign(details)
	cert, err := proto.Marshal(&waVnameCert.VerifiedNameCertificate{Details: details, Signature: signature[:]})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	return &business{Business: b.clone(), serial: serial, cert: cert}, nil
}

func (a *account) businessNow() *business {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.business
}

func (b *business) level() string {
	if b.Level == "" {
		return "unknown"
	}
	return b.Level
}

// verifiedName is the certified name in stanzas. host_storage and actual_actors 1 say that the business keeps and reads
// its messages itself (waVnameCert: ON_PREMISE, SELF).
func (b *business) verifiedName() wabinary.Node {
	return wabinary.Node{
		Tag: "verified_name",
		Attrs: wabinary.Attrs{
			"v": 1, "serial": fmt.Sprint(b.serial), "verified_level": b.level(), "host_storage": 1, "actual_actors": 1,
			"privacy_mode_ts": 0,
		},
		Content: b.cert,
	}
}

// markBusiness puts a business' certified name on a message of it (WhatsApp Web,
// WASmaxInMessageDeliverVerifiedNameMixin: serial and level as attributes, the certificate as a child).
func (a *account) markBusiness(message *wabinary.Node) {
	b := a.businessNow()
	if b == nil {
		return
	}
	message.Attrs["verified_name"], message.Attrs["verified_level"] = fmt.Sprint(b.serial), b.level()
	message.Content = append(slices.Clone(message.GetChildren()), b.verifiedName())
}

// setBusiness makes an account a business or changes what it tells; nil makes it a person's again. Its other clients and
// everybody who knows it are told.
func (a *account) setBusiness(b *business) {
	a.mu.Lock()
	a.business = b
	a.mu.Unlock()
	a.tellBusiness(b)
}

// profileNode is what a business tells of itself, as whatsmeow's GetBusinessProfile and Baileys' getBusinessProfile read
// it.
func (b *business) profileNode(jid any) wabinary.Node {
	var children []wabinary.Node
	add := func(tag, text string) {
		if text != "" {
			children = append(children, wabinary.Node{Tag: tag, Content: []byte(text)})
		}
	}
	add("address", b.Address)
	add("email", b.Email)
	add("description", b.Description)
	for _, website := range b.Websites {
		add("website", website)
	}
	var categories, options []wabinary.Node
	for _, category := range b.Categories {
		categories = append(categories, wabinary.Node{
			Tag: "category", Attrs: wabinary.Attrs{"id": category.ID}, Content: []byte(category.Name),
		})
	}
	for _, key := range slices.Sorted(maps.Keys(b.Options)) {
		options = append(options, wabinary.Node{Tag: key, Content: []byte(b.Options[key])})
	}
	children = append(children,
		wabinary.Node{Tag: "categories", Content: categories},
		wabinary.Node{Tag: "profile_options", Content: options},
		wabinary.Node{Tag: "business_hours", Attrs: wabinary.Attrs{"timezone": b.Timezone}, Content: b.hoursNodes()},
	)
	return wabinary.Node{Tag: "profile", Attrs: wabinary.Attrs{"jid": jid}, Content: children}
}

func (b *business) hoursNodes() []wabinary.Node {
	var out []wabinary.Node
	for _, hours := range b.Hours {
		attrs := wabinary.Attrs{"day_of_week": hours.Day, "mode": hours.Mode}
		if hours.Mode == "specific_hours" {
			attrs["open_time"], attrs["close_time"] = hours.Open, hours.Close
		}
		out = append(out, wabinary.Node{Tag: "business_hours_config", Attrs: attrs})
	}
	return out
}
