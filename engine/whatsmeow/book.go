package whatsmeow

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// book is what the library remembers of people. The address book it is given as
// a whole, by [book.remember].
type book struct {
	store.ContactStore
	session *session
}

// PutContactName implements [store.ContactStore].
func (book) PutContactName(context.Context, types.JID, string, string) error { return nil }

// remember writes down who is in the phone's address book: unless the account
// chose otherwise, the library sends status updates to those. The sink, which
// has the names too, knows them for all seats of a tenant together.
func (s *session) remember(ctx context.Context, changes []appstate.Mutation) error {
	at := make(map[types.JID]int)
	var entries []store.ContactEntry
	for i := range changes {
		m := &changes[i]
		who := parsed(part(m, 1))
		if part(m, 0) != appstate.IndexContact || !person(who) {
			continue
		}
		full, first := saved(m.Operation == waServerSync.SyncdMutation_SET, m.Action.GetContactAction())
		entry := store.ContactEntry{JID: plain(who), FullName: *full, FirstName: *first}
		if known, again := at[entry.JID]; again {
			entries[known] = entry
			continue
		}
		at[entry.JID] = len(entries)
		entries = append(entries, entry)
	}
	if err := s.wm.Store.Contacts.PutAllContactNames(ctx, entries); err != nil {
		return fmt.Errorf("write down the address book: %w", err)
	}
	return nil
}

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
