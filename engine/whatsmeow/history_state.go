package whatsmeow

import (
	"context"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// maxFormer bounds how many former members of one group are imported.
const maxFormer = 1024

// arranged tells how the agent has arranged a chat: archived, pinned, muted,
// marked as unread. What isn't set is left out.
func (p *past) arranged(ctx context.Context, c *waHistorySync.Conversation) (engine.ChatChange, error) {
	change := engine.ChatChange{History: true}
	on, unread := true, false
	if c.GetArchived() {
		change.Archived = &on
	}
	if c.GetPinned() > 0 {
		change.Pinned = &on
	}
	if c.GetMarkedAsUnread() {
		change.Read = &unread
	}
	if until := mutedUntil(c.GetMuteEndTime()); !until.IsZero() {
		change.MutedUntil = &until
	}
	if at := max(c.GetConversationTimestamp(), c.GetLastMsgTimestamp()); at < uint64(lastTime.Unix()) { // a time after 1970
		change.Last.At = time.Unix(int64(at), 0) // bounded above
	}
	var err error
	if change.Chat, _, err = p.session.anyChat(ctx, p.chat, p.alt); err != nil {
		return change, unreadKeys(err)
	}
	change.Chat.Name = p.name
	return change, nil
}

// mutedUntil reads a mute's end, in seconds; zero if there is none. One that
// doesn't come is -1.
func mutedUntil(end uint64) time.Time {
	switch {
	case end == 0:
		return time.Time{}
	case end >= uint64(engine.MutedForever.Unix()): // a time after 1970
		return engine.MutedForever
	default:
		return time.Unix(int64(end), 0).UTC() // bounded above
	}
}

// statuses tells of the status posts that can still be seen.
func (h *historyImport) statuses(ctx context.Context, posts []*waWeb.WebMessageInfo) error {
	c := &waHistorySync.Conversation{}
	for _, post := range posts {
		c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: post})
	}
	return h.messages(ctx, &past{session: h.session, chat: types.StatusBroadcastJID}, c)
}

// former tells who left groups.
func (h *historyImport) former(ctx context.Context, groups []*waHistorySync.PastParticipants) error {
	for _, g := range groups {
		group := jidIn(g.GetGroupJID())
		if group.Server != types.GroupServer || room(group) == "" {
			continue
		}
		people := g.GetPastParticipants()
		for _, who := range people[:min(len(people), maxFormer)] {
			news, ok, err := h.session.leftGroup(ctx, group, who)
			if err != nil {
				return unreadKeys(err)
			}
			if !ok {
				continue
			}
			if err := h.add(ctx, news); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftGroup tells that somebody left a group or was removed. Nobody says by whom.
func (s *session) leftGroup(ctx context.Context, group types.JID, p *waHistorySync.PastParticipant) (engine.RoomNews, bool, error) {
	who := jidIn(p.GetUserJID())
	at := p.GetLeaveTS()
	if !person(who) || at == 0 || at >= uint64(lastTime.Unix()) { // a time after 1970
		return engine.RoomNews{}, false, nil
	}
	change := engine.RoomChange{Code: engine.NoticeLeft}
	if p.GetLeaveReason() == waHistorySync.PastParticipant_REMOVED {
		change.Code = engine.NoticeRemoved
	}
	news := engine.RoomNews{
		Room: engine.Party{Room: room(group)}, At: time.Unix(int64(at), 0), History: true, // bounded above
		ID: newsID(group, strconv.FormatUint(at, 10), string(change.Code), plain(who).String()),
	}
	if s.isSelf(who) {
		change.Self = true
		news.FromMe = change.Code == engine.NoticeLeft
	} else {
		party, err := s.party(ctx, who, types.EmptyJID)
		if err != nil {
			return news, false, err
		}
		change.People = []engine.Party{party}
		if change.Code == engine.NoticeLeft {
			news.Actor = party
		}
	}
	news.Changes = []engine.RoomChange{change}
	return news, true, nil
}
