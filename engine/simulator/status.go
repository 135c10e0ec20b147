package simulator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

// StatusAudience says who sees an account's status updates.
type StatusAudience string

// The audiences, by WhatsApp's names (whatsmeow, types.StatusPrivacyType).
const (
	StatusContacts StatusAudience = "contacts"  // everybody in the address book
	StatusExcept   StatusAudience = "blacklist" // those in the address book who are not on the list
	StatusOnly     StatusAudience = "whitelist" // those on the list
)

// statusPrivacy is an account's choice; the zero value is all contacts.
type statusPrivacy struct {
	audience StatusAudience
	people   []*account
}

// maxStatusList bounds the list of an audience.
const maxStatusList = 5000

// SetStatusAudience chooses who sees this person's status updates; people are numbers or addresses, for StatusExcept and
// StatusOnly. ErrInvalid, ErrNotFound.
func (p *Phone) SetStatusAudience(audience StatusAudience, people ...string) error {
	listed := audience == StatusExcept || audience == StatusOnly
	if (!listed && audience != StatusContacts) || (!listed && len(people) > 0) || len(people) > maxStatusList {
		return fmt.Errorf("%w audience: contacts, or blacklist or whitelist with at most %d people", ErrInvalid, maxStatusList)
	}
	var list []*account
	for _, name := range people {
		a, err := p.server().resolvePerson(name)
		if err != nil {
			return err
		}
		list = append(list, a)
	}
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	p.account.statusPrivacy = statusPrivacy{audience: audience, people: list}
	return nil
}

// statusAudience lists who sees the account's status updates, by number.
func (a *account) statusAudience() []*account {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statusPrivacy.audience == StatusOnly {
		return slices.Clone(a.statusPrivacy.people)
	}
	var out []*account
	for contact := range a.contacts {
		if a.statusPrivacy.audience != StatusExcept || !slices.Contains(a.statusPrivacy.people, contact) {
			out = append(out, contact)
		}
	}
	slices.SortFunc(out, func(x, y *account) int { return strings.Compare(x.number, y.number) })
	return out
}

// queryStatus answers the namespace "status": who sees the account's status updates (whatsmeow, GetStatusPrivacy), and
// the older way to set the about text.
func (s *Server) queryStatus(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	if _, ok := n.GetOptionalChildByTag("privacy"); !ok || kind != "get" {
		return s.queryAbout(d, kind, n)
	}
	d.account.mu.Lock()
	choice := d.account.statusPrivacy
	d.account.mu.Unlock()
	if choice.audience == "" {
		choice.audience = StatusContacts
	}
	var users []binary.Node
	for _, a := range choice.people {
		users = append(users, binary.Node{Tag: "user", Attrs: binary.Attrs{"jid": a.hid()}})
	}
	return []binary.Node{{Tag: "privacy", Content: []binary.Node{{
		Tag: "list", Attrs: binary.Attrs{"type": string(choice.audience), "default": "true"}, Content: users,
	}}}}, nil
}

// sealStatus encrypts a status update for its audience and for the phone's own clients.
func (p *Phone) sealStatus(ctx context.Context, id string, message *waE2E.Message) (*binary.Node, error) {
	devices := p.account.linked()
	for _, a := range p.account.statusAudience() {
		devices = append(devices, a.all()...)
	}
	return p.sealShared(ctx, types.StatusBroadcastJID, p.account.hid(), devices, id, message)
}
