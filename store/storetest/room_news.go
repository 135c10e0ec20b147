package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// news are of the group, an hour ago.
func (b *bundle) news(code engine.NoticeCode, value string, people ...engine.Party) engine.RoomNews {
	return engine.RoomNews{
		Room: group(), ID: "notice-" + strconv.FormatInt(b.serial.Add(1), 10), Actor: sipho(), At: now().Add(-time.Hour),
		Changes: []engine.RoomChange{{Code: code, Value: value, People: people}},
	}
}

// founded is a group of the seat's with two others.
func (b *bundle) founded() engine.RoomNews {
	news := b.news(engine.NoticeAdded, "")
	news.Room.Name, news.Changes[0].Self = "Viewing", true
	news.State = &engine.RoomState{
		Description: "On Sunday", Role: engine.RoleMember, FoundedAt: now().Add(-24 * time.Hour),
		Members: []engine.RoomMember{{Party: sipho(), Role: engine.RoleSuperAdmin}, {Party: lerato(), Role: engine.RoleMember}},
	}
	return news
}

func (b *bundle) members(c engine.ConversationID) map[string]engine.Role {
	b.t.Helper()
	found, err := b.rows.Members(b.ctx(), c)
	require.NoError(b.t, err)
	members := make(map[string]engine.Role)
	for _, m := range found {
		if m.Self {
			members["self"] = m.Role
		} else {
			members[m.Contact.Name] = m.Role
		}
	}
	return members
}

func groupNews(t *testing.T, b *bundle) {
	known, err := b.store.RoomKnown(b.ctx(), b.seat, groupAddress)
	require.NoError(t, err)
	require.False(t, known)
	seq := b.lastSeq()
	news := b.founded()
	b.record(news)
	require.Equal(t, []engine.EventKind{
		engine.EventMessageCreated, engine.EventConversationUpdated, engine.EventGroupUpdated,
	}, b.since(seq))
	seq = b.lastSeq()
	news.State = nil
	b.record(news)
	require.Empty(t, b.since(seq), "it is there already")
	known, err = b.store.RoomKnown(b.ctx(), b.seat, groupAddress)
	require.NoError(t, err)
	require.True(t, known)

	c := b.only()
	require.Equal(t, "Viewing", c.Contact.Name)
	require.True(t, c.Room.Known)
	require.Equal(t, "On Sunday", c.Room.Description)
	require.Equal(t, 3, c.Room.Members)
	require.Equal(t, engine.RoleMember, c.Room.Role)
	require.Zero(t, c.Unread)
	require.Equal(t, engine.KindNotice, c.LastMessage.Kind)
	require.Equal(t, engine.AuthorSystem, c.LastMessage.Author)
	require.Equal(t, "Sipho", c.LastMessage.Sender.Name)
	require.Equal(t, &engine.Notice{Code: engine.NoticeAdded, Self: true}, c.LastMessage.Content.Notice)
	require.Equal(t, map[string]engine.Role{"self": engine.RoleMember, "Sipho": engine.RoleSuperAdmin, "Lerato": engine.RoleMember}, b.members(c.ID))

	b.record(b.said(lerato(), "hello all"))
	subject := b.news(engine.NoticeSubject, "Viewing on Monday")
	subject.Room.Name, subject.At = "Viewing on Monday", now().Add(time.Minute)
	thabo := engine.Party{Phone: engine.PhoneAddress("27830000009"), Name: "Thabo"}
	b.record(
		subject, b.news(engine.NoticeDescription, "On Monday"), b.news(engine.NoticeAnnounce, "on"), b.news(engine.NoticeLocked, "on"),
		b.news(engine.NoticeTimer, "86400"), b.news(engine.NoticeAdded, "", thabo), b.news(engine.NoticePromoted, "", thabo),
		b.news(engine.NoticeRemoved, "", lerato()), b.news(engine.NoticeRequested, "", lerato()),
	)
	c = b.only()
	require.Equal(t, "Viewing on Monday", c.Contact.Name)
	require.Equal(t, "hello all", c.LastMessage.Text, "news don't bring a group to the top")
	require.Equal(t, 1, c.Unread)
	require.Equal(t, "On Monday", c.Room.Description)
	require.True(t, c.Room.Announce)
	require.True(t, c.Room.Locked)
	require.Equal(t, 86400, c.Room.Timer)
	require.Equal(t, map[string]engine.Role{"self": engine.RoleMember, "Sipho": engine.RoleSuperAdmin, "Thabo": engine.RoleAdmin}, b.members(c.ID))

	// Only admins delete what others wrote, now that they are known.
	spam := b.said(sipho(), "spam")
	b.record(spam)
	b.record(b.about(lerato(), engine.KindRevoke, spam, 1, ""))
	require.Nil(t, b.found(c.ID, spam).RevokedAt)
	b.record(b.about(thabo, engine.KindRevoke, spam, 2, ""))
	require.NotNil(t, b.found(c.ID, spam).RevokedAt)

	whole := b.founded()
	whole.ID, whole.Changes = "", nil
	b.record(whole)
	require.Equal(t, map[string]engine.Role{"self": engine.RoleMember, "Sipho": engine.RoleSuperAdmin, "Lerato": engine.RoleMember}, b.members(c.ID))
	promoted := b.news(engine.NoticePromoted, "")
	promoted.Changes[0].Self = true
	b.record(promoted)
	require.Equal(t, engine.RoleAdmin, b.only().Room.Role)
	gone := b.news(engine.NoticeDeleted, "")
	b.record(gone)
	require.Empty(t, b.only().Room.Role)

	// Two addresses of a member turn out to be one person's.
	b.record(engine.Identity{Party: engine.Party{Phone: engine.PhoneAddress("27830000007"), LID: lerato().LID}})
	require.Len(t, b.members(c.ID), 2)
	require.Error(t, b.store.Record(b.ctx(), b.seat, []engine.Fact{engine.RoomNews{Room: thandi()}}))
}

