package simulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// receipt is one of a type for a message, from a device.
func receipt(kind types.ReceiptType, id string, from types.JID) func(*events.Receipt) bool {
	return func(r *events.Receipt) bool {
		return r.Type == kind && slices.Contains(r.MessageIDs, id) && r.Sender == from
	}
}

// ticked says whether a device of a number gave a receipt.
func ticked(kind, number string, device int) func(simulator.Message) bool {
	return func(m simulator.Message) bool {
		return slices.ContainsFunc(m.Receipts, func(r simulator.Receipt) bool {
			return r.Type == kind && r.From == number && r.Device == device
		})
	}
}

// TestReceiptsOfEveryType checks who hears of what: the sender's devices, and the reader's own others.
//
// covers: MarkRead SetForceActiveDeliveryReceipts SendProtocolMessageReceipt events.Receipt
func TestReceiptsOfEveryType(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, other, theirs := w.client, linked(t, w.server, w.agent), linked(t, w.server, w.lead)
	agent, lead := w.agent.LID(), w.lead.LID()

	// A client where nobody looks says so, and that is no delivery.
	quiet := c.says(lead, say("is anybody there?")).ID
	await(c, receipt(types.ReceiptTypeInactive, quiet, device(lead, 1)))
	await(c, receipt(types.ReceiptTypeDelivered, quiet, lead))
	await(c, receipt(types.ReceiptTypeSender, quiet, agent))
	await(c, receipt(types.ReceiptTypeSender, quiet, device(agent, 2)))
	theirs.SetForceActiveDeliveryReceipts(true)
	loud := c.says(lead, say("hello?")).ID
	await(c, receipt(types.ReceiptTypeDelivered, loud, device(lead, 1)))
	sees(t, w.agent, loud, ticked("delivered", leadNumber, 1))
	require.False(t, ticked("delivered", leadNumber, 1)(sees(t, w.agent, quiet)))

	// Several messages in one receipt, from the client; the reader's other devices hear of it.
	first, second := w.tell(simulator.Text{Body: "one"}), w.tell(simulator.Text{Body: "two"})
	got := c.gets(second)
	require.NoError(t, c.MarkRead(patient(t), []string{first, second}, time.Now(), got.Info.Chat, got.Info.Sender))
	for _, id := range []string{first, second} {
		sees(t, w.lead, id, ticked("read", agentNumber, 1))
		sees(t, w.agent, id, ticked("read", agentNumber, 1))
		await(theirs, receipt(types.ReceiptTypeRead, id, device(agent, 1)))
		own := await(other, receipt(types.ReceiptTypeRead, id, device(agent, 1)))
		require.Equal(t, lead, own.Chat)
		require.True(t, own.IsFromMe)
	}

	// A voice message is played, on a client and on the phone.
	voice := w.tell(simulator.Media{Kind: simulator.KindVoice, Data: []byte("opus")})
	got = c.gets(voice)
	require.NoError(t, c.MarkRead(patient(t), []string{voice}, time.Now(), got.Info.Chat, got.Info.Sender, types.ReceiptTypePlayed))
	sees(t, w.lead, voice, ticked("played", agentNumber, 1))
	require.NoError(t, w.agent.Played(patient(t), voice))
	await(theirs, receipt(types.ReceiptTypePlayed, voice, agent))
	await(c, receipt(types.ReceiptTypePlayed, voice, agent))
	require.ErrorIs(t, w.agent.Played(patient(t), first), simulator.ErrInvalid)
	require.ErrorIs(t, w.agent.Played(patient(t), "?"), simulator.ErrNotFound)

	// What a client and its phone tell each other has receipts of its own.
	key := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                   waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
		AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{},
	}}
	asked, err := c.SendPeerMessage(patient(t), key)
	require.NoError(t, err)
	await(c, receipt(types.ReceiptTypePeerMsg, asked.ID, w.agent.JID())) // the library addresses its phone by number
	before := w.server.Metrics().StanzasIn
	require.NoError(t, c.SendProtocolMessageReceipt(patient(t), asked.ID, types.ReceiptTypeHistorySync))
	require.Eventually(t, func() bool { return w.server.Metrics().StanzasIn > before }, patience, tick)
}

