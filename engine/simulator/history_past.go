package simulator

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
	"github.com/myaibud/aibud/engine/simulator/internal/history"
)

// statusLife is how long a status is to be seen.
const statusLife = 24 * time.Hour

// memory is what a phone itself went through, as history tells it.
type memory struct {
	phone    *Phone
	form     types.JID
	now      time.Time
	arranged Settings // how the person arranged the chats
	chats    map[string]*waHistorySync.Conversation
	people   map[*account]struct{}
	statuses []*waWeb.WebMessageInfo
}

// recall goes through the phone's messages, all of them or those of one chat.
func (p *Phone) recall(only *types.JID) *memory {
	m := &memory{
		phone: p, form: p.form(), now: p.server().clock.Now(), arranged: p.Settings(),
		chats: make(map[string]*waHistorySync.Conversation), people: make(map[*account]struct{}),
	}
	p.mu.Lock()
	for _, one := range p.messages {
		if only == nil || one.chat == *only {
			m.add(one)
		}
	}
	p.mu.Unlock()
	for _, c := range m.chats {
		m.describe(c)
	}
	return m
}

// add takes a message into its conversation. The caller holds the phone's mu.
func (m *memory) add(one *Message) {
	state := m.arranged.Chats[m.phone.server().chatName(one.chat)]
	if one.chat.IsEmpty() || one.chat.Server == types.NewsletterServer || one.over(m.now) ||
		before(one.Timestamp, state.ClearedAt) || before(one.Timestamp, state.DeletedAt) {
		return
	}
	web := m.phone.pastMessage(one, m.phone.server().chatAs(one.chat, m.form))
	if web == nil {
		return
	}
	if a := m.phone.server().directory.number(one.From); a != nil {
		m.people[a] = struct{}{}
	}
	if one.chat.Server == types.BroadcastServer {
		if m.now.Sub(one.Timestamp) < statusLife {
			m.statuses = append(m.statuses, web)
		}
		return
	}
	id := web.GetKey().GetRemoteJID()
	c := m.chats[id]
	if c == nil {
		c = &waHistorySync.Conversation{ID: proto.String(id), NotSpam: proto.Bool(true), UnreadCount: proto.Uint32(0)}
		m.chats[id] = c
	}
	c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: web, MsgOrderID: proto.Uint64(uint64(one.Seq))})
	c.ConversationTimestamp, c.LastMsgTimestamp = web.MessageTimestamp, web.MessageTimestamp
	switch {
	case one.FromMe:
		c.UnreadCount = proto.Uint32(0)
	case !one.Has(ReceiptRead):
		c.UnreadCount = proto.Uint32(c.GetUnreadCount() + 1)
	}
}

func before(at time.Time, limit *time.Time) bool { return limit != nil && !at.After(*limit) }

// describe adds to a conversation who is in it and how the person arranged it.
func (m *memory) describe(c *waHistorySync.Conversation) {
	jid, err := types.ParseJID(c.GetID())
	if err != nil {
		return
	}
	s := m.phone.server()
	if a := s.directory.find(jid); a != nil {
		pairAddresses(c, a, m.form)
		m.people[a] = struct{}{}
		c.Name = orNil(m.arranged.Contacts[a.number].FullName)
		m.phone.addToken(c, a)
	}
	if g, ok := s.groups.Find(groupID(jid)); ok && jid.Server == types.GroupServer {
		m.phone.addGroup(c, &g, m.people)
	}
	state := m.arranged.Chats[s.chatName(jid)]
	c.Archived, c.MarkedAsUnread = proto.Bool(state.Archived), proto.Bool(state.Unread)
	if state.Pinned {
		c.Pinned = proto.Uint32(uint32(m.now.Unix()))
	}
	if state.Muted {
		c.MuteEndTime = proto.Uint64(muteForEver)
		if state.MutedUntil != nil {
			c.MuteEndTime = proto.Uint64(uint64(state.MutedUntil.Unix()))
		}
	}
}

// muteForEver is a mute's end that does not come: -1 in the form of the field.
const muteForEver = ^uint64(0)

// addToken adds the token by which the other side lets this account write.
func (p *Phone) addToken(c *waHistorySync.Conversation, other *account) {
	other.mu.Lock()
	token, ok := other.standing.book.Held(p.account.lid, p.server().clock.Now())
	other.mu.Unlock()
	if ok {
		c.TcToken, c.TcTokenTimestamp = token.Value, proto.Uint64(uint64(token.At.Unix()))
	}
}

