package simulator_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// channelFixture is an agent and a lead with a linked client each; the agent's second client sees what the first does.
type channelFixture struct {
	s             *simulator.Server
	agent, lead   *simulator.Phone
	c, other, fan *client
	jid           types.JID
	channel       simulator.Channel
}

func newChannelFixture(t *testing.T) *channelFixture {
	t.Helper()
	s := start(t)
	f := &channelFixture{s: s, agent: phone(t, s, agentNumber, "Thandi"), lead: phone(t, s, leadNumber, "Sipho")}
	f.c, f.other, f.fan = linked(t, s, f.agent), linked(t, s, f.agent), linked(t, s, f.lead)
	return f
}

func smallJPEG(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	return out.Bytes()
}

// create makes the channel by the agent's first client.
func (f *channelFixture) create(t *testing.T) {
	t.Helper()
	made, err := f.c.CreateNewsletter(patient(t), whatsmeow.CreateNewsletterParams{
		Name: "Harbour news", Description: "Ships and tides", Picture: smallJPEG(t),
	})
	require.NoError(t, err)
	f.jid = made.ID
	require.Equal(t, types.NewsletterServer, made.ID.Server)
	require.Equal(t, types.NewsletterRoleOwner, made.ViewerMeta.Role)
	require.Equal(t, types.NewsletterStateActive, made.State.Type)
	require.Equal(t, types.NewsletterVerificationStateUnverified, made.ThreadMeta.VerificationState)
	require.NotNil(t, made.ThreadMeta.Picture)
	f.channel, err = f.agent.Channel(patient(t), made.ID.String())
	require.NoError(t, err)
	require.Equal(t, "Harbour news", f.channel.Name)
	require.Equal(t, "Ships and tides", f.channel.Description)
	require.Equal(t, made.ThreadMeta.Picture.ID, f.channel.PictureID)
}

