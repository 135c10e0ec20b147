package whatsmeow_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// told waits for news of a room with a code, and returns them.
func (m *memory) told(t *testing.T, room engine.Party, code engine.NoticeCode) (engine.RoomNews, engine.RoomChange) {
	t.Helper()
	var news engine.RoomNews
	var change engine.RoomChange
	m.until(t, "news of a room: "+string(code), func() bool {
		for _, n := range m.rooms {
			for _, c := range n.Changes {
				if n.Room.Room == room.Room && c.Code == code {
					news, change = n, c
					return true
				}
			}
		}
		return false
	})
	return news, change
}

// state waits for a room as a whole.
func (m *memory) state(t *testing.T, room engine.Address, match func(*engine.RoomState) bool) engine.RoomNews {
	t.Helper()
	var found engine.RoomNews
	m.until(t, "a room as a whole", func() bool {
		for _, n := range m.rooms {
			if n.Room.Room == room && n.State != nil && match(n.State) {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

func anyState(*engine.RoomState) bool { return true }

func TestNewsOfAGroup(t *testing.T) {
	for name, byNumber := range map[string]bool{"by LID": false, "by number": true} {
		t.Run(name, func(t *testing.T) { newsOfAGroup(t, newClub(t, byNumber)) })
	}
}

func newsOfAGroup(t *testing.T, c *clubWorld) {
	t.Helper()
	made, change := c.s.told(t, c.club, engine.NoticeCreated)
	require.Equal(t, "Viewing", made.Room.Name)
	require.True(t, made.FromMe)
	require.True(t, change.Self)
	require.Equal(t, engine.RoleSuperAdmin, made.State.Role)
	require.ElementsMatch(t, []engine.RoomMember{
		{Party: party(c.lead, ""), Role: engine.RoleMember}, {Party: party(c.third, ""), Role: engine.RoleMember},
	}, made.State.Members)

	mine, err := c.agent.Group(string(c.club.Room))
	require.NoError(t, err)
	_, err = mine.Promote(t.Context(), leadNumber)
	require.NoError(t, err)
	_, change = c.s.told(t, c.club, engine.NoticePromoted)
	require.Equal(t, []engine.Party{party(c.lead, "")}, change.People)
	theirs, err := c.lead.Group(string(c.club.Room))
	require.NoError(t, err)
	require.NoError(t, theirs.Rename(t.Context(), "Viewing on Sunday"))
	news, change := c.s.told(t, c.club, engine.NoticeSubject)
	require.Equal(t, "Viewing on Sunday", news.Room.Name)
	require.Equal(t, "Viewing on Sunday", change.Value)
	require.Equal(t, party(c.lead, ""), news.Actor)
	require.NoError(t, theirs.Describe(t.Context(), "Bring a pen"))
	_, change = c.s.told(t, c.club, engine.NoticeDescription)
	require.Equal(t, "Bring a pen", change.Value)
	yes, day := true, 86400
	require.NoError(t, mine.Set(t.Context(), simulator.GroupSettings{Announce: &yes, Locked: &yes, Approval: &yes, Expires: &day}))
	for code, value := range map[engine.NoticeCode]string{
		engine.NoticeAnnounce: "on", engine.NoticeLocked: "on", engine.NoticeTimer: "86400", engine.NoticeApproval: "",
	} {
		news, change = c.s.told(t, c.club, code)
		require.Equal(t, value, change.Value, code)
		require.True(t, news.FromMe)
	}
	c.s.state(t, c.club.Room, func(s *engine.RoomState) bool { return s.Approval && s.Announce && s.Timer == 86400 })

	_, err = mine.Demote(t.Context(), leadNumber)
	require.NoError(t, err)
	c.s.told(t, c.club, engine.NoticeDemoted)
	third, err := c.third.Group(string(c.club.Room))
	require.NoError(t, err)
	require.NoError(t, third.Leave(t.Context()))
	_, change = c.s.told(t, c.club, engine.NoticeLeft)
	require.Equal(t, []engine.Party{party(c.third, "")}, change.People)
	zola := c.phone(t, "27821110009", "Zola")
	_, err = mine.Add(t.Context(), zola.Number())
	require.NoError(t, err)
	_, change = c.s.told(t, c.club, engine.NoticeAdded)
	require.Equal(t, []engine.Party{party(zola, "")}, change.People)
	_, err = mine.Remove(t.Context(), zola.Number())
	require.NoError(t, err)
	_, change = c.s.told(t, c.club, engine.NoticeRemoved)
	require.Equal(t, []engine.Party{party(zola, "")}, change.People)
	require.NoError(t, mine.Leave(t.Context()))
	c.s.until(t, "that the seat has left", func() bool {
		return slices.ContainsFunc(c.s.rooms, func(n engine.RoomNews) bool {
			return n.FromMe && slices.ContainsFunc(n.Changes, func(c engine.RoomChange) bool { return c.Code == engine.NoticeLeft && c.Self })
		})
	})
	c.s.set(func(m *memory) {
		ids := make(map[string]bool)
		for _, n := range m.rooms {
			if n.ID != "" {
				require.False(t, ids[n.ID], "each has an ID of its own")
				ids[n.ID] = true
			}
		}
	})
}

// A group that the seat learns of by a message is looked up once.
func TestUnknownGroupIsLookedUp(t *testing.T) {
	c := newClub(t, false)
	c.s.told(t, c.club, engine.NoticeCreated)
	settled(t, c.world) // or the news would come again
	again := c.open(t, c.s.device, newMemory())
	c.s.Disconnect()
	again.connect(t)
	await[engine.Connected](t, again.memory)
	_, err := c.lead.SendText(t.Context(), string(c.club.Room), "Hello?")
	require.NoError(t, err)
	again.message(t, "Hello?")
	whole := again.state(t, c.club.Room, anyState)
	require.Equal(t, "Viewing", whole.Room.Name)
	require.Len(t, whole.State.Members, 2)
	require.Empty(t, whole.Changes)

	again.reconnect(t)
	_, err = c.lead.SendText(t.Context(), string(c.club.Room), "Anybody?")
	require.NoError(t, err)
	again.message(t, "Anybody?")
	channel, err := c.lead.CreateChannel(t.Context(), "Harbour news", "Ships")
	require.NoError(t, err)
	require.NoError(t, c.agent.FollowChannel(t.Context(), channel.JID))
	_, err = c.lead.SendText(t.Context(), channel.JID, "The ferry is late")
	require.NoError(t, err)
	whole = again.state(t, engine.Address(channel.JID), func(s *engine.RoomState) bool { return s.Role == engine.RoleMember })
	require.Equal(t, "Harbour news", whole.Room.Name)
	require.Equal(t, "Ships", whole.State.Description)
	again.set(func(m *memory) {
		count := 0
		for _, n := range m.rooms {
			if n.Room.Room == c.club.Room {
				count++
			}
		}
		require.Equal(t, 1, count, "the group was known")
	})
}
