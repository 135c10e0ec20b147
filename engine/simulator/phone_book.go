package simulator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// AddContact puts somebody into the address book by their profile name. The people in it are whom the privacy settings
// call contacts. ErrNotFound, ErrInvalid.
func (p *Phone) AddContact(ctx context.Context, whom string) error {
	other, err := p.server().resolvePerson(whom)
	if err != nil {
		return err
	}
	return p.SaveContact(ctx, other.number, ContactEntry{FullName: other.pushName()})
}

// SaveContact puts a number into the address book, or changes the entry. It need not be on WhatsApp. ErrInvalid.
func (p *Phone) SaveContact(ctx context.Context, number string, entry ContactEntry) error {
	return p.SaveContacts(ctx, map[string]ContactEntry{number: entry})
}

// SaveContacts does for many numbers at once what SaveContact does for one, as a phone does with its address book. Of
// more than a hundred the patch keeps the entries outside itself, on the media hosts. If one is ErrInvalid none is saved.
func (p *Phone) SaveContacts(ctx context.Context, book map[string]ContactEntry) error {
	var mutations []appstate.Mutation
	for _, number := range slices.Sorted(maps.Keys(book)) {
		if err := checkNumber(number); err != nil {
			return err
		}
		action, err := p.contactAction(number, book[number])
		if err != nil {
			return err
		}
		m := contactMutation(types.NewJID(number, types.DefaultUserServer))
		m.Value.ContactAction = action
		mutations = append(mutations, m)
	}
	return p.changeState(ctx, collectionContacts, mutations...)
}

func (p *Phone) contactAction(number string, entry ContactEntry) (*waSyncAction.ContactAction, error) {
	for _, name := range []string{entry.FullName, entry.FirstName} {
		if err := checkText("name", name, maxName); err != nil {
			return nil, err
		}
	}
	if entry.FullName == "" {
		return nil, fmt.Errorf("%w full name: empty", ErrInvalid)
	}
	action := &waSyncAction.ContactAction{FullName: proto.String(entry.FullName), SaveOnPrimaryAddressbook: proto.Bool(true)}
	if entry.FirstName != "" {
		action.FirstName = proto.String(entry.FirstName)
	}
	if a := p.server().directory.number(number); a != nil {
		action.LidJID = proto.String(a.hid().String())
	}
	return action, nil
}

// RemoveContact takes a number or address out of the address book. ErrNotFound if nobody has it, ErrInvalid.
func (p *Phone) RemoveContact(ctx context.Context, whom string) error {
	number := strings.TrimPrefix(whom, "+")
	if other, err := p.server().resolvePerson(whom); err == nil {
		number = other.number
	} else if _, saved := p.Settings().Contacts[number]; !saved {
		return err
	}
	m := contactMutation(types.NewJID(number, types.DefaultUserServer))
	m.Remove = true
	return p.changeState(ctx, collectionContacts, m)
}

func contactMutation(jid types.JID) appstate.Mutation {
	return appstate.Mutation{Index: []string{indexContact, jid.String()}, Version: 2, Value: new(syncValue)}
}

// keepContact takes note for privacy of a change to the address book.
func (p *Phone) keepContact(m appstate.Mutation) {
	if len(m.Index) < 2 {
		return
	}
	jid, err := types.ParseJID(m.Index[1])
	if err != nil {
		return
	}
	if other := p.server().directory.find(jid); other != nil {
		p.account.keepContact(other, !m.Remove)
	}
}