// TestChannels follows a channel from its creation to its end.
//
// covers: CreateNewsletter GetNewsletterInfo GetNewsletterInfoWithInvite GetSubscribedNewsletters FollowNewsletter UnfollowNewsletter NewsletterToggleMute events.NewsletterJoin events.NewsletterLeave events.NewsletterMuteChange events.MexNotificationData
func TestChannels(t *testing.T) {
	t.Parallel()
	f := newChannelFixture(t)
	f.create(t)
	ctx := patient(t)
	joined := await(f.other, func(e *events.NewsletterJoin) bool { return e.ID == f.jid })
	require.Equal(t, "Harbour news", joined.ThreadMeta.Name.Text)
	mex := joined.Mex
	require.IsType(t, events.MexNotificationData{}, mex)
	require.Equal(t, "NotificationNewsletterJoin", mex.OpName)
	require.WithinDuration(t, time.Now(), mex.Timestamp, time.Minute)

	t.Run("info", func(t *testing.T) {
		info, err := f.c.GetNewsletterInfo(ctx, f.jid)
		require.NoError(t, err)
		require.Equal(t, "Ships and tides", info.ThreadMeta.Description.Text)
		require.Equal(t, types.NewsletterReactionsMode("ALL"), info.ThreadMeta.Settings.ReactionCodes.Value)
		require.WithinDuration(t, time.Now(), info.ThreadMeta.CreationTime.Time, time.Minute)
		invited, err := f.fan.GetNewsletterInfoWithInvite(ctx, f.channel.Link)
		require.NoError(t, err)
		require.Equal(t, f.jid, invited.ID)
		require.Nil(t, invited.ViewerMeta)
		require.NoError(t, f.s.VerifyChannel(f.channel.JID, true))
		info, err = f.fan.GetNewsletterInfo(ctx, f.jid)
		require.NoError(t, err)
		require.Equal(t, types.NewsletterVerificationStateVerified, info.ThreadMeta.VerificationState)
		require.Equal(t, types.NewsletterRoleGuest, info.ViewerMeta.Role)
		_, err = f.fan.GetNewsletterInfo(ctx, types.NewJID("120363000000000000", types.NewsletterServer))
		require.ErrorContains(t, err, "404")
		picture, err := f.fan.GetProfilePictureInfo(ctx, f.jid, nil)
		require.NoError(t, err)
		require.Equal(t, f.channel.PictureID, picture.ID)
	})
	t.Run("by a client", func(t *testing.T) {
		require.NoError(t, f.fan.FollowNewsletter(ctx, f.jid))
		require.Equal(t, "SUBSCRIBER", f.lead.Channels()[0].Role)
		seen, err := f.agent.Channel(ctx, f.channel.Link)
		require.NoError(t, err)
		require.Equal(t, 1, seen.Subscribers)
		require.NoError(t, f.fan.NewsletterToggleMute(ctx, f.jid, true))
		require.True(t, f.lead.Channels()[0].Muted)
		list, err := f.fan.GetSubscribedNewsletters(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, types.NewsletterMuteOn, list[0].ViewerMeta.Mute)
		require.NoError(t, f.fan.NewsletterToggleMute(ctx, f.jid, false))
		require.False(t, f.lead.Channels()[0].Muted)
		require.NoError(t, f.fan.UnfollowNewsletter(ctx, f.jid))
		require.Empty(t, f.lead.Channels())
		require.ErrorContains(t, f.fan.NewsletterToggleMute(ctx, f.jid, true), "403")
		require.ErrorContains(t, f.c.UnfollowNewsletter(ctx, f.jid), "403", "an owner can't leave")
	})
	t.Run("by the phone", func(t *testing.T) {
		require.NoError(t, f.lead.FollowChannel(ctx, f.channel.Link))
		joined := await(f.fan, func(e *events.NewsletterJoin) bool { return e.ID == f.jid })
		require.Equal(t, types.NewsletterRoleSubscriber, joined.ViewerMeta.Role)
		require.NoError(t, f.lead.MuteChannel(ctx, f.channel.JID, true))
		require.Equal(t, types.NewsletterMuteOn, await(f.fan, func(e *events.NewsletterMuteChange) bool { return e.ID == f.jid }).Mute)
		require.NoError(t, f.lead.UnfollowChannel(ctx, f.channel.JID))
		left := await(f.fan, func(e *events.NewsletterLeave) bool { return e.ID == f.jid })
		require.Equal(t, types.NewsletterRoleGuest, left.Role)
		require.Equal(t, "NotificationNewsletterLeave", left.Mex.OpName)
	})
	t.Run("end", func(t *testing.T) {
		require.ErrorIs(t, f.lead.DeleteChannel(ctx, f.channel.JID), simulator.ErrRefused)
		require.NoError(t, f.s.SetChannelState(f.channel.JID, "SUSPENDED"))
		require.ErrorContains(t, f.fan.FollowNewsletter(ctx, f.jid), "403")
		require.NoError(t, f.s.SetChannelState(f.channel.JID, "ACTIVE"))
		require.NoError(t, f.agent.DeleteChannel(ctx, f.channel.JID))
		require.ErrorContains(t, f.fan.FollowNewsletter(ctx, f.jid), "404")
	})
}

func inChannel(jid types.JID, want string) func(*events.Message) bool {
	return func(m *events.Message) bool { return m.Info.Chat == jid && text(want)(m) }
}

