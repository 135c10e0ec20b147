package whatsmeow

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// stateFact turns a change of app state into a fact: nil if it says nothing
// to us. known says that the library has no use for it either. What is removed
// is as if it had never been set. The indexes are those of whatsmeow
// (dispatchAppState).
func (s *session) stateFact(ctx context.Context, m *appstate.Mutation, synced engine.Synced) (fact engine.Fact, known bool, err error) {
	set := m.Operation == waServerSync.SyncdMutation_SET
	at := time.UnixMilli(m.Action.GetTimestamp())
	switch m.Index[0] {
	case appstate.IndexArchive, appstate.IndexPin, appstate.IndexMute, appstate.IndexMarkChatAsRead:
		fact, err = s.chatChange(ctx, m, set, at, synced)
	case appstate.IndexClearChat, appstate.IndexDeleteChat:
		if set {
			fact, err = s.chatCleared(ctx, m, at, synced)
		}
	case appstate.IndexStar, appstate.IndexDeleteMessageForMe:
		fact, err = s.messageChange(ctx, m, set, at, synced)
	case appstate.IndexLabelEdit:
		fact = labelChange(m, set, at, synced)
	case appstate.IndexLabelAssociationChat, appstate.IndexLabelAssociationMessage:
		fact, err = s.labelled(ctx, m, set, at, synced)
	case appstate.IndexContact, appstate.IndexLIDContact, appstate.IndexUserStatusMute:
		fact, err = s.bookChange(ctx, m, set, at, synced)
	case appstate.IndexSettingPushName:
		if name := clean(m.Action.GetPushNameSetting().GetName()); set && name != "" {
			fact = engine.AccountChange{Name: &name, Synced: synced}
		}
	case appstate.IndexSettingUnarchiveChats:
		on := set && m.Action.GetUnarchiveChatsSetting().GetUnarchiveChats()
		fact = engine.AccountChange{Unarchive: &on, Synced: synced}
	case appstate.IndexPNForLIDChat:
		if len(m.Index) > 1 && set {
			fact, err = s.personFact(ctx, m.Index[1], m.Action.GetPnForLidChatAction().GetPnJID())
		}
	default:
		return nil, false, nil
	}
	return fact, true, err
}

// part returns a part of an index, or "".
func part(m *appstate.Mutation, i int) string {
	if i >= len(m.Index) {
		return ""
	}
	return m.Index[i]
}

// parsed returns the JID that a text is, or none.
func parsed(text string) types.JID {
	jid, err := types.ParseJID(text)
	if err != nil {
		return types.EmptyJID
	}
	return jid
}

// anyChat returns whom a chat is with, a person or a room. It reports false for
// what is neither.
func (s *session) anyChat(ctx context.Context, jid, alt types.JID) (engine.Party, bool, error) {
	if address := room(jid); address != "" {
		return engine.Party{Room: address}, true, nil
	}
	if !person(jid) {
		return engine.Party{}, false, nil
	}
	party, err := s.party(ctx, jid, alt)
	return party, err == nil, err
}

func (s *session) chatChange(ctx context.Context, m *appstate.Mutation, set bool, at time.Time, synced engine.Synced) (engine.Fact, error) {
	chat, ok, err := s.anyChat(ctx, parsed(part(m, 1)), types.EmptyJID)
	if !ok {
		return nil, err
	}
	change := engine.ChatChange{Chat: chat, At: at, Synced: synced}
	switch m.Index[0] {
	case appstate.IndexArchive:
		on := set && m.Action.GetArchiveChatAction().GetArchived()
		change.Archived, change.Last = &on, last(m.Action.GetArchiveChatAction().GetMessageRange(), at)
	case appstate.IndexPin:
		on := set && m.Action.GetPinAction().GetPinned()
		change.Pinned = &on
	case appstate.IndexMute:
		until := time.Time{}
		if set {
			until = muteEnd(m.Action.GetMuteAction())
		}
		change.MutedUntil = &until
	case appstate.IndexMarkChatAsRead:
		if !set {
			return nil, nil
		}
		read := m.Action.GetMarkChatAsReadAction().GetRead()
		change.Read, change.Last = &read, last(m.Action.GetMarkChatAsReadAction().GetMessageRange(), at)
	}
	return change, nil
}

