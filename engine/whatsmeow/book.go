package whatsmeow

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// book is what the library remembers of people. The names of the address book
// it leaves out: the sink stores them.
type book struct {
	store.ContactStore
	session *session
}

// PutContactName implements [store.ContactStore].
func (book) PutContactName(context.Context, types.JID, string, string) error { return nil }

// PutBusinessName implements [store.ContactStore]. The library tells of a name
// only when it is new, without looking at whether that could be stored, and a
// crash may be faster. So it remembers one only after the sink has stored it;
// until then each message of that business tells it.
func (b book) PutBusinessName(ctx context.Context, who types.JID, name string) (changed bool, previous string, err error) {
	known, err := b.GetContact(ctx, who)
	if err != nil || known.BusinessName == name {
		return false, "", err
	}
	party, ok, err := b.session.anyChat(ctx, who, types.EmptyJID)
	if err != nil {
		return false, "", err
	}
	if ok && !b.has(ctx, party, who, name) {
		text := clean(name)
		if !b.session.deliver(engine.ContactChange{Party: party, BusinessName: &text}) {
			return false, "", errUnstored
		}
	}
	changed, previous, err = b.ContactStore.PutBusinessName(ctx, who, name)
	if err != nil {
		err = fmt.Errorf("remember a business's name: %w", err)
	}
	return changed, previous, err
}

// has reports whether a name is stored for a person's other address, and so
// for the person.
func (b book) has(ctx context.Context, party engine.Party, who types.JID, name string) bool {
	for _, a := range []engine.Address{party.Phone, party.LID} {
		jid, err := jidOf(a)
		if err != nil || jid == plain(who) {
			continue
		}
		known, err := b.GetContact(ctx, jid)
		if err == nil && known.BusinessName == name {
			return true
		}
	}
	return false
}

// errUnstored tells that the sink could not store what has changed. It asks
// for a reconnection itself, after which it is fetched or told again.
var errUnstored = errors.New("what has changed could not be stored")
