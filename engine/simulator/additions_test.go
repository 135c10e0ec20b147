package simulator_test

import (
	"encoding/hex"
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

func hashes(options ...string) [][]byte { return whatsmeow.HashPollOptions(options) }

// TestPhoneVotesAndReacts checks votes, reactions, comments and answers to events from a phone, on the client's own
// messages and on those of others.
//
// covers: DecryptPollVote DecryptReaction DecryptComment BuildPollCreation
func TestPhoneVotesAndReacts(t *testing.T) {
	t.Parallel()
	for name, byNumber := range map[string]bool{"by LID": false, "by number": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTalk(t)
			c := w.client
			w.lead.UsePhoneNumbers(byNumber)
			theirs := w.tell(simulator.Poll{Name: "Mine", Options: []string{"a", "b"}})
			c.gets(theirs)
			ours := c.says(w.lead.JID(), c.BuildPollCreation("Yours", []string{"x", "y", "z"}, 2)).ID
			for poll, options := range map[string][]string{theirs: {"b"}, ours: {"x", "z"}} {
				got := c.gets(w.tell(simulator.Vote{MessageID: poll, Options: options}))
				require.Equal(t, "poll", got.Info.Type)
				vote, err := c.DecryptPollVote(patient(t), got)
				require.NoError(t, err)
				require.Equal(t, hashes(options...), vote.GetSelectedOptions())
			}
			tally := sees(t, w.lead, ours).Poll
			require.Equal(t, []string{leadNumber}, tally.Options[0].Voters)
			require.Empty(t, tally.Options[1].Voters)
			require.Equal(t, tally, sees(t, w.agent, ours).Poll)
			w.tell(simulator.Vote{MessageID: ours})
			require.Empty(t, sees(t, w.agent, ours).Poll.Options[0].Voters)

			reaction := c.gets(w.tell(simulator.Reaction{MessageID: ours, Emoji: "👍"}))
			require.Equal(t, ours, reaction.Message.GetReactionMessage().GetKey().GetID())
			require.Equal(t, "👍", reaction.Message.GetReactionMessage().GetText())
			require.Equal(t, []simulator.Reacted{{From: leadNumber, Emoji: "👍"}}, sees(t, w.agent, ours).Reactions)
			secret := c.gets(w.tell(simulator.Reaction{MessageID: ours, Emoji: "🎉", Encrypted: true}))
			opened, err := c.DecryptReaction(patient(t), secret)
			require.NoError(t, err)
			require.Equal(t, "🎉", opened.GetText())
			require.Equal(t, []simulator.Reacted{{From: leadNumber, Emoji: "🎉"}}, sees(t, w.agent, ours).Reactions)
			gone := c.gets(w.tell(simulator.Reaction{MessageID: ours}))
			require.Equal(t, types.EditAttributeSenderRevoke, gone.Info.Edit)
			require.Empty(t, sees(t, w.agent, ours).Reactions)

			comment := c.gets(w.tell(simulator.Comment{MessageID: ours, Text: "why not"}))
			said, err := c.DecryptComment(patient(t), comment)
			require.NoError(t, err)
			require.Equal(t, "why not", said.GetConversation())
			require.Equal(t, "why not", sees(t, w.agent, comment.Info.ID).Text)
		})
	}
}