// muteEnd says until when a chat is muted; zero if it isn't.
func muteEnd(action *waSyncAction.MuteAction) time.Time {
	switch end := action.GetMuteEndTimestamp(); {
	case !action.GetMuted():
		return time.Time{}
	case end <= 0 || end >= engine.MutedForever.UnixMilli():
		return engine.MutedForever
	default:
		return time.UnixMilli(end).UTC()
	}
}

// last says up to which message a change reaches: up to the time of the change
// if it doesn't say. Times of messages are whole seconds.
func last(span *waSyncAction.SyncActionMessageRange, at time.Time) engine.MessageRef {
	if seconds := span.GetLastMessageTimestamp(); seconds > 0 && seconds < engine.MutedForever.Unix() {
		at = time.Unix(seconds, 0)
	}
	return engine.MessageRef{At: at}
}

// chatCleared reads ["clearChat", chat, starred too, media too] and
// ["deleteChat", chat, media too].
func (s *session) chatCleared(ctx context.Context, m *appstate.Mutation, at time.Time, synced engine.Synced) (engine.Fact, error) {
	chat, ok, err := s.anyChat(ctx, parsed(part(m, 1)), types.EmptyJID)
	if !ok {
		return nil, err
	}
	if m.Index[0] == appstate.IndexDeleteChat {
		return engine.ChatCleared{
			Chat: chat, Deleted: true, DeleteMedia: part(m, 2) == "1", At: at, Synced: synced,
			Last: last(m.Action.GetDeleteChatAction().GetMessageRange(), at),
		}, nil
	}
	return engine.ChatCleared{
		Chat: chat, KeepStarred: part(m, 2) == "0", DeleteMedia: part(m, 3) == "1", At: at, Synced: synced,
		Last: last(m.Action.GetClearChatAction().GetMessageRange(), at),
	}, nil
}

// messageChange reads ["star" or "deleteMessageForMe", chat, ID, from me,
// sender in a group].
func (s *session) messageChange(ctx context.Context, m *appstate.Mutation, set bool, at time.Time, synced engine.Synced) (engine.Fact, error) {
	chat, ok, err := s.anyChat(ctx, parsed(part(m, 1)), types.EmptyJID)
	if !ok || part(m, 2) == "" {
		return nil, err
	}
	message := engine.MessageRef{WhatsAppID: clean(part(m, 2)), FromMe: part(m, 3) == "1"}
	if sender := parsed(part(m, 4)); person(sender) && chat.Room != "" && !message.FromMe {
		if message.Sender, err = s.party(ctx, sender, types.EmptyJID); err != nil {
			return nil, err
		}
	}
	if m.Index[0] == appstate.IndexStar {
		return engine.Starred{
			Chat: chat, Message: message, On: set && m.Action.GetStarAction().GetStarred(), At: at, Synced: synced,
		}, nil
	}
	if !set {
		return nil, nil
	}
	action := m.Action.GetDeleteMessageForMeAction()
	if seconds := action.GetMessageTimestamp(); seconds > 0 {
		message.At = time.Unix(seconds, 0)
	}
	return engine.MessageRemoved{Chat: chat, Message: message, DeleteMedia: action.GetDeleteMedia(), At: at, Synced: synced}, nil
}

// labelChange reads ["label_edit", ID]. The lists by which apps sort chats
// (unread, groups …) have the form of labels, but nobody made them.
func labelChange(m *appstate.Mutation, set bool, at time.Time, synced engine.Synced) engine.Fact {
	action := m.Action.GetLabelEditAction()
	if part(m, 1) == "" {
		return nil
	}
	switch action.GetType() {
	case waSyncAction.LabelEditAction_NONE, waSyncAction.LabelEditAction_PREDEFINED, waSyncAction.LabelEditAction_CUSTOM,
		waSyncAction.LabelEditAction_LEAD:
	default:
		return nil
	}
	return engine.LabelChange{
		Label: clean(part(m, 1)), Name: clean(action.GetName()), Color: int(action.GetColor()), Deleted: !set || action.GetDeleted(),
		At: at, Synced: synced,
	}
}

