package simulator_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func TestReconnectWithoutCode(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	c.Disconnect()
	_, err := lead.SendText(patient(t), agentNumber, "while away")
	require.NoError(t, err)
	c.open()
	c.forgetEvents()
	c.connect()
	await(c, text("while away"))
	_, gotCode := look[*events.QR](c, nil, 0)
	require.False(t, gotCode)
}

// TestClientsAreNotAheadOfTheirPhone: a client may ask its phone for any message that it hears of.
func TestClientsAreNotAheadOfTheirPhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	release := agent.Busy()
	sent := make(chan error, 1)
	go func() {
		_, err := lead.SendText(background(), agentNumber, "for both")
		sent <- err
	}()
	_, early := look(c, text("for both"), 100*time.Millisecond)
	release()
	require.False(t, early)
	await(c, text("for both"))
	require.NoError(t, <-sent)
	require.True(t, slices.ContainsFunc(agent.Messages(0), says("for both")))
}

func TestOfflineDeliveryInOrder(t *testing.T) {
	for _, fault := range []simulator.FaultKind{simulator.FaultDrop, simulator.FaultRestart} {
		t.Run(string(fault), func(t *testing.T) {
			s := start(t)
			agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
			c := newClient(t, s)
			c.EnableAutoReconnect = false
			c.pair(agent)
			require.NoError(t, s.Inject(simulator.Fault{Kind: fault}))
			await[*events.Disconnected](c, nil)
			for i := range 20 {
				_, err := lead.SendText(patient(t), agentNumber, fmt.Sprint("n", i))
				require.NoError(t, err)
			}
			require.GreaterOrEqual(t, s.Pending(agentNumber), 20)
			c.forgetEvents()
			c.connect()
			await(c, func(done *events.OfflineSyncCompleted) bool { return done.Count >= 20 })
			var got []string
			c.mu.Lock()
			for _, evt := range c.seen {
				if m, ok := evt.(*events.Message); ok && m.Info.Category != "peer" {
					got = append(got, m.Message.GetConversation())
				}
			}
			c.mu.Unlock()
			require.Len(t, got, 20)
			for i := range got {
				require.Equal(t, fmt.Sprint("n", i), got[i])
			}
			require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
		})
	}
}

func TestRedeliveryUntilAcknowledged(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	var tries atomic.Int32
	c.mu.Lock()
	c.fail = func(evt any) bool {
		m, ok := evt.(*events.Message)
		return ok && m.Info.Category != "peer" && tries.Add(1) == 1
	}
	c.mu.Unlock()
	_, err := lead.SendText(patient(t), agentNumber, "hold me")
	require.NoError(t, err)
	await(c, text("hold me"))
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 1 }, patience, tick)
	c.forgetEvents()
	s.Drop(agentNumber)
	await(c, text("hold me"))
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
	require.EqualValues(t, 2, tries.Load())
}

func TestTwoClientsTalk(t *testing.T) {
	s := start(t)
	one := linked(t, s, phone(t, s, agentNumber, "One"))
	two := linked(t, s, phone(t, s, leadNumber, "Two"))
	for i := range 3 {
		_, err := one.SendMessage(patient(t), types.NewJID(leadNumber, types.DefaultUserServer), say(fmt.Sprint("ping", i)))
		require.NoError(t, err)
		got := await(two, text(fmt.Sprint("ping", i)))
		require.EqualValues(t, 1, got.Info.Sender.Device)
		_, err = two.SendMessage(patient(t), got.Info.Chat, say(fmt.Sprint("pong", i)))
		require.NoError(t, err)
		await(one, text(fmt.Sprint("pong", i)))
	}
}

func TestOwnPhonesMessagesReachTheClient(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	first, second := linked(t, s, agent), linked(t, s, agent)
	id, err := agent.SendText(patient(t), leadNumber, "from the phone")
	require.NoError(t, err)
	for _, c := range []*client{first, second} {
		got := await(c, text("from the phone"))
		require.True(t, got.Info.IsFromMe)
		require.Equal(t, id, got.Info.ID)
		require.Equal(t, lead.LID(), got.Info.Chat)
	}
	_, err = lead.Wait(patient(t), says("from the phone"))
	require.NoError(t, err)
	read, err := agent.Wait(patient(t), func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptDelivered) })
	require.NoError(t, err)
	require.Equal(t, leadNumber, read.To)

	_, err = first.SendMessage(patient(t), lead.JID(), say("from a client"))
	require.NoError(t, err)
	got := await(second, text("from a client"))
	require.True(t, got.Info.IsFromMe)
	require.EqualValues(t, 1, got.Info.Sender.Device)
}

func TestAddressedByNumber(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	for _, old := range []*simulator.Phone{agent, lead} {
		old.UsePhoneNumbers(true)
	}
	_, err := lead.SendText(patient(t), agentNumber, "old style")
	require.NoError(t, err)
	got := await(c, text("old style"))
	require.Equal(t, lead.JID(), got.Info.Chat)
	require.Equal(t, lead.LID().User, got.Info.SenderAlt.User)
	lead.UsePhoneNumbers(false)
	_, err = lead.SendText(patient(t), agentNumber, "new style")
	require.NoError(t, err)
	require.Equal(t, lead.LID(), await(c, text("new style")).Info.Chat)
	_, err = agent.SendText(patient(t), leadNumber, "own old style")
	require.NoError(t, err)
	require.Equal(t, lead.JID(), await(c, text("own old style")).Info.Chat)
}