// TestClientVotesAndReacts checks the same from a client; its phone and the other side's read it.
//
// covers: BuildPollVote EncryptPollVote BuildReaction EncryptReaction EncryptComment BuildMessageKey
func TestClientVotesAndReacts(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, chat := w.client, w.lead.LID()
	theirs := c.gets(w.tell(simulator.Poll{Name: "Mine", Options: []string{"a", "b"}}))
	vote, err := c.BuildPollVote(patient(t), &theirs.Info, []string{"b"})
	require.NoError(t, err)
	voted := c.says(chat, vote).ID
	own := c.says(chat, c.BuildPollCreation("Yours", []string{"x", "y"}, 1))
	info := types.MessageInfo{ID: own.ID, MessageSource: types.MessageSource{Chat: chat, Sender: own.Sender, IsFromMe: true}}
	update, err := c.EncryptPollVote(patient(t), &info, &waE2E.PollVoteMessage{SelectedOptions: hashes("y")})
	require.NoError(t, err)
	c.says(chat, &waE2E.Message{PollUpdateMessage: update})
	for _, p := range []*simulator.Phone{w.lead, w.agent} {
		require.Equal(t, []string{"b"}, sees(t, p, voted).Options)
		require.Equal(t, []string{agentNumber}, sees(t, p, theirs.Info.ID).Poll.Options[1].Voters)
		require.Equal(t, []string{agentNumber}, sees(t, p, own.ID).Poll.Options[1].Voters)
	}

	plain := c.says(chat, c.BuildReaction(chat, chat, theirs.Info.ID, "🙏")).ID
	require.Equal(t, "🙏", sees(t, w.lead, plain).Text)
	require.Equal(t, []simulator.Reacted{{From: agentNumber, Emoji: "🙏"}}, sees(t, w.lead, theirs.Info.ID).Reactions)
	c.says(chat, c.BuildReaction(chat, chat, theirs.Info.ID, whatsmeow.RemoveReactionText))
	require.Empty(t, sees(t, w.lead, theirs.Info.ID).Reactions)
	key := c.BuildMessageKey(chat, chat, theirs.Info.ID)
	sealed, err := c.EncryptReaction(patient(t), &theirs.Info, &waE2E.ReactionMessage{Key: key, Text: proto.String("🔥")})
	require.NoError(t, err)
	c.says(chat, &waE2E.Message{EncReactionMessage: sealed})
	require.Equal(t, []simulator.Reacted{{From: agentNumber, Emoji: "🔥"}}, sees(t, w.lead, theirs.Info.ID).Reactions)
	comment, err := c.EncryptComment(patient(t), &theirs.Info, say("as agreed"))
	require.NoError(t, err)
	got := sees(t, w.lead, c.says(chat, comment).ID)
	require.Equal(t, "comment", got.Kind)
	require.Equal(t, "as agreed", got.Text)
	require.Equal(t, theirs.Info.ID, got.Target)

	// A vote that was sealed for another message opens nothing.
	update.PollCreationMessageKey.ID = proto.String(theirs.Info.ID)
	update.PollCreationMessageKey.FromMe = proto.Bool(false)
	forged := sees(t, w.lead, c.says(chat, &waE2E.Message{PollUpdateMessage: update}).ID)
	require.True(t, forged.Ignored)
	require.Equal(t, []string{agentNumber}, sees(t, w.lead, theirs.Info.ID).Poll.Options[1].Voters)
}

// TestPhoneEditsAndRevokes checks edits in both forms, their time limits, and revocations.
//
// covers: DecryptSecretEncryptedMessage
func TestPhoneEditsAndRevokes(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c := w.client
	id := w.tell(simulator.Text{Body: "frist"})
	plain := c.gets(w.tell(simulator.Edit{MessageID: id, Text: "first"}))
	require.Equal(t, types.EditAttributeMessageEdit, plain.Info.Edit)
	protocol := plain.Message.GetProtocolMessage()
	require.Equal(t, waE2E.ProtocolMessage_MESSAGE_EDIT, protocol.GetType())
	require.Equal(t, id, protocol.GetKey().GetID())
	require.Equal(t, "first", protocol.GetEditedMessage().GetConversation())
	sealed := c.gets(w.tell(simulator.Edit{MessageID: id, Text: "First.", Encrypted: true}))
	opened, err := c.DecryptSecretEncryptedMessage(patient(t), sealed)
	require.NoError(t, err)
	require.Equal(t, "First.", opened.GetProtocolMessage().GetEditedMessage().GetConversation())
	shown := sees(t, w.agent, id)
	require.Equal(t, "First.", shown.Text)
	require.Equal(t, []string{"frist", "first"}, shown.Earlier)
	require.Equal(t, "First.", sees(t, w.agent, sealed.Info.ID).Text)

	photo := w.tell(simulator.Media{Kind: "image", Data: []byte("jpeg"), Caption: "old"})
	caption := c.gets(w.tell(simulator.Edit{MessageID: photo, Text: "new"}))
	require.Equal(t, "new", caption.Message.GetProtocolMessage().GetEditedMessage().GetImageMessage().GetCaption())
	require.Equal(t, "new", sees(t, w.agent, photo).Text)

	require.NoError(t, w.server.Advance(16*time.Minute))
	_, err = w.lead.Send(patient(t), agentNumber, simulator.Edit{MessageID: id, Text: "late"})
	require.ErrorIs(t, err, simulator.ErrRefused)
	revoke := c.gets(w.tell(simulator.Revoke{MessageID: id}))
	require.Equal(t, types.EditAttributeSenderRevoke, revoke.Info.Edit)
	require.Equal(t, waE2E.ProtocolMessage_REVOKE, revoke.Message.GetProtocolMessage().GetType())
	require.Equal(t, id, revoke.Message.GetProtocolMessage().GetKey().GetID())
	shown = sees(t, w.agent, id)
	require.True(t, shown.Revoked)
	require.Empty(t, shown.Text)
	require.Empty(t, shown.Earlier)
	require.NoError(t, w.server.Advance(61*time.Hour))
	_, err = w.lead.Send(patient(t), agentNumber, simulator.Revoke{MessageID: photo})
	require.ErrorIs(t, err, simulator.ErrRefused)
	_, err = w.agent.Send(patient(t), leadNumber, simulator.Revoke{MessageID: photo})
	require.ErrorIs(t, err, simulator.ErrRefused)
}