// addGroup adds what a member sees of a group.
func (p *Phone) addGroup(c *waHistorySync.Conversation, g *groups.Group, people map[*account]struct{}) {
	s, form := p.server(), groupForm(g)
	c.Name, c.CreatedAt = orNil(g.Subject), proto.Uint64(uint64(g.Created.Unix()))
	c.Description, c.ReadOnly = orNil(g.Description), proto.Bool(!g.Has(p.account.person()))
	c.IsParentGroup, c.IsDefaultSubgroup = proto.Bool(g.Community), proto.Bool(g.Default)
	if g.Parent != "" {
		c.ParentGroupID = proto.String(groupJID(g.Parent).String())
	}
	if g.Ephemeral > 0 {
		c.EphemeralExpiration = proto.Uint32(uint32(g.Ephemeral / time.Second))
	}
	if creator := s.someone(g.Creator); creator != nil {
		c.CreatedBy = proto.String(creator.as(form).String())
	}
	c.Participant = nil
	for _, member := range g.Participants {
		a := s.someone(member.Person)
		if a == nil {
			continue
		}
		people[a] = struct{}{}
		rank := waHistorySync.GroupParticipant_REGULAR
		switch member.Role {
		case groups.Admin:
			rank = waHistorySync.GroupParticipant_ADMIN
		case groups.SuperAdmin:
			rank = waHistorySync.GroupParticipant_SUPERADMIN
		case groups.Member:
		}
		c.Participant = append(c.Participant, &waHistorySync.GroupParticipant{UserJID: proto.String(a.as(form).String()), Rank: rank.Enum()})
	}
}

// remember gives all conversations of the phone, the most recent first, and what goes with them.
func (p *Phone) remember() ([]*history.Chat, history.Around, error) {
	live := p.recall(nil)
	p.mu.Lock()
	given := p.past
	p.mu.Unlock()
	chats := make([]*history.Chat, 0, len(given.chats)+len(live.chats))
	for _, c := range given.chats {
		merged, err := merge(c, live.chats[c.ID])
		if err != nil {
			return nil, history.Around{}, err
		}
		delete(live.chats, c.ID)
		chats = append(chats, merged)
	}
	for _, c := range live.chats {
		fresh, err := history.NewChat(c)
		if err != nil {
			return nil, history.Around{}, fmt.Errorf("keep chat: %w", err)
		}
		chats = append(chats, fresh)
	}
	slices.SortStableFunc(chats, history.Newer)
	maps.Copy(live.people, given.mention)
	live.people[p.account] = struct{}{}
	around, err := p.around(live.people, given)
	around.Statuses = live.statuses
	return chats, around, err
}

// rememberChat gives one conversation; nil if there is none.
func (p *Phone) rememberChat(address string) (*history.Chat, error) {
	jid, err := types.ParseJID(address)
	if err != nil {
		return nil, fmt.Errorf("%w address", ErrInvalid)
	}
	known := bare(jid)
	if chat, ok := p.server().chatOf(address); ok {
		known = chat
	}
	id := p.server().chatAs(known, p.form()).String()
	live := p.recall(&known).chats[id]
	p.mu.Lock()
	given := p.past.byID[id]
	p.mu.Unlock()
	if given != nil {
		return merge(given, live)
	}
	if live == nil {
		return nil, nil //nolint:nilnil // no such chat is no error
	}
	return history.NewChat(live)
}

// merge adds what was said since to a conversation of the past.
func merge(c *history.Chat, live *waHistorySync.Conversation) (*history.Chat, error) {
	if live == nil {
		return c, nil
	}
	whole, err := c.Decode()
	if err != nil {
		return nil, fmt.Errorf("read chat: %w", err)
	}
	slices.Reverse(whole.Messages)
	whole.Messages = append(whole.Messages, live.GetMessages()...)
	whole.UnreadCount = proto.Uint32(whole.GetUnreadCount() + live.GetUnreadCount())
	whole.ConversationTimestamp, whole.LastMsgTimestamp = live.ConversationTimestamp, live.LastMsgTimestamp
	whole.TcToken, whole.TcTokenTimestamp = live.TcToken, live.TcTokenTimestamp
	return history.NewChat(whole)
}