// TestChannelMessages posts, changes and deletes messages of a channel from both sides.
//
// covers: SendMessage GetNewsletterMessages events.NewsletterMessageMeta
func TestChannelMessages(t *testing.T) {
	t.Parallel()
	f := newChannelFixture(t)
	f.create(t)
	ctx := patient(t)
	require.NoError(t, f.lead.FollowChannel(ctx, f.channel.JID))

	sent, err := f.c.SendMessage(ctx, f.jid, &waE2E.Message{Conversation: proto.String("Low tide at six")})
	require.NoError(t, err)
	require.Equal(t, types.MessageServerID(100), sent.ServerID)
	got := await(f.fan, inChannel(f.jid, "Low tide at six"))
	require.Equal(t, sent.ID, got.Info.ID)
	require.Equal(t, sent.ServerID, got.Info.ServerID)
	require.Equal(t, f.jid, got.Info.Sender)
	await(f.other, inChannel(f.jid, "Low tide at six"))
	shown, err := f.lead.Wait(ctx, says("Low tide at six"))
	require.NoError(t, err)
	require.Equal(t, f.channel.JID, shown.From)
	require.Equal(t, 100, shown.ServerID)
	own, err := f.agent.Wait(ctx, says("Low tide at six"))
	require.NoError(t, err)
	require.True(t, own.FromMe)

	t.Run("edit", func(t *testing.T) {
		_, err := f.c.SendMessage(ctx, f.jid, f.c.BuildEdit(f.jid, sent.ID, &waE2E.Message{Conversation: proto.String("Low tide at seven")}))
		require.NoError(t, err)
		edited := await(f.fan, inChannel(f.jid, "Low tide at seven"))
		require.Equal(t, types.EditAttributeAdminEdit, edited.Info.Edit)
		require.Equal(t, sent.ID, edited.Info.ID)
		meta := edited.NewsletterMeta
		require.IsType(t, &events.NewsletterMessageMeta{}, meta)
		require.NotNil(t, meta)
		require.Equal(t, got.Info.Timestamp.Unix(), meta.OriginalTS.Unix())
		require.WithinDuration(t, time.Now(), meta.EditTS, time.Minute)
		changed, err := f.lead.Wait(ctx, says("Low tide at seven"))
		require.NoError(t, err)
		require.Equal(t, []string{"Low tide at six"}, changed.Earlier)
	})
	t.Run("by the phone", func(t *testing.T) {
		id, err := f.agent.SendText(ctx, f.channel.JID, "Fog")
		require.NoError(t, err)
		fog := await(f.fan, inChannel(f.jid, "Fog"))
		require.Equal(t, types.MessageServerID(101), fog.Info.ServerID)
		await(f.c, inChannel(f.jid, "Fog"))
		_, err = f.agent.Send(ctx, f.channel.JID, simulator.Edit{MessageID: id, Text: "Thick fog"})
		require.NoError(t, err)
		require.NotNil(t, await(f.fan, inChannel(f.jid, "Thick fog")).NewsletterMeta)
		_, err = f.lead.Send(ctx, f.channel.JID, simulator.Text{Body: "Hello?"})
		require.ErrorIs(t, err, simulator.ErrRefused)
		_, err = f.lead.SendText(ctx, "120363000000000000@newsletter", "Hello?")
		require.ErrorIs(t, err, simulator.ErrNotFound)
	})
	t.Run("revoke", func(t *testing.T) {
		_, err := f.c.SendMessage(ctx, f.jid, f.c.BuildRevoke(f.jid, types.EmptyJID, sent.ID))
		require.NoError(t, err)
		await(f.fan, func(m *events.Message) bool {
			return m.Info.ID == sent.ID && m.Info.Edit == types.EditAttributeAdminRevoke
		})
		_, err = f.lead.Wait(ctx, func(m simulator.Message) bool { return m.ID == sent.ID && m.Revoked })
		require.NoError(t, err)
	})
	t.Run("refused", func(t *testing.T) {
		_, err := f.fan.SendMessage(ctx, f.jid, &waE2E.Message{Conversation: proto.String("May I?")})
		require.ErrorContains(t, err, "403")
		_, err = f.c.SendMessage(ctx, types.NewJID("120363000000000000", types.NewsletterServer), &waE2E.Message{Conversation: proto.String("x")})
		require.ErrorContains(t, err, "404")
		_, err = f.c.SendMessage(ctx, f.jid, f.c.BuildRevoke(f.jid, types.EmptyJID, "UNKNOWN"))
		require.ErrorContains(t, err, "404")
	})
	t.Run("media", func(t *testing.T) {
		up, err := f.c.UploadNewsletter(ctx, smallJPEG(t), whatsmeow.MediaImage)
		require.NoError(t, err)
		_, err = f.c.SendMessage(ctx, f.jid, &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			Caption: proto.String("The pier"), Mimetype: proto.String("image/jpeg"), URL: &up.URL, DirectPath: &up.DirectPath,
			FileSHA256: up.FileSHA256, FileLength: &up.FileLength,
		}}, whatsmeow.SendRequestExtra{MediaHandle: up.Handle})
		require.NoError(t, err)
		m := await(f.fan, func(m *events.Message) bool { return m.Message.GetImageMessage().GetCaption() == "The pier" })
		require.Equal(t, "image", m.Info.MediaType)
		data, err := f.fan.Download(ctx, m.Message.GetImageMessage())
		require.NoError(t, err)
		require.Equal(t, smallJPEG(t), data)
		posts, err := f.lead.ChannelPosts(ctx, f.channel.JID, 1, 0)
		require.NoError(t, err)
		require.Equal(t, up.Handle, posts[0].Handle)
	})
	t.Run("history", func(t *testing.T) {
		list, err := f.fan.GetNewsletterMessages(ctx, f.jid, nil)
		require.NoError(t, err)
		require.Len(t, list, 3)
		require.Equal(t, "Thick fog", list[1].Message.GetConversation())
		require.Equal(t, types.MessageServerID(102), list[2].MessageServerID)
		list, err = f.fan.GetNewsletterMessages(ctx, f.jid, &whatsmeow.GetNewsletterMessagesParams{Count: 1, Before: 102})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, types.MessageServerID(101), list[0].MessageServerID)
		_, err = f.fan.GetNewsletterMessages(ctx, types.NewJID("120363000000000000", types.NewsletterServer), nil)
		require.ErrorIs(t, err, whatsmeow.ErrIQNotFound)
	})
}