func groupReachesAll(t *testing.T, b *bundle) {
	b.record(b.founded())
	c := b.only().ID
	m := b.send(c, "who is coming?")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now(), To: group()}))
	delivery := func() engine.Delivery { return b.message(c, m.ID).Delivery }
	b.record(b.roomReceipt(m.WhatsAppID, sipho(), engine.Read))
	require.Equal(t, engine.Sent, delivery(), "the check marks stand for all")
	b.record(b.roomReceipt(m.WhatsAppID, lerato(), engine.Delivered))
	require.Equal(t, engine.Delivered, delivery())
	late := b.news(engine.NoticeAdded, "", engine.Party{LID: "9@lid", Name: "Late"})
	late.At = now().Add(time.Hour)
	b.record(late)
	b.record(b.roomReceipt(m.WhatsAppID, lerato(), engine.Read))
	require.Equal(t, engine.Read, delivery(), "who joined later never gets it")
	receipts, err := b.rows.Receipts(b.ctx(), c, m.ID)
	require.NoError(t, err)
	require.Len(t, receipts, 2)
	for _, r := range receipts {
		require.NotNil(t, r.DeliveredAt)
		require.NotNil(t, r.ReadAt)
		require.Nil(t, r.PlayedAt)
	}
}

func channelNews(t *testing.T, b *bundle) {
	b.record(engine.RoomNews{
		Room: engine.Party{Room: "120363@newsletter", Name: "Harbour"}, At: now(),
		State: &engine.RoomState{Description: "Ships", Followers: 7, Role: engine.RoleMember},
	})
	c := b.only()
	require.Equal(t, engine.ChatChannel, c.Type)
	require.Nil(t, c.LastMessage)
	require.Equal(t, 7, c.Room.Followers)
	require.Empty(t, b.members(c.ID))
	post := b.text(engine.Party{Room: "120363@newsletter"}, "from last week")
	post.At = now().Add(-7 * 24 * time.Hour)
	b.record(post)
	require.Equal(t, "from last week", b.only().LastMessage.Text)
}