func TestMessageToOneself(t *testing.T) {
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	_, err := agent.SendText(patient(t), agentNumber, "note to self")
	require.NoError(t, err)
	got := await(c, text("note to self"))
	require.True(t, got.Info.IsFromMe)
	require.Equal(t, agent.LID(), got.Info.Chat)
	_, err = c.SendMessage(patient(t), agent.JID(), say("and back"))
	require.NoError(t, err)
	_, err = agent.Wait(patient(t), says("and back"))
	require.NoError(t, err)
}

func TestReadByTheClient(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	id, err := lead.SendText(patient(t), agentNumber, "read me")
	require.NoError(t, err)
	got := await(c, text("read me"))
	require.NoError(t, c.MarkRead(patient(t), []string{got.Info.ID}, got.Info.Timestamp, got.Info.Chat, got.Info.Sender))
	_, err = lead.Wait(patient(t), func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptRead) })
	require.NoError(t, err)
}

func TestPhonesTalk(t *testing.T) {
	s := start(t)
	a, b := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	for i := range 50 {
		_, err := a.SendText(patient(t), leadNumber, fmt.Sprint("a", i))
		require.NoError(t, err)
		_, err = b.SendText(patient(t), agentNumber, fmt.Sprint("b", i))
		require.NoError(t, err)
	}
	require.Len(t, a.Messages(0), 100)
	for _, m := range b.Messages(0) {
		require.Zero(t, m.Duplicates)
		require.Equal(t, m.FromMe, m.Has(simulator.ReceiptDelivered))
	}
}

func TestTypingAndPresence(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	await[*events.AppStateSyncComplete](c, nil)
	require.Equal(t, "Thandi", c.Store.PushName)
	require.NoError(t, agent.AddContact(patient(t), leadNumber))
	require.NoError(t, lead.AddContact(patient(t), agentNumber))
	require.NoError(t, lead.Follow(patient(t), agentNumber))
	require.NoError(t, c.SendPresence(patient(t), types.PresenceAvailable))
	_, err := lead.WaitEvent(patient(t), func(e simulator.Event) bool {
		return e.Kind == simulator.EventAvailable && e.From == agentNumber
	})
	require.NoError(t, err)
	require.NoError(t, lead.Typing(patient(t), agentNumber, true))
	typing := await[*events.ChatPresence](c, nil)
	require.Equal(t, types.ChatPresenceComposing, typing.State)
	require.NoError(t, c.SendChatPresence(patient(t), lead.JID(), types.ChatPresenceComposing, types.ChatPresenceMediaText))
	_, err = lead.WaitEvent(patient(t), func(e simulator.Event) bool { return e.Kind == simulator.EventComposing })
	require.NoError(t, err)
	require.NoError(t, c.SubscribePresence(patient(t), lead.JID()))
	require.NoError(t, lead.Presence(patient(t), true))
	await(c, func(p *events.Presence) bool { return !p.Unavailable })
}

func TestDevicesAreKeptUpToDate(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	_, err := c.SendMessage(patient(t), lead.JID(), say("before"))
	require.NoError(t, err)
	other := linked(t, s, lead)
	// The list of devices is a cache of the client; it is told of the new device in a notification that needs an ack.
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
	_, err = c.SendMessage(patient(t), lead.JID(), say("after"))
	require.NoError(t, err)
	await(other, text("after"))
}

func TestWhoIsOnWhatsApp(t *testing.T) {
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, ""))
	lead := phone(t, s, leadNumber, "")
	answers, err := c.IsOnWhatsApp(patient(t), []string{"+" + leadNumber, "+27800000000"})
	require.NoError(t, err)
	require.Len(t, answers, 2)
	require.True(t, answers[0].IsIn)
	require.Equal(t, lead.LID(), answers[0].JID)
	require.Equal(t, lead.JID(), answers[0].PhoneNumber)
	require.False(t, answers[1].IsIn)
	info, err := c.GetUserInfo(patient(t), []types.JID{lead.JID()})
	require.NoError(t, err)
	require.Equal(t, lead.LID(), info[lead.JID()].LID)
	require.Equal(t, "Hey there! I am using WhatsApp.", info[lead.JID()].Status)
	settings, err := c.TryFetchPrivacySettings(patient(t), true)
	require.NoError(t, err)
	require.Equal(t, types.PrivacySettingAll, settings.ReadReceipts)
	_, err = c.GetBusinessProfile(patient(t), lead.JID())
	require.Error(t, err)
}

// A contact list finds an account by either form of a number; the answer has the form that the account has. A message
// needs that one.
//
// covers: IsOnWhatsApp
func TestWhoIsOnWhatsAppInEitherForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, "Thandi"))
	forms := map[string]string{"558499123456": "5584999123456", "5215512345678": "525512345678", "5491123456789": "541123456789"}
	for registered := range forms {
		phone(t, s, registered, "Ana")
	}
	for registered, other := range forms {
		answers, err := c.IsOnWhatsApp(patient(t), []string{"+" + registered, "+" + other, "+" + other + "0"})
		require.NoError(t, err)
		require.Len(t, answers, 3)
		for i, query := range []string{registered, other} {
			require.True(t, answers[i].IsIn)
			require.Equal(t, "+"+query, answers[i].Query)
			require.Equal(t, registered, answers[i].PhoneNumber.User)
		}
		require.False(t, answers[2].IsIn)
		_, err = c.SendMessage(patient(t), types.NewJID(other, types.DefaultUserServer), say("hello"))
		require.Error(t, err)
	}
	modern := phone(t, s, "5584999123456", "Bia")
	answers, err := c.IsOnWhatsApp(patient(t), []string{"+5584999123456"})
	require.NoError(t, err)
	require.Equal(t, modern.JID(), answers[0].PhoneNumber, "the account with just that number comes first")
}