// TestClientEditsAndRevokes checks that phones follow a client's edits and revocations, and only what is its own.
//
// covers: BuildEdit BuildRevoke RevokeMessage
func TestClientEditsAndRevokes(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, chat := w.client, w.lead.LID()
	first, second := c.says(chat, say("tpyo")).ID, c.says(chat, say("secret")).ID
	theirs := c.gets(w.tell(simulator.Text{Body: "my own words"})).Info.ID
	edit := c.says(chat, c.BuildEdit(chat, first, say("typo"))).ID
	shown := sees(t, w.lead, first)
	require.Equal(t, "typo", shown.Text)
	require.Equal(t, []string{"tpyo"}, shown.Earlier)
	require.Equal(t, "edit", sees(t, w.lead, edit).Kind)
	require.Equal(t, first, sees(t, w.lead, edit).Target)
	c.says(chat, c.BuildRevoke(chat, types.EmptyJID, first))
	//lint:ignore SA1019 what the library still has is covered
	_, err := c.RevokeMessage(patient(t), chat, second)
	require.NoError(t, err)
	for _, p := range []*simulator.Phone{w.lead, w.agent} {
		for _, id := range []string{first, second} {
			require.True(t, sees(t, p, id).Revoked)
			require.Empty(t, sees(t, p, id).Text)
		}
	}
	for _, forbidden := range []*waE2E.Message{
		c.BuildRevoke(chat, chat, theirs), c.BuildEdit(chat, "unknown", say("x")),
		{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: c.BuildMessageKey(chat, chat, theirs), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: say("your words"),
		}},
	} {
		require.True(t, sees(t, w.lead, c.says(chat, forbidden).ID).Ignored)
	}
	require.Equal(t, "my own words", sees(t, w.lead, theirs).Text)
	late := c.says(chat, say("old")).ID
	require.NoError(t, w.server.Advance(21*time.Minute))
	require.True(t, sees(t, w.lead, c.says(chat, c.BuildEdit(chat, late, say("new"))).ID).Ignored)
}

