package simulator

import (
	"context"
	"time"
)

// Settings are what a phone believes of its account's shared settings, whether its person set them or a linked client.
// Chats are named as in messages: people by number, everything else by JID.
type Settings struct {
	PushName       string                  `json:"push_name"`
	Locale         string                  `json:"locale"`
	TwentyFourHour bool                    `json:"twenty_four_hour"`
	UnarchiveChats bool                    `json:"unarchive_chats"` // archived chats come back with a new message
	Chats          map[string]ChatState    `json:"chats"`
	Contacts       map[string]ContactEntry `json:"contacts"` // the address book, by number
	Labels         map[string]Label        `json:"labels"`   // by id
	Starred        []MessageRef            `json:"starred"`
	Deleted        []MessageRef            `json:"deleted"` // for this person only
	StatusMuted    []string                `json:"status_muted"`
	Others         []string                `json:"others"`   // settings that the phone keeps but does not understand: their indexes
	Versions       map[string]uint64       `json:"versions"` // of each collection
}

// ChatState is how a person arranged a chat.
type ChatState struct {
	Archived   bool       `json:"archived"`
	Pinned     bool       `json:"pinned"`
	Muted      bool       `json:"muted"`
	MutedUntil *time.Time `json:"muted_until,omitempty"` // nil while Muted: for ever
	Unread     bool       `json:"unread"`                // marked as unread
	ReadAt     *time.Time `json:"read_at,omitempty"`     // when it was marked as read
	ClearedAt  *time.Time `json:"cleared_at,omitempty"`
	DeletedAt  *time.Time `json:"deleted_at,omitempty"`
	Labels     []string   `json:"labels,omitempty"` // ids
}

// ContactEntry is an entry of the address book.
type ContactEntry struct {
	FullName  string `json:"full_name"`
	FirstName string `json:"first_name,omitempty"`
}

// Label is a mark that a business puts on chats and messages.
type Label struct {
	Name     string       `json:"name"`
	Color    int32        `json:"color"` // 0 to 19
	Deleted  bool         `json:"deleted"`
	Messages []MessageRef `json:"messages,omitempty"` // that carry it
}

// MessageRef names a message in a chat.
type MessageRef struct {
	Chat   string `json:"chat"`
	ID     string `json:"id"`
	FromMe bool   `json:"from_me"`
	From   string `json:"from,omitempty"` // in a group: whose it is
}

func noSettings() Settings {
	return Settings{
		Chats: make(map[string]ChatState), Contacts: make(map[string]ContactEntry), Labels: make(map[string]Label),
		Starred: []MessageRef{}, Deleted: []MessageRef{}, StatusMuted: []string{}, Others: []string{},
		Versions: make(map[string]uint64),
	}
}

// Settings gives what the phone believes now.
func (p *Phone) Settings() Settings {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	view := settingsView{server: p.server(), now: p.server().clock.Now(), out: noSettings()}
	for _, name := range collectionNames() {
		r := p.state.replicas[name]
		if r == nil {
			view.out.Versions[name] = 0
			continue
		}
		view.out.Versions[name] = r.Version()
		for m := range r.Entries() {
			view.show(m.Index, m.Value)
		}
	}
	return view.out
}

// WaitSettings returns the phone's settings as soon as match accepts them. match must not call the phone.
func (p *Phone) WaitSettings(ctx context.Context, match func(Settings) bool) (Settings, error) {
	var found Settings
	err := p.await(ctx, func() bool {
		found = p.Settings()
		return match(found)
	})
	if err != nil {
		return Settings{}, err
	}
	return found, nil
}