// TestReadingInPrivate checks that nobody else hears of reading when the reader does not want it.
//
// covers: MarkRead SetPrivacySetting events.Receipt
func TestReadingInPrivate(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, other := w.client, linked(t, w.server, w.agent)
	_, err := c.SetPrivacySetting(patient(t), types.PrivacySettingTypeReadReceipts, types.PrivacySettingNone)
	require.NoError(t, err)
	byClient, byPhone := w.tell(simulator.Text{Body: "one"}), w.tell(simulator.Text{Body: "two"})
	got := c.gets(byClient)
	require.NoError(t, c.MarkRead(patient(t), []string{byClient}, time.Now(), got.Info.Chat, got.Info.Sender))
	await(other, receipt(types.ReceiptTypeReadSelf, byClient, device(w.agent.LID(), 1)))
	sees(t, w.agent, byClient, ticked("read", agentNumber, 1))
	c.gets(byPhone)
	require.NoError(t, w.agent.Read(patient(t), byPhone))
	for _, reader := range []*client{c, other} {
		own := await(reader, receipt(types.ReceiptTypeReadSelf, byPhone, w.agent.LID()))
		require.Equal(t, w.lead.LID(), own.Chat)
	}
	voice := w.tell(simulator.Media{Kind: simulator.KindVoice, Data: []byte("opus")})
	require.NoError(t, w.agent.Played(patient(t), voice))
	await(other, receipt(types.ReceiptTypePlayedSelf, voice, w.agent.LID()))
	for _, id := range []string{byClient, byPhone, voice} {
		require.False(t, sees(t, w.lead, id).Has(simulator.ReceiptRead))
		require.False(t, sees(t, w.lead, id).Has(simulator.ReceiptPlayed))
	}
}

// TestSeenOnce checks that what is seen once stays on phones, and that clients are told so and can't get it.
//
// covers: events.UndecryptableMessage
func TestSeenOnce(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	theirs := linked(t, w.server, w.lead)
	once := w.tell(simulator.Media{Kind: simulator.KindImage, Data: []byte("jpeg")}, simulator.ViewOnce())
	for _, c := range []*client{w.client, theirs} {
		missed := await(c, func(u *events.UndecryptableMessage) bool { return u.Info.ID == once })
		require.True(t, missed.IsUnavailable)
		require.Equal(t, events.UnavailableTypeViewOnce, missed.UnavailableType)
		require.Equal(t, c == theirs, missed.Info.IsFromMe)
		require.Equal(t, "media", missed.Info.Type)
	}
	shown := sees(t, w.agent, once)
	require.True(t, shown.ViewOnce)
	require.Equal(t, simulator.KindImage, shown.Kind)
	require.NoError(t, w.agent.Played(patient(t), once))
	sees(t, w.lead, once, ticked("played", agentNumber, 0))
	voice := w.tell(simulator.Media{Kind: simulator.KindVoice, Data: []byte("opus")}, simulator.ViewOnce())
	require.True(t, sees(t, w.agent, voice).ViewOnce)
	_, err := w.lead.Send(patient(t), agentNumber, simulator.Forward{MessageID: once})
	require.ErrorIs(t, err, simulator.ErrNotFound)

	// The client's request for it is answered without it.
	answer := await(w.client, func(m *events.Message) bool {
		return len(m.Message.GetProtocolMessage().GetPeerDataOperationRequestResponseMessage().GetPeerDataOperationResult()) == 1
	})
	results := answer.Message.GetProtocolMessage().GetPeerDataOperationRequestResponseMessage().GetPeerDataOperationResult()
	require.Nil(t, results[0].GetPlaceholderMessageResendResponse())

	sent := w.client.says(w.lead.LID(), &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{
		Message: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), ViewOnce: proto.Bool(true)}},
	}})
	require.True(t, sees(t, w.lead, sent.ID).ViewOnce)
}

// TestPhoneFillsTheGaps checks that a client gets from its phone what it could not read.
//
// covers: BuildUnavailableMessageRequest SendPeerMessage ParseWebMessage events.UndecryptableMessage events.Message
func TestPhoneFillsTheGaps(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, chat := w.client, w.lead.LID()
	inject(t, w.server, simulator.Fault{Kind: simulator.FaultUnavailable, Number: agentNumber})
	id := w.tell(simulator.Text{Body: "for the phone first"})
	missed := await(c, func(u *events.UndecryptableMessage) bool { return u.Info.ID == id })
	require.True(t, missed.IsUnavailable)
	require.Equal(t, events.UnavailableTypeUnknown, missed.UnavailableType)
	resent := await(c, func(m *events.Message) bool { return m.Info.ID == id && m.UnavailableRequestID != "" })
	require.Equal(t, "for the phone first", resent.Message.GetConversation())
	require.Equal(t, chat, resent.Info.Chat)
	require.Equal(t, chat, resent.Info.Sender)
	require.Equal(t, "Pieter", resent.Info.PushName)
	again, err := c.ParseWebMessage(types.EmptyJID, resent.SourceWebMsg)
	require.NoError(t, err)
	require.Equal(t, resent.Message.GetConversation(), again.Message.GetConversation())

	// By hand, for a message of its own, after an edit.
	mine := c.says(chat, say("mnie")).ID
	c.says(chat, c.BuildEdit(chat, mine, say("mine")))
	asked, err := c.SendPeerMessage(patient(t), c.BuildUnavailableMessageRequest(chat, w.agent.LID(), mine))
	require.NoError(t, err)
	own := await(c, func(m *events.Message) bool { return m.UnavailableRequestID == asked.ID })
	require.Equal(t, mine, own.Info.ID)
	require.True(t, own.Info.IsFromMe)
	require.Equal(t, "mine", own.Message.GetConversation())

	// What the phone does not know is answered all the same.
	asked, err = c.SendPeerMessage(patient(t), c.BuildUnavailableMessageRequest(chat, chat, "unknown"))
	require.NoError(t, err)
	await(c, func(m *events.Message) bool {
		return m.Message.GetProtocolMessage().GetPeerDataOperationRequestResponseMessage().GetStanzaID() == asked.ID
	})
}