// TestSurroundings checks what goes with a message: quotes, mentions, forwards, timers, pins, answers to buttons.
//
// covers: SetDisappearingTimer
func TestSurroundings(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, chat := w.client, w.lead.LID()
	context := func(id string) *waE2E.ContextInfo {
		return c.gets(id).Message.GetExtendedTextMessage().GetContextInfo()
	}
	question := c.says(chat, say("Friday?")).ID
	reply := w.tell(simulator.Text{Body: "yes @" + agentNumber}, simulator.ReplyTo(question), simulator.Mention(agentNumber))
	require.Equal(t, question, context(reply).GetStanzaID())
	require.Equal(t, w.agent.LID().String(), context(reply).GetParticipant())
	require.Equal(t, "Friday?", context(reply).GetQuotedMessage().GetConversation())
	require.Equal(t, []string{w.agent.LID().String()}, context(reply).GetMentionedJID())
	shown := sees(t, w.agent, reply)
	require.Equal(t, question, shown.ReplyTo)
	require.Equal(t, []string{agentNumber}, shown.Mentions)

	forward := w.tell(simulator.Forward{MessageID: question})
	require.EqualValues(t, 1, context(forward).GetForwardingScore())
	again := w.tell(simulator.Forward{MessageID: forward})
	require.Equal(t, 2, sees(t, w.agent, again).Forwarded)
	require.True(t, context(w.tell(simulator.Text{Body: "chain"}, simulator.Forwarded(5))).GetIsForwarded())

	pin := c.gets(w.tell(simulator.Pin{MessageID: question}))
	require.Equal(t, types.EditAttributePinInChat, pin.Info.Edit)
	require.EqualValues(t, 7*24*3600, pin.Message.GetMessageContextInfo().GetMessageAddOnDurationInSecs())
	require.True(t, sees(t, w.agent, question).Pinned)
	w.tell(simulator.Pin{MessageID: question, Undo: true})
	require.False(t, sees(t, w.agent, question).Pinned)

	require.NoError(t, c.SetDisappearingTimer(patient(t), chat, 24*time.Hour, time.Time{}))
	_, err := w.lead.Wait(patient(t), func(m simulator.Message) bool { return m.Kind == "timer" && m.Expires == 86400 })
	require.NoError(t, err)
	fading, kept := w.tell(simulator.Text{Body: "soon gone"}), w.tell(simulator.Text{Body: "stays"})
	require.EqualValues(t, 86400, context(fading).GetExpiration())
	lasting := w.tell(simulator.Text{Body: "always"}, simulator.Expires(0))
	require.Equal(t, "always", c.gets(lasting).Message.GetConversation())
	keep := c.gets(w.tell(simulator.Keep{MessageID: kept}))
	require.Equal(t, waE2E.KeepType_KEEP_FOR_ALL, keep.Message.GetKeepInChatMessage().GetKeepType())
	require.NoError(t, w.server.Advance(25*time.Hour))
	require.True(t, sees(t, w.agent, fading).Expired)
	require.Empty(t, sees(t, w.agent, fading).Text)
	require.Equal(t, "stays", sees(t, w.agent, kept).Text)
	off := c.gets(w.tell(simulator.Timer{}))
	require.Equal(t, waE2E.ProtocolMessage_EPHEMERAL_SETTING, off.Message.GetProtocolMessage().GetType())
	require.Zero(t, off.Message.GetProtocolMessage().GetEphemeralExpiration())
}

// TestPhoneTaps checks a person's answers to what a business offers.
//
// covers: events.Message
func TestPhoneTaps(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, chat := w.client, w.lead.LID()
	quick := &waE2E.HydratedTemplateButton_QuickReplyButton{QuickReplyButton: &waE2E.HydratedTemplateButton_HydratedQuickReplyButton{
		DisplayText: proto.String("One"), ID: proto.String("1"),
	}}
	for kind, test := range map[string]struct {
		offer *waE2E.Message
		chose func(m *waE2E.Message) string
	}{
		"buttons": {&waE2E.Message{ButtonsMessage: &waE2E.ButtonsMessage{Buttons: []*waE2E.ButtonsMessage_Button{{
			ButtonID: proto.String("1"), ButtonText: &waE2E.ButtonsMessage_Button_ButtonText{DisplayText: proto.String("One")},
		}}}}, func(m *waE2E.Message) string { return m.GetButtonsResponseMessage().GetSelectedButtonID() }},
		"list": {&waE2E.Message{ListMessage: &waE2E.ListMessage{Sections: []*waE2E.ListMessage_Section{{Rows: []*waE2E.ListMessage_Row{{
			RowID: proto.String("1"), Title: proto.String("One"),
		}}}}}}, func(m *waE2E.Message) string {
			return m.GetListResponseMessage().GetSingleSelectReply().GetSelectedRowID()
		}},
		"template": {&waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{
			HydratedButtons: []*waE2E.HydratedTemplateButton{{HydratedButton: quick}},
		}}}, func(m *waE2E.Message) string { return m.GetTemplateButtonReplyMessage().GetSelectedID() }},
		"interactive": {&waE2E.Message{InteractiveMessage: &waE2E.InteractiveMessage{
			InteractiveMessage: &waE2E.InteractiveMessage_NativeFlowMessage_{NativeFlowMessage: &waE2E.InteractiveMessage_NativeFlowMessage{
				Buttons: []*waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton{{
					Name: proto.String("quick_reply"), ButtonParamsJSON: proto.String(`{"display_text":"One","id":"1"}`),
				}},
			}},
		}}, func(m *waE2E.Message) string {
			flow := m.GetInteractiveResponseMessage().GetNativeFlowResponseMessage()
			require.Equal(t, "quick_reply", flow.GetName())
			require.JSONEq(t, `{"id":"1"}`, flow.GetParamsJSON())
			return "1"
		}},
	} {
		offer := c.says(chat, test.offer).ID
		tap := w.tell(simulator.Tap{MessageID: offer, ID: "1"})
		require.Equal(t, "1", test.chose(c.gets(tap).Message), kind)
		shown := sees(t, w.agent, tap)
		require.Equal(t, offer, shown.Target, kind)
		require.Equal(t, "1", shown.Chosen.ID, kind)
		require.Equal(t, "One", shown.Text, kind)
	}
	occasion := w.tell(simulator.Occasion{Name: "Viewing", Start: time.Now()})
	c.gets(occasion)
	going := c.gets(w.tell(simulator.Attendance{MessageID: occasion, Answer: simulator.AnswerMaybe}))
	require.NotNil(t, going.Message.GetEncEventResponseMessage())
	require.Equal(t, "maybe", sees(t, w.agent, going.Info.ID).Text)
}

