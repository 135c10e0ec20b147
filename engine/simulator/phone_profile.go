package simulator

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// Profile is what one person sees of another, as far as the other's privacy settings let them.
type Profile struct {
	Number    string `json:"number"`
	Name      string `json:"name"`
	About     string `json:"about"`                // "" if there is none or it is hidden
	PictureID string `json:"picture_id,omitempty"` // "" if there is none or it is hidden
	Online    bool   `json:"online"`
	// LastSeen is nil while the person is online, hides it, or does not know the asker; then Online is false too.
	LastSeen *time.Time `json:"last_seen,omitempty"`
	// DefaultTimer is how many seconds messages of new chats last with this person; 0 is for ever.
	DefaultTimer int `json:"default_timer"`
}

// SetAbout changes the about text (at most 139 characters). Linked clients and people who know the number are told.
// ErrInvalid.
func (p *Phone) SetAbout(ctx context.Context, text string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.server().changeAbout(p.account, p.device, text, "", 0)
}

// SetPicture changes the profile picture to a JPEG (at most 1 MiB and 2,048 pixels a side) and returns its id.
// ErrInvalid.
func (p *Phone) SetPicture(ctx context.Context, data []byte) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	if len(data) == 0 {
		return "", fmt.Errorf("%w picture: none given", ErrInvalid)
	}
	return p.server().changePicture(p.LID(), p.device, data)
}

// RemovePicture takes the profile picture away; it does nothing if there is none.
func (p *Phone) RemovePicture(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := p.server().changePicture(p.LID(), p.device, nil)
	return err
}

// Picture is the own profile picture; "" and nil if there is none.
func (p *Phone) Picture() (id string, data []byte) {
	picture, _ := p.server().pictures.Get(p.LID().String())
	return picture.ID, bytes.Clone(picture.Full.Data)
}

// Look opens the profile of somebody by number or address. ErrNotFound, ErrInvalid.
func (p *Phone) Look(ctx context.Context, whom string) (Profile, error) {
	if err := ctx.Err(); err != nil {
		return Profile{}, err
	}
	other, err := p.server().resolvePerson(whom)
	if err != nil {
		return Profile{}, err
	}
	out := Profile{Number: other.number, Name: other.pushName()}
	if other.admits(privacy.About, p.account) {
		out.About = other.aboutNow().text
	}
	if other.admits(privacy.Picture, p.account) {
		picture, _ := p.server().pictures.Get(other.hid().String())
		out.PictureID = picture.ID
	}
	mayOnline, mayLast := other.sees(p.account)
	if !other.knows(p.device, nil) {
		mayOnline, mayLast = false, false
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	out.DefaultTimer = int(other.timer.life.Seconds())
	out.Online = other.online && mayOnline
	if seen := other.lastSeen; mayLast && !other.online {
		out.LastSeen = &seen
	}
	return out, nil
}

// SetDefaultTimer makes messages in new chats disappear after a day, a week or ninety days; 0 is for ever. ErrInvalid.
func (p *Phone) SetDefaultTimer(ctx context.Context, life time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.server().changeTimer(p.account, p.device, life)
}

// Block makes the account deaf to somebody: nothing that they write or call arrives, and they see neither presence nor
// picture nor about text. They aren't told. ErrNotFound, ErrInvalid.
func (p *Phone) Block(ctx context.Context, whom string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	other, err := p.server().resolvePerson(whom)
	if err != nil {
		return err
	}
	return p.server().block(p.account, p.device, other)
}

// Unblock ends a block; what was written meanwhile stays lost. ErrNotFound, ErrInvalid.
func (p *Phone) Unblock(ctx context.Context, whom string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	other, err := p.server().resolvePerson(whom)
	if err != nil {
		return err
	}
	return p.server().unblock(p.account, p.device, other)
}

// Blocked lists the numbers that the account blocks.
func (p *Phone) Blocked() []string {
	p.account.mu.Lock()
	people := p.account.blocked.People()
	p.account.mu.Unlock()
	return p.server().numbers(people)
}

// numbers names people by number instead of LID.
func (s *Server) numbers(lids []string) []string {
	out := []string{}
	for _, lid := range lids {
		if a := s.directory.find(types.NewJID(lid, types.HiddenUserServer)); a != nil {
			out = append(out, a.number)
		}
	}
	return out
}

// Contacts lists the numbers in the address book.
func (p *Phone) Contacts() []string {
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	out := []string{}
	for other := range p.account.contacts {
		out = append(out, other.number)
	}
	slices.Sort(out)
	return out
}

// PrivacySetting is one category of the privacy settings.
type PrivacySetting struct {
	Value string `json:"value"`
	// People are the numbers on the list of the values contact_blacklist and contact_allowlist.
	People []string `json:"people,omitempty"`
}

// Privacy gives the privacy settings by category: "last", "online", "profile" (picture), "status" (about text),
// "readreceipts", "groupadd", "calladd", "messages", "defense", "stickers".
func (p *Phone) Privacy() map[string]PrivacySetting {
	out := make(map[string]PrivacySetting)
	for _, category := range privacy.Categories() {
		p.account.mu.Lock()
		value := p.account.privacy.Value(category)
		people, _, listed := p.account.privacy.List(category)
		p.account.mu.Unlock()
		setting := PrivacySetting{Value: value}
		if listed {
			setting.People = p.server().numbers(people)
		}
		out[category] = setting
	}
	return out
}

// SetPrivacy changes one category; people (numbers or addresses) become the list of the values that have one.
// ErrInvalid for a category or value that WhatsApp does not have, ErrNotFound for people who don't exist.
func (p *Phone) SetPrivacy(ctx context.Context, category, value string, people ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	change := privacy.Change{Category: category, Value: value}
	for _, whom := range people {
		other, err := p.server().resolvePerson(whom)
		if err != nil {
			return err
		}
		change.Add = append(change.Add, other.lid)
	}
	p.account.mu.Lock()
	before, _, _ := p.account.privacy.List(category)
	p.account.mu.Unlock()
	change.Remove = slices.DeleteFunc(before, func(lid string) bool { return slices.Contains(change.Add, lid) })
	if value != privacy.ContactBlacklist && value != privacy.ContactAllowlist {
		change.Remove = nil
	}
	_, err := p.server().changePrivacy(p.account, p.device, change)
	return err
}