// TestRetriesBetweenClients checks that a message which can't be read is asked for and comes again, from clients and
// phones, of kinds whose failure is hidden too.
//
// covers: events.UndecryptableMessage events.Receipt
func TestRetriesBetweenClients(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	c, theirs := w.client, linked(t, w.server, w.lead)
	before := theirs.says(w.agent.LID(), say("hello")).ID
	c.gets(before)
	for _, test := range []struct {
		hidden events.DecryptFailMode
		make   func() *waE2E.Message
	}{
		{events.DecryptFailShow, func() *waE2E.Message { return say("once more") }},
		{events.DecryptFailHide, func() *waE2E.Message { return theirs.BuildReaction(w.agent.LID(), types.EmptyJID, before, "👍") }},
	} {
		inject(t, w.server, simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber})
		sent := theirs.says(w.agent.LID(), test.make())
		missed := await(c, func(u *events.UndecryptableMessage) bool { return u.Info.ID == sent.ID })
		require.False(t, missed.IsUnavailable)
		require.Equal(t, test.hidden, missed.DecryptFailMode)
		await(theirs, receipt(types.ReceiptTypeRetry, sent.ID, device(w.agent.LID(), 1)))
		await(c, func(m *events.Message) bool { return m.Info.ID == sent.ID && m.RetryCount == 1 })
	}
	// Three times unreadable: from the second request on keys for a new session come with it.
	inject(t, w.server, simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber, Times: 3})
	id := w.tell(simulator.Media{Kind: simulator.KindDocument, Data: []byte("pdf"), Filename: "a.pdf"})
	got := await(c, func(m *events.Message) bool { return m.Info.ID == id && m.RetryCount == 3 })
	require.Equal(t, "document", got.Info.MediaType)
	file, err := c.Download(patient(t), got.Message.GetDocumentMessage())
	require.NoError(t, err)
	require.Equal(t, "pdf", string(file))
}

// TestPhoneForgetsTheOldest checks that a phone's memory is bounded, and that nothing else suffers.
func TestPhoneForgetsTheOldest(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *simulator.Config) { cfg.Keep = 3 })
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	var ids []string
	for _, words := range []string{"a", "b", "c", "d", "e"} {
		id, err := lead.SendText(patient(t), agentNumber, words)
		require.NoError(t, err)
		ids = append(ids, id)
		require.NoError(t, lead.Typing(patient(t), agentNumber, true))
	}
	kept := agent.Messages(0)
	require.Len(t, kept, 3)
	require.Equal(t, "c", kept[0].Text)
	require.Equal(t, 3, kept[0].Seq)
	require.Len(t, agent.Messages(4), 1)
	require.Empty(t, agent.Messages(5))
	require.Len(t, agent.Messages(1), 3)
	require.Len(t, agent.Events(), 3)
	require.EqualValues(t, 4, s.Metrics().Dropped)
	require.ErrorIs(t, agent.Read(patient(t), ids[0]), simulator.ErrNotFound)
	_, err := lead.Send(patient(t), agentNumber, simulator.Edit{MessageID: ids[0], Text: "x"})
	require.ErrorIs(t, err, simulator.ErrNotFound)
	got, err := agent.Wait(patient(t), says("e"))
	require.NoError(t, err)
	require.Equal(t, 5, got.Seq)
}

// TestRefusedMessageSaysSo checks that a phone shows what the server did not take.
func TestRefusedMessageSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	require.NoError(t, lead.Restrict(time.Now().Add(time.Hour), ""))
	id, err := lead.SendText(patient(t), agentNumber, "buy my book")
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.Equal(t, 463, sees(t, lead, id).Refused)
	require.Empty(t, agent.Messages(0))
}
