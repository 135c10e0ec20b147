package simulator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// What a person does with chats on the phone. chat is a number or an address; ErrInvalid and ErrNotFound are about it.
// The versions of the actions are those that whatsmeow (appstate/encode.go) and Baileys (chat-utils.ts) write.

type syncValue = waSyncAction.SyncActionValue

// ArchiveChat puts a chat into the archive, which unpins it, or takes it out.
func (p *Phone) ArchiveChat(ctx context.Context, chat string, on bool) error {
	return p.changeChat(ctx, chat, func(jid types.JID, span *waSyncAction.SyncActionMessageRange) stateChange {
		mutations := []appstate.Mutation{{
			Index: []string{indexArchive, jid.String()}, Version: 3, Value: &syncValue{
				ArchiveChatAction: &waSyncAction.ArchiveChatAction{Archived: proto.Bool(on), MessageRange: span},
			},
		}}
		if on {
			mutations = append(mutations, pinned(jid, false))
		}
		return stateChange{collectionLow, mutations}
	})
}

// PinChat puts a chat on top of the list, or back into its order.
func (p *Phone) PinChat(ctx context.Context, chat string, on bool) error {
	return p.changeChat(ctx, chat, func(jid types.JID, _ *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionLow, []appstate.Mutation{pinned(jid, on)}}
	})
}

func pinned(jid types.JID, on bool) appstate.Mutation {
	return appstate.Mutation{
		Index: []string{indexPin, jid.String()}, Version: 5,
		Value: &syncValue{PinAction: &waSyncAction.PinAction{Pinned: proto.Bool(on)}},
	}
}

// MuteChat silences a chat for a while, for ever if d is negative, or no longer if d is 0.
func (p *Phone) MuteChat(ctx context.Context, chat string, d time.Duration) error {
	action := &waSyncAction.MuteAction{Muted: proto.Bool(d != 0)}
	switch {
	case d < 0:
		action.MuteEndTimestamp = proto.Int64(-1)
	case d > 0:
		action.MuteEndTimestamp = proto.Int64(p.server().clock.Now().Add(d).UnixMilli())
	}
	return p.changeChat(ctx, chat, func(jid types.JID, _ *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionHigh, []appstate.Mutation{{
			Index: []string{indexMute, jid.String()}, Version: 2, Value: &syncValue{MuteAction: action},
		}}}
	})
}

// MarkChatRead marks a whole chat as read, or as unread. It sends nobody a receipt: Read does.
func (p *Phone) MarkChatRead(ctx context.Context, chat string, read bool) error {
	return p.changeChat(ctx, chat, func(jid types.JID, span *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionLow, []appstate.Mutation{{
			Index: []string{indexMarkRead, jid.String()}, Version: 3, Value: &syncValue{
				MarkChatAsReadAction: &waSyncAction.MarkChatAsReadAction{Read: proto.Bool(read), MessageRange: span},
			},
		}}}
	})
}

// ClearChat removes a chat's messages, but for the starred ones if those are kept, and their files if media is true.
func (p *Phone) ClearChat(ctx context.Context, chat string, keepStarred, media bool) error {
	return p.changeChat(ctx, chat, func(jid types.JID, span *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionHigh, []appstate.Mutation{{
			Index: []string{indexClearChat, jid.String(), flag(!keepStarred), flag(media)}, Version: 6,
			Value: &syncValue{ClearChatAction: &waSyncAction.ClearChatAction{MessageRange: span}},
		}}}
	})
}

// DeleteChat removes a chat with its messages, and their files if media is true.
func (p *Phone) DeleteChat(ctx context.Context, chat string, media bool) error {
	return p.changeChat(ctx, chat, func(jid types.JID, span *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionHigh, []appstate.Mutation{{
			Index: []string{indexDeleteChat, jid.String(), flag(media)}, Version: 6,
			Value: &syncValue{DeleteChatAction: &waSyncAction.DeleteChatAction{MessageRange: span}},
		}}}
	})
}