// TestChannelReactions counts views and reactions and tells those who listen.
//
// covers: NewsletterSendReaction NewsletterMarkViewed NewsletterSubscribeLiveUpdates GetNewsletterMessageUpdates events.NewsletterLiveUpdate
func TestChannelReactions(t *testing.T) {
	t.Parallel()
	f := newChannelFixture(t)
	f.create(t)
	ctx := patient(t)
	require.NoError(t, f.lead.FollowChannel(ctx, f.channel.JID))
	sent, err := f.c.SendMessage(ctx, f.jid, &waE2E.Message{Conversation: proto.String("Low tide at six")})
	require.NoError(t, err)
	await(f.fan, inChannel(f.jid, "Low tide at six"))

	life, err := f.c.NewsletterSubscribeLiveUpdates(ctx, f.jid)
	require.NoError(t, err)
	require.Equal(t, 5*time.Minute, life)
	require.NoError(t, f.fan.NewsletterSendReaction(ctx, f.jid, sent.ServerID, "🌊", ""))
	live := await(f.c, func(e *events.NewsletterLiveUpdate) bool { return e.JID == f.jid })
	require.WithinDuration(t, time.Now(), live.Time, time.Minute)
	_, err = f.lead.Wait(ctx, func(m simulator.Message) bool { return len(m.Reactions) == 1 && m.Reactions[0].Emoji == "🌊" })
	require.NoError(t, err)

	require.NoError(t, f.fan.NewsletterMarkViewed(ctx, f.jid, []types.MessageServerID{sent.ServerID}))
	require.NoError(t, f.agent.ReactInChannel(ctx, f.channel.JID, sent.ServerID, "👍"))
	updates, err := f.c.GetNewsletterMessageUpdates(ctx, f.jid, &whatsmeow.GetNewsletterUpdatesParams{Count: 10, Since: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	require.Len(t, updates, 1)
	require.Equal(t, 1, updates[0].ViewsCount)
	require.Equal(t, map[string]int{"🌊": 1, "👍": 1}, updates[0].ReactionCounts)
	require.Nil(t, updates[0].Message)

	require.NoError(t, f.fan.NewsletterSendReaction(ctx, f.jid, sent.ServerID, "", ""))
	require.NoError(t, f.fan.NewsletterMarkViewed(ctx, f.jid, []types.MessageServerID{sent.ServerID}), "after the reaction, as answers come in order")
	posts, err := f.agent.ChannelPosts(ctx, f.channel.JID, 0, 0)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"👍": 1}, posts[0].Reactions)
	require.Equal(t, 1, posts[0].Views, "each person is counted once")

	over := time.Now().Add(life)
	require.NoError(t, f.s.Advance(life+time.Second))
	require.NoError(t, f.lead.ReactInChannel(ctx, f.channel.JID, sent.ServerID, "🎉"))
	_, err = f.c.GetNewsletterInfo(ctx, f.jid)
	require.NoError(t, err)
	_, told := look(f.c, func(e *events.NewsletterLiveUpdate) bool { return e.Time.After(over) }, 0)
	require.False(t, told, "the subscription is over")
}

func TestChannelOnThePhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	owner, fan := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Sipho")
	ctx := patient(t)
	_, err := owner.CreateChannel(ctx, strings.Repeat("x", 101), "")
	require.ErrorIs(t, err, simulator.ErrInvalid)
	channel, err := owner.CreateChannel(ctx, "Votes", "")
	require.NoError(t, err)
	require.ErrorIs(t, fan.AppointAdmin(ctx, channel.JID, leadNumber, true), simulator.ErrRefused)
	require.NoError(t, fan.FollowChannel(ctx, channel.JID))
	require.NoError(t, owner.AppointAdmin(ctx, channel.JID, leadNumber, true))
	_, err = fan.Send(ctx, channel.JID, simulator.Poll{Name: "Which?", Options: []string{"one", "two"}, Selectable: 1})
	require.NoError(t, err)
	poll, err := owner.Wait(ctx, func(m simulator.Message) bool { return m.Poll != nil })
	require.NoError(t, err)
	require.NoError(t, owner.VoteInChannel(ctx, channel.JID, poll.ServerID, "two"))
	require.NoError(t, owner.Read(ctx, poll.ID))
	posts, err := fan.ChannelPosts(ctx, channel.JID, 0, 0)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"two": 1}, posts[0].Votes)
	require.Equal(t, 1, posts[0].Views)
	_, err = owner.Send(ctx, channel.JID, simulator.Reaction{MessageID: poll.ID, Emoji: "🎉"})
	require.NoError(t, err)
	posts, err = fan.ChannelPosts(ctx, channel.JID, 0, 0)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"🎉": 1}, posts[0].Reactions)
	name, picture, reactions := "Ballot", smallJPEG(t), "NONE"
	changed, err := fan.EditChannel(ctx, channel.Link, simulator.ChannelChange{Name: &name, Picture: &picture, Reactions: &reactions})
	require.NoError(t, err)
	require.Equal(t, "Ballot", changed.Name)
	require.NotEmpty(t, changed.PictureID)
	require.ErrorIs(t, owner.ReactInChannel(ctx, channel.JID, poll.ServerID, "👍"), simulator.ErrRefused)
	broken := []byte("no picture")
	_, err = fan.EditChannel(ctx, channel.Link, simulator.ChannelChange{Picture: &broken})
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = fan.Channel(ctx, "https://whatsapp.com/channel/none")
	require.ErrorIs(t, err, simulator.ErrNotFound)
}

// TestChannelDelivery keeps messages for clients that are away, publishes what comes twice once, and tells a reader's
// other devices.
//
// covers: MarkRead events.Receipt
func TestChannelDelivery(t *testing.T) {
	t.Parallel()
	f := newChannelFixture(t)
	f.create(t)
	ctx := patient(t)
	require.NoError(t, f.lead.FollowChannel(ctx, f.channel.JID))
	f.fan.Disconnect()
	require.NoError(t, f.s.Inject(simulator.Fault{Kind: simulator.FaultLoseAck, Number: agentNumber}))
	type result struct {
		sent whatsmeow.SendResponse
		err  error
	}
	sent := make(chan result, 1)
	go func() {
		resp, err := f.c.SendMessage(ctx, f.jid, &waE2E.Message{Conversation: proto.String("Storm warning")})
		sent <- result{resp, err}
	}()
	shown, err := f.lead.Wait(ctx, says("Storm warning"))
	require.NoError(t, err)
	f.s.Drop(agentNumber)
	got := <-sent
	require.NoError(t, got.err)
	require.Equal(t, shown.ServerID, got.sent.ServerID)
	posts, err := f.lead.ChannelPosts(ctx, f.channel.JID, 0, 0)
	require.NoError(t, err)
	require.Len(t, posts, 1)
	require.Zero(t, f.lead.Messages(0)[0].Duplicates)

	f.fan.open()
	f.fan.connect()
	m := await(f.fan, inChannel(f.jid, "Storm warning"))
	second := linked(t, f.s, f.lead)
	require.NoError(t, f.fan.MarkRead(ctx, []types.MessageID{m.Info.ID}, time.Now(), f.jid, f.jid))
	receipt := await(second, func(r *events.Receipt) bool { return r.Chat == f.jid })
	require.Equal(t, types.ReceiptTypeReadSelf, receipt.Type)
	_, err = f.lead.Wait(ctx, func(m simulator.Message) bool { return m.Has(simulator.ReceiptRead) })
	require.NoError(t, err)
	require.Eventually(t, func() bool { return f.s.Pending(leadNumber) == 0 }, patience, tick)
}