// labelled reads ["label_jid", label, chat] and ["label_message", label, chat,
// message, "0", "0"].
func (s *session) labelled(ctx context.Context, m *appstate.Mutation, set bool, at time.Time, synced engine.Synced) (engine.Fact, error) {
	chat, ok, err := s.anyChat(ctx, parsed(part(m, 2)), types.EmptyJID)
	if !ok || part(m, 1) == "" {
		return nil, err
	}
	fact := engine.Labelled{
		Label: clean(part(m, 1)), Chat: chat, On: set && m.Action.GetLabelAssociationAction().GetLabeled(), At: at, Synced: synced,
	}
	if m.Index[0] == appstate.IndexLabelAssociationMessage {
		if fact.Message = clean(part(m, 3)); fact.Message == "" {
			return nil, nil
		}
	}
	return fact, nil
}

// bookChange reads ["contact", person], ["lid_contact", person] and
// ["userStatusMute", person].
func (s *session) bookChange(ctx context.Context, m *appstate.Mutation, set bool, at time.Time, synced engine.Synced) (engine.Fact, error) {
	jid := parsed(part(m, 1))
	if !person(jid) {
		return nil, nil
	}
	party, err := s.party(ctx, jid, otherAddress(jid, m.Action.GetContactAction()))
	if err != nil {
		return nil, err
	}
	change := engine.ContactChange{Party: party, At: at, Synced: synced}
	switch m.Index[0] {
	case appstate.IndexUserStatusMute:
		muted := set && m.Action.GetUserStatusMuteAction().GetMuted()
		change.StatusMuted = &muted
		return change, nil
	case appstate.IndexLIDContact:
		change.SavedName, change.FirstName = saved(set, m.Action.GetLidContactAction())
	default:
		change.SavedName, change.FirstName = saved(set, m.Action.GetContactAction())
	}
	return change, nil
}

// saved returns the names of an entry of the address book, which are empty if
// it was removed.
func saved(set bool, entry interface {
	GetFullName() string
	GetFirstName() string
},
) (full, first *string) {
	names := [2]string{}
	if set {
		names = [2]string{clean(entry.GetFullName()), clean(entry.GetFirstName())}
		if names[0] == "" {
			names[0] = names[1]
		}
	}
	return &names[0], &names[1]
}

// otherAddress returns the address of the other kind that an entry of the
// address book names.
func otherAddress(jid types.JID, entry *waSyncAction.ContactAction) types.JID {
	if jid.Server == types.HiddenUserServer {
		return parsed(entry.GetPnJID())
	}
	return parsed(entry.GetLidJID())
}

// personFact tells that two addresses are one person's.
func (s *session) personFact(ctx context.Context, lid, number string) (engine.Fact, error) {
	a, b := parsed(lid), parsed(number)
	if !person(a) || !person(b) || a.Server == b.Server {
		return nil, nil
	}
	party, err := s.party(ctx, a, b)
	if err != nil {
		return nil, err
	}
	return engine.Identity{Party: party}, nil
}

// learnAddresses writes down which addresses the address book says are one
// person's, all at once.
func (s *session) learnAddresses(ctx context.Context, changes []appstate.Mutation) error {
	var pairs []store.LIDMapping
	for i := range changes {
		m := &changes[i]
		if m.Operation != waServerSync.SyncdMutation_SET || part(m, 0) != appstate.IndexContact {
			continue
		}
		number := parsed(part(m, 1))
		lid := otherAddress(number, m.Action.GetContactAction())
		if number.Server == types.HiddenUserServer {
			number, lid = lid, number
		}
		if person(number) && person(lid) && number.Server == types.DefaultUserServer && lid.Server == types.HiddenUserServer {
			pairs = append(pairs, store.LIDMapping{LID: plain(lid), PN: plain(number)})
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	if err := s.client.provider.container.LIDMap.PutManyLIDMappings(ctx, pairs); err != nil {
		return fmt.Errorf("write down people's addresses: %w", err)
	}
	return nil
}