// pastMessage is a message as history tells it; nil for one that only did something to another message, which shows
// it. The caller holds p.mu.
func (p *Phone) pastMessage(m *Message, chat types.JID) *waWeb.WebMessageInfo {
	switch m.Kind {
	case KindReaction, KindVote, KindEdit, KindRevoke, KindPin, KindKeep, KindAttendance, KindTimer, KindProtocol:
		return nil
	}
	web := p.webMessage(m, chat)
	if web == nil {
		return nil
	}
	if m.FromMe {
		switch {
		case m.Has(ReceiptPlayed):
			web.Status = waWeb.WebMessageInfo_PLAYED.Enum()
		case m.Has(ReceiptRead):
			web.Status = waWeb.WebMessageInfo_READ.Enum()
		}
	}
	for _, r := range m.Reactions {
		web.Reactions = append(web.Reactions, p.pastReaction(web, r))
	}
	return web
}

func (p *Phone) pastReaction(web *waWeb.WebMessageInfo, r Reacted) *waWeb.Reaction {
	key := proto.CloneOf(web.GetKey())
	key.ID, key.FromMe, key.Participant = proto.String(newMessageID()), proto.Bool(r.From == p.Number()), nil
	if a := p.server().directory.number(r.From); a != nil && web.Participant != nil && !key.GetFromMe() {
		key.Participant = proto.String(a.hid().String())
	}
	return &waWeb.Reaction{Key: key, Text: proto.String(r.Emoji), SenderTimestampMS: proto.Int64(int64(web.GetMessageTimestamp()) * 1000)}
}

// around is what comes with the conversations.
func (p *Phone) around(people map[*account]struct{}, given past) (history.Around, error) {
	secrets, err := p.historySecrets()
	if err != nil {
		return history.Around{}, err
	}
	first := &waHistorySync.HistorySync{
		CompanionMetaNonce: proto.String(secrets.nonce), NctSalt: secrets.salt,
		ThreadIDUserSecret: secrets.thread, ThreadDsTimeframeOffset: proto.Uint32(0),
		GlobalSettings: p.globalSettings(),
	}
	out := history.Around{First: first}
	for a := range people {
		first.PhoneNumberToLidMappings = append(first.PhoneNumberToLidMappings, &waHistorySync.PhoneNumberToLIDMapping{
			PnJID: proto.String(a.pn().String()), LidJID: proto.String(a.hid().String()),
		})
		if a == p.account {
			continue // clients know their own person's name from the settings
		}
		out.PushNames = append(out.PushNames, &waHistorySync.Pushname{ID: proto.String(a.pn().String()), Pushname: proto.String(a.pushName())})
	}
	for jid, name := range given.names {
		out.PushNames = append(out.PushNames, &waHistorySync.Pushname{ID: proto.String(jid.String()), Pushname: proto.String(name)})
	}
	if len(given.former) > 0 {
		out.Later = &waHistorySync.HistorySync{PastParticipants: given.former}
	}
	return out, nil
}

func (p *Phone) globalSettings() *waHistorySync.GlobalSettings {
	everything := func() *waHistorySync.AutoDownloadSettings {
		return &waHistorySync.AutoDownloadSettings{
			DownloadImages: proto.Bool(true), DownloadAudio: proto.Bool(true), DownloadVideo: proto.Bool(true), DownloadDocuments: proto.Bool(true),
		}
	}
	out := &waHistorySync.GlobalSettings{
		MediaVisibility: waHistorySync.MediaVisibility_DEFAULT.Enum(), SecurityNotifications: proto.Bool(false),
		AutoDownloadWiFi: everything(), AutoDownloadCellular: everything(), AutoDownloadRoaming: new(waHistorySync.AutoDownloadSettings),
		AutoUnarchiveChats: proto.Bool(true),
	}
	if p.form().Server == types.HiddenUserServer {
		out.ChatDbLidMigrationTimestamp = proto.Int64(p.account.since.Unix())
	}
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	out.DisappearingModeDuration = proto.Int32(int32(p.account.timer.life.Seconds()))
	if !p.account.timer.at.IsZero() {
		out.DisappearingModeTimestamp = proto.Int64(p.account.timer.at.Unix())
	}
	return out
}
