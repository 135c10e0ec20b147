package simulator

import (
	"maps"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// setting is a category's value in the account's privacy settings.
func (a *account) setting(category string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.privacy.Value(category)
}

// admits says whether the account lets somebody see or do what a category of its privacy settings covers ("" covers
// everybody who is not blocked). Nobody is hidden from themself.
func (a *account) admits(category string, viewer *account) bool {
	if a == viewer {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.blocked.Has(viewer.lid) {
		return false
	}
	_, contact := a.contacts[viewer]
	return category == "" || a.privacy.Admits(category, viewer.lid, contact)
}

// blocks says whether the account wants to hear nothing from somebody.
func (a *account) blocks(other *account) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.blocked.Has(other.lid)
}

// keepContact puts somebody into the address book or takes them out. People in somebody's address book are whom the
// privacy settings call contacts, and the owner of the book is told of changes to their profiles.
func (a *account) keepContact(other *account, keep bool) {
	if a == other {
		return
	}
	a.mu.Lock()
	if !keep {
		delete(a.contacts, other)
	} else {
		if a.contacts == nil {
			a.contacts = make(map[*account]struct{})
		}
		a.contacts[other] = struct{}{}
	}
	a.mu.Unlock()
	if keep {
		other.watch(a, other.hid())
	}
}

func (a *account) hasContact(other *account) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.contacts[other]
	return ok
}

// tellOthers notifies everybody who knows the account of a change to what a privacy category covers, if the category
// admits them. child makes the notification's content for an address in the form that the receiver uses.
func (a *account) tellOthers(category, kind string, child func(form types.JID) binary.Node) {
	a.mu.Lock()
	watchers := maps.Clone(a.watchers)
	name := a.name
	a.mu.Unlock()
	for watcher, like := range watchers {
		if a.admits(category, watcher) && !watcher.blocks(a) {
			form := a.as(like)
			watcher.notify(nil, form, kind, binary.Attrs{"notify": name}, child(form))
		}
	}
}

// visibleAgain tells everybody who knows the account to look at it anew, since what it shows them has changed. WhatsApp
// Web fetches presence, about and picture at such a notification (its module WAWebHandleContactNotification); when
// exactly the real server sends it is inferred.
func (a *account) visibleAgain(category string) {
	switch category {
	case privacy.LastSeen, privacy.Online, privacy.About, privacy.Picture:
	default:
		return
	}
	a.tellOthers("", "contacts", func(form types.JID) binary.Node {
		return binary.Node{Tag: "update", Attrs: binary.Attrs{"jid": form}}
	})
}