// MuteStatus hides somebody's status updates, or shows them again.
func (p *Phone) MuteStatus(ctx context.Context, whom string, on bool) error {
	return p.changeChat(ctx, whom, func(jid types.JID, _ *waSyncAction.SyncActionMessageRange) stateChange {
		return stateChange{collectionHigh, []appstate.Mutation{{
			Index: []string{indexUserStatusMute, jid.String()}, Version: 7,
			Value: &syncValue{UserStatusMuteAction: &waSyncAction.UserStatusMuteAction{Muted: proto.Bool(on)}},
		}}}
	})
}

// StarMessage stars a message that the phone shows, or takes the star away. ErrNotFound.
func (p *Phone) StarMessage(ctx context.Context, id string, on bool) error {
	index, _, err := p.messageIndex(id)
	if err != nil {
		return err
	}
	return p.changeState(ctx, collectionHigh, appstate.Mutation{
		Index: append([]string{indexStar}, index...), Version: 2,
		Value: &syncValue{StarAction: &waSyncAction.StarAction{Starred: proto.Bool(on)}},
	})
}

// DeleteForMe removes a message from the person's own devices only, and its file if media is true. ErrNotFound.
func (p *Phone) DeleteForMe(ctx context.Context, id string, media bool) error {
	index, at, err := p.messageIndex(id)
	if err != nil {
		return err
	}
	return p.changeState(ctx, collectionHigh, appstate.Mutation{
		Index: append([]string{indexDeleteForMe}, index...), Version: 3,
		Value: &syncValue{DeleteMessageForMeAction: &waSyncAction.DeleteMessageForMeAction{
			DeleteMedia: proto.Bool(media), MessageTimestamp: proto.Int64(at.Unix()),
		}},
	})
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// stateChange is what one thing that a person does changes in one collection.
type stateChange struct {
	collection string
	mutations  []appstate.Mutation
}

type chatChange func(jid types.JID, span *waSyncAction.SyncActionMessageRange) stateChange

func (p *Phone) changeChat(ctx context.Context, chat string, build chatChange) error {
	jid, err := p.server().resolve(chat)
	if err != nil {
		return err
	}
	jid = p.server().chatAs(jid, p.form())
	c := build(jid, p.messageRange(jid))
	return p.changeState(ctx, c.collection, c.mutations...)
}

// maxRange is how many of a chat's last messages a change of the chat names.
const maxRange = 5

// messageRange says up to which messages a change of a chat reaches.
func (p *Phone) messageRange(chat types.JID) *waSyncAction.SyncActionMessageRange {
	name := p.server().chatName(chat)
	out := &waSyncAction.SyncActionMessageRange{LastMessageTimestamp: proto.Int64(p.server().clock.Unix())}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.messages) {
		if p.server().chatName(m.chat) != name {
			continue
		}
		if len(out.Messages) == 0 {
			out.LastMessageTimestamp = proto.Int64(m.Timestamp.Unix())
		}
		key := &waCommon.MessageKey{RemoteJID: proto.String(chat.String()), FromMe: proto.Bool(m.FromMe), ID: proto.String(m.ID)}
		if member := m.member(); member != "0" {
			key.Participant = proto.String(member)
		}
		out.Messages = append(out.Messages, &waSyncAction.SyncActionMessage{Key: key, Timestamp: proto.Int64(m.Timestamp.Unix())})
		if len(out.Messages) == maxRange {
			break
		}
	}
	return out
}

// member is the sender of another's message in a group, and "0" otherwise, as indexes have it.
func (m *Message) member() string {
	if m.FromMe || m.chat.Server == types.HiddenUserServer || m.chat.Server == types.DefaultUserServer {
		return "0"
	}
	return m.author.String()
}

// messageIndex gives the parts of an index that name a message, and its time.
func (p *Phone) messageIndex(id string) (index []string, at time.Time, err error) {
	form := p.form()
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.known(id)
	if m == nil {
		return nil, at, fmt.Errorf("message %w", ErrNotFound)
	}
	return []string{p.server().chatAs(m.chat, form).String(), id, flag(m.FromMe), m.member()}, m.Timestamp, nil
}
