package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// newsroom is a seat that runs a channel, and another that may follow it.
type newsroom struct {
	agent, lead *simulator.Phone
	a, fan      able
	channel     engine.Channel
}

func newNewsroom(t *testing.T) *newsroom {
	t.Helper()
	w := newWorld(t)
	n := &newsroom{agent: w.phone(t, agentNumber, "Thandi"), lead: w.phone(t, leadNumber, "Sipho")}
	n.a, n.fan = w.pair(t, n.agent).able(t), w.pair(t, n.lead).able(t)
	var err error
	n.channel, err = n.a.CreateChannel(t.Context(), engine.NewChannel{
		Name: "Flats to let", Description: "Every Monday", Picture: picture(t, 40, 20), AcceptTerms: true,
	})
	require.NoError(t, err)
	return n
}

func TestChannelsAreMadeFoundAndChanged(t *testing.T) {
	n := newNewsroom(t)
	ctx := t.Context()
	require.Equal(t, map[string]string{"20601218": "5"}, n.agent.Notices(), "the terms of channels")
	require.True(t, n.channel.Address.IsChannel())
	require.Equal(t, "Flats to let", n.channel.Name)
	require.Equal(t, "Every Monday", n.channel.Description)
	require.Equal(t, engine.RoleSuperAdmin, n.channel.Role)
	require.Equal(t, "active", n.channel.State)
	require.Equal(t, "all", n.channel.Reactions)
	require.NotEmpty(t, n.channel.PictureID)
	require.WithinDuration(t, time.Now(), *n.channel.CreatedAt, time.Minute)

	found, err := n.fan.ChannelByLink(ctx, n.channel.Link)
	require.NoError(t, err)
	require.Equal(t, n.channel.Address, found.Address)
	require.Empty(t, found.Role)
	found, err = n.fan.Channel(ctx, n.channel.Address)
	require.NoError(t, err)
	require.Equal(t, engine.RoleNone, found.Role)

	changed, err := n.a.ChangeChannel(ctx, n.channel.Address, engine.ChannelChange{
		Name: new("Houses to let"), Description: new(""), Picture: new(picture(t, 30, 30)),
	})
	require.NoError(t, err)
	require.Equal(t, "Houses to let", changed.Name)
	require.Empty(t, changed.Description)
	require.NotEqual(t, n.channel.PictureID, changed.PictureID)
	file, err := n.fan.DownloadPicture(ctx, n.channel.Address, false)
	require.NoError(t, err)
	require.Equal(t, changed.PictureID, file.ID)
	changed, err = n.a.ChangeChannel(ctx, n.channel.Address, engine.ChannelChange{Picture: new([]byte{})})
	require.NoError(t, err)
	require.Empty(t, changed.PictureID)

	_, err = n.fan.ChangeChannel(ctx, n.channel.Address, engine.ChannelChange{Name: new("Mine")})
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(err))
	_, err = n.a.Channel(ctx, "120363000000000000@newsletter")
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	_, err = n.a.ChannelByLink(ctx, "https://whatsapp.com/channel/0029VaAAAAAAAAAAAAAAAA")
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}

func TestChannelsAreFollowed(t *testing.T) {
	n := newNewsroom(t)
	ctx := t.Context()
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(n.fan.MuteChannel(ctx, n.channel.Address, true)))
	require.NoError(t, n.fan.FollowChannel(ctx, n.channel.Address, true))
	require.NoError(t, n.fan.MuteChannel(ctx, n.channel.Address, true))
	list, err := n.fan.Channels(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, engine.RoleMember, list[0].Role)
	require.True(t, list[0].Muted)
	require.Equal(t, 1, list[0].Followers)
	require.NoError(t, n.fan.MuteChannel(ctx, n.channel.Address, false))
	require.False(t, n.lead.Channels()[0].Muted)
	require.NoError(t, n.fan.FollowChannel(ctx, n.channel.Address, false))
	list, err = n.fan.Channels(ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(n.a.FollowChannel(ctx, n.channel.Address, false)), "an owner can't leave")
}

// TestOwnChangesToChannelsAreStored: WhatsApp tells other devices of what this
// one did; without a conversation a new channel could not be written in.
func TestOwnChangesToChannelsAreStored(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	client := s.able(t)
	news := func(address engine.Address, match func(engine.RoomNews) bool) {
		told(t, s.memory, func(n engine.RoomNews) bool { return n.Room.Room == address && n.State != nil && match(n) })
	}
	mine, err := client.CreateChannel(t.Context(), engine.NewChannel{Name: "Flats", AcceptTerms: true})
	require.NoError(t, err)
	news(mine.Address, func(n engine.RoomNews) bool { return n.State.Role == engine.RoleSuperAdmin && n.Room.Name == "Flats" })
	_, err = client.ChangeChannel(t.Context(), mine.Address, engine.ChannelChange{Name: new("Houses")})
	require.NoError(t, err)
	news(mine.Address, func(n engine.RoomNews) bool { return n.Room.Name == "Houses" })

	theirs, err := lead.CreateChannel(t.Context(), "Harbour news", "Ships")
	require.NoError(t, err)
	address := engine.Address(theirs.JID)
	require.NoError(t, client.FollowChannel(t.Context(), address, true))
	news(address, func(n engine.RoomNews) bool { return n.State.Role == engine.RoleMember })
	require.NoError(t, client.FollowChannel(t.Context(), address, false))
	news(address, func(n engine.RoomNews) bool { return n.State.Role == engine.RoleNone })
}

func TestChannelMessages(t *testing.T) {
	n := newNewsroom(t)
	ctx := t.Context()
	require.NoError(t, n.fan.FollowChannel(ctx, n.channel.Address, true))
	for _, text := range []string{"Two rooms", "Three rooms", "A garden"} {
		_, err := n.agent.SendText(ctx, string(n.channel.Address), text)
		require.NoError(t, err)
	}
	list, err := n.fan.ChannelMessages(ctx, n.channel.Address, engine.ChannelPage{Count: 2})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "Three rooms", list[0].Text)
	require.Equal(t, engine.KindText, list[1].Kind)
	require.Equal(t, "A garden", list[1].Text)
	require.WithinDuration(t, time.Now(), list[1].At, time.Minute)
	older, err := n.fan.ChannelMessages(ctx, n.channel.Address, engine.ChannelPage{Count: 5, Before: list[0].ServerID})
	require.NoError(t, err)
	require.Len(t, older, 1)
	require.Equal(t, "Two rooms", older[0].Text)

	last := list[1].ServerID
	require.NoError(t, n.fan.ViewChannelMessages(ctx, n.channel.Address, []int{last, older[0].ServerID}))
	require.NoError(t, n.fan.ReactInChannel(ctx, n.channel.Address, last, "🏡"))
	list, err = n.a.ChannelMessages(ctx, n.channel.Address, engine.ChannelPage{Count: 1})
	require.NoError(t, err)
	require.Equal(t, 1, list[0].Views)
	require.Equal(t, map[string]int{"🏡": 1}, list[0].Reactions)
	require.NoError(t, n.fan.ReactInChannel(ctx, n.channel.Address, last, ""))
	list, err = n.a.ChannelMessages(ctx, n.channel.Address, engine.ChannelPage{Count: 1})
	require.NoError(t, err)
	require.Empty(t, list[0].Reactions)
	require.Error(t, n.fan.ReactInChannel(ctx, n.channel.Address, 99_999, "🏡"), "there is no such message")

	length, err := n.fan.WatchChannel(ctx, n.channel.Address)
	require.NoError(t, err)
	require.GreaterOrEqual(t, length, 30*time.Second)
}