// TestAnotherClientReads checks that additions work between clients, and between the clients of one account, which get
// the secrets with the copies of what the account sent.
//
// covers: SendMessage DecryptPollVote GetUserDevices GetUserDevicesContext events.Message
func TestAnotherClientReads(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, other, theirs := w.client, linked(t, w.server, w.agent), linked(t, w.server, w.lead)
	c.forgetEvents()
	devices, err := c.GetUserDevicesContext(patient(t), []types.JID{w.lead.LID(), w.agent.LID()})
	require.NoError(t, err)
	require.ElementsMatch(t, []types.JID{
		w.lead.LID(), device(w.lead.LID(), 1), w.agent.LID(), device(w.agent.LID(), 1), device(w.agent.LID(), 2),
	}, devices)
	again, err := c.GetUserDevices(patient(t), []types.JID{w.lead.LID()})
	require.NoError(t, err)
	require.Len(t, again, 2)

	poll := c.says(w.lead.LID(), c.BuildPollCreation("Who?", []string{"me", "you"}, 1)).ID
	copied := other.gets(poll)
	require.True(t, copied.Info.IsFromMe)
	require.EqualValues(t, 1, copied.Info.Sender.Device)
	received := theirs.gets(poll)
	require.False(t, received.Info.IsFromMe)
	vote, err := theirs.BuildPollVote(patient(t), &received.Info, []string{"you"})
	require.NoError(t, err)
	voted := theirs.says(received.Info.Chat, vote).ID
	for _, reader := range []*client{c, other} {
		opened, err := reader.DecryptPollVote(patient(t), reader.gets(voted))
		require.NoError(t, err)
		require.Equal(t, hex.EncodeToString(hashes("you")[0]), hex.EncodeToString(opened.GetSelectedOptions()[0]))
	}
	require.Equal(t, []string{leadNumber}, sees(t, w.agent, poll).Poll.Options[1].Voters)

	// What the agent does on the phone itself reaches its clients too.
	mine, err := w.agent.SendText(patient(t), leadNumber, "from the phone")
	require.NoError(t, err)
	for _, act := range []simulator.Content{
		simulator.Edit{MessageID: mine, Text: "changed"}, simulator.Reaction{MessageID: mine, Emoji: "👀"}, simulator.Revoke{MessageID: mine},
	} {
		id, err := w.agent.Send(patient(t), leadNumber, act)
		require.NoError(t, err)
		for _, reader := range []*client{c, other} {
			got := reader.gets(id)
			require.True(t, got.Info.IsFromMe)
			require.Equal(t, w.lead.LID(), got.Info.Chat)
		}
		require.False(t, theirs.gets(id).Info.IsFromMe)
	}
	require.True(t, sees(t, w.lead, mine).Revoked)
	note := c.says(w.agent.LID(), say("note to self")).ID
	require.Equal(t, w.agent.LID(), other.gets(note).Info.Chat)
	_, isThere := look(theirs, func(m *events.Message) bool { return m.Info.ID == note }, 0)
	require.False(t, isThere)
}

func device(jid types.JID, id uint16) types.JID {
	jid.Device = id
	return jid
}
