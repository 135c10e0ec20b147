package simulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// inState waits until a phone shows a call in a state.
func inState(t *testing.T, p *simulator.Phone, id, state, reason string) simulator.Call {
	t.Helper()
	c, err := p.WaitCall(patient(t), func(c simulator.Call) bool { return c.ID == id && c.State == state && c.Reason == reason })
	require.NoError(t, err)
	return c
}

func offered(id string) func(*events.CallOffer) bool {
	return func(e *events.CallOffer) bool { return e.CallID == id }
}

func ended(id, reason string) func(*events.CallTerminate) bool {
	return func(e *events.CallTerminate) bool { return e.CallID == id && e.Reason == reason }
}

// say sends something inside a <call>, which the library can only do for a rejection.
func (c *client) inCall(to types.JID, id, tag string, children ...binary.Node) {
	c.t.Helper()
	require.NoError(c.t, c.internals().SendNode(patient(c.t), binary.Node{
		Tag: "call", Attrs: binary.Attrs{"to": to, "id": c.GenerateMessageID()},
		Content: []binary.Node{{
			Tag: tag, Attrs: binary.Attrs{"call-id": id, "call-creator": c.Store.GetLID()}, Content: children,
		}},
	}))
}

// A person calls; every device of the other side rings, until one of them takes the call, refuses it, the caller hangs
// up, or nobody does anything.
//
// covers: RejectCall events.CallOffer events.CallRelayLatency events.CallTransport events.CallTerminate
func TestIncomingCalls(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	call := func(video bool) string {
		id, err := p.lead.Call(patient(t), agentNumber, video)
		require.NoError(t, err)
		await(p.desk, offered(id))
		await(p.laptop, offered(id))
		return id
	}
	t.Run("refused by a client", func(t *testing.T) {
		id := call(true)
		offer := await(p.desk, offered(id))
		require.Equal(t, p.lead.LID(), offer.From)
		require.Equal(t, p.lead.LID(), offer.CallCreator)
		require.Equal(t, p.lead.JID(), offer.CallCreatorAlt)
		require.Equal(t, "android", offer.RemotePlatform)
		require.NotEmpty(t, offer.RemoteVersion)
		_, video := offer.Data.GetOptionalChildByTag("video")
		require.True(t, video)
		_, key := offer.Data.GetOptionalChildByTag("enc")
		require.True(t, key)
		require.Equal(t, id, await[*events.CallRelayLatency](p.desk, nil).CallID)
		require.Equal(t, id, await[*events.CallTransport](p.desk, nil).CallID)
		require.NoError(t, p.desk.RejectCall(patient(t), offer.From, id))
		require.Equal(t, 1, inState(t, p.lead, id, simulator.CallEnded, simulator.CallRejected).Device)
		await(p.laptop, ended(id, "rejected_elsewhere"))
		inState(t, p.agent, id, simulator.CallEnded, simulator.CallRejectedElsewhere)
		require.ErrorIs(t, p.lead.HangUp(patient(t), id), simulator.ErrInvalid)
	})
	t.Run("taken by the phone", func(t *testing.T) {
		id := call(false)
		require.NoError(t, p.agent.Accept(patient(t), id))
		await(p.desk, ended(id, "accepted_elsewhere"))
		inState(t, p.lead, id, simulator.CallAnswered, "")
		require.NoError(t, p.desk.RejectCall(patient(t), p.lead.LID(), id), "too late, and without effect")
		require.ErrorIs(t, p.agent.Accept(patient(t), id), simulator.ErrInvalid)
		require.NoError(t, p.agent.HangUp(patient(t), id))
		inState(t, p.lead, id, simulator.CallEnded, simulator.CallHungUp)
	})
	t.Run("given up by the caller", func(t *testing.T) {
		id := call(false)
		require.NoError(t, p.lead.HangUp(patient(t), id))
		await(p.desk, ended(id, ""))
		inState(t, p.agent, id, simulator.CallEnded, simulator.CallHungUp)
	})
	t.Run("missed", func(t *testing.T) {
		id := call(false)
		require.NoError(t, p.Advance(46*time.Second))
		await(p.desk, ended(id, "timeout"))
		inState(t, p.lead, id, simulator.CallEnded, simulator.CallTimeout)
		inState(t, p.agent, id, simulator.CallEnded, simulator.CallTimeout)
	})
	t.Run("while a client was away", func(t *testing.T) {
		p.desk.Disconnect()
		p.desk.forgetEvents()
		id, err := p.lead.Call(patient(t), agentNumber, false)
		require.NoError(t, err)
		require.NoError(t, p.agent.Reject(patient(t), id))
		p.desk.connect()
		await(p.desk, offered(id))
		await(p.desk, ended(id, "rejected_elsewhere"))
		require.Eventually(t, func() bool { return p.Pending(agentNumber) == 0 }, patience, time.Millisecond)
	})
}

// A client that calls hears what the other side's devices say, also what the library does not know.
//
// covers: events.CallPreAccept events.CallAccept events.CallReject events.UnknownCallEvent
func TestCallsByAClient(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	p.desk.inCall(p.lead.LID(), "FIRST", "offer", binary.Node{Tag: "audio", Attrs: binary.Attrs{"enc": "opus", "rate": "16000"}})
	rings := inState(t, p.lead, "FIRST", simulator.CallRinging, "")
	require.Equal(t, []any{agentNumber, 1, false}, []any{rings.From, rings.Device, rings.FromMe})
	await(p.desk, func(e *events.CallPreAccept) bool { return e.CallID == "FIRST" && e.From == p.lead.LID() })
	await(p.other, offered("FIRST"))
	p.other.inCall(p.agent.LID(), "FIRST", "mute_v2")
	unknown := await[*events.UnknownCallEvent](p.desk, nil)
	require.Equal(t, "mute_v2", unknown.Node.GetChildren()[0].Tag)
	require.NoError(t, p.lead.Accept(patient(t), "FIRST"))
	taken := await(p.desk, func(e *events.CallAccept) bool { return e.CallID == "FIRST" })
	require.Equal(t, "android", taken.RemotePlatform)
	await(p.other, ended("FIRST", "accepted_elsewhere"))
	p.desk.inCall(p.lead.LID(), "FIRST", "terminate")
	inState(t, p.lead, "FIRST", simulator.CallEnded, simulator.CallHungUp)

	p.desk.inCall(p.lead.JID(), "SECOND", "offer")
	inState(t, p.lead, "SECOND", simulator.CallRinging, "")
	require.Equal(t, p.agent.JID().User, await(p.other, offered("SECOND")).From.User, "by number, as the caller did")
	require.NoError(t, p.lead.HangUp(patient(t), "SECOND"))
	await(p.desk, func(e *events.CallReject) bool { return e.CallID == "SECOND" })
}

// Who is blocked rings in vain, and a stranger silently if the other side wants to hear contacts only.
func TestUnwantedCalls(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	require.NoError(t, p.agent.SetPrivacy(patient(t), "calladd", "known"))
	id, err := p.lead.Call(patient(t), agentNumber, false)
	require.NoError(t, err)
	require.True(t, inState(t, p.agent, id, simulator.CallRinging, "").Silenced)
	require.NoError(t, p.lead.HangUp(patient(t), id))
	require.NoError(t, p.agent.Block(patient(t), leadNumber))
	id, err = p.lead.Call(patient(t), agentNumber, false)
	require.NoError(t, err)
	require.NoError(t, p.Advance(46*time.Second))
	inState(t, p.lead, id, simulator.CallEnded, simulator.CallTimeout)
	require.Len(t, p.agent.Calls(), 1)

	_, err = p.lead.Call(patient(t), leadNumber, false)
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = p.lead.Call(patient(t), "27800000000", false)
	require.ErrorIs(t, err, simulator.ErrNotFound)
	require.ErrorIs(t, p.lead.Accept(patient(t), "NOPE"), simulator.ErrNotFound)
	for range 16 {
		_, err = p.lead.Call(patient(t), agentNumber, false)
		require.NoError(t, err)
	}
	_, err = p.lead.Call(patient(t), agentNumber, false)
	require.ErrorIs(t, err, simulator.ErrRefused, "nobody makes so many calls at a time")
}

// A call to a group is a notice for its members, who take part or not each for themself.
//
// covers: events.CallOfferNotice
func TestGroupCalls(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	third := phone(t, p.Server, "27825550000", "Anna")
	group, _, err := p.lead.CreateGroup(patient(t), simulator.NewGroup{Subject: "Viewing", Members: []string{agentNumber, third.Number()}})
	require.NoError(t, err)
	id, err := p.lead.Call(patient(t), group.JID, true)
	require.NoError(t, err)
	notice := await(p.desk, func(e *events.CallOfferNotice) bool { return e.CallID == id })
	require.Equal(t, []string{"video", "group", group.JID}, []string{notice.Media, notice.Type, notice.GroupJID.String()})
	require.Equal(t, p.lead.LID(), notice.CallCreator)
	require.Equal(t, group.JID, inState(t, third, id, simulator.CallRinging, "").To)
	require.False(t, saw(p.other, func(e *events.CallOfferNotice) bool { return true }), "it is the caller's")

	require.NoError(t, p.desk.RejectCall(patient(t), p.lead.LID(), id))
	await(p.laptop, ended(id, "rejected_elsewhere"))
	inState(t, p.agent, id, simulator.CallEnded, simulator.CallRejectedElsewhere)
	require.NoError(t, third.Accept(patient(t), id))
	inState(t, p.lead, id, simulator.CallAnswered, "")
	require.NoError(t, p.lead.HangUp(patient(t), id))
	await(p.desk, ended(id, ""))
	inState(t, third, id, simulator.CallEnded, simulator.CallHungUp)

	outsider := phone(t, p.Server, "27825550001", "Ben")
	_, err = outsider.Call(patient(t), group.JID, false)
	require.Error(t, err)
	id, err = p.lead.Call(patient(t), group.JID, false)
	require.NoError(t, err)
	require.NoError(t, p.Advance(46*time.Second))
	inState(t, third, id, simulator.CallEnded, simulator.CallTimeout)
	inState(t, p.lead, id, simulator.CallEnded, simulator.CallTimeout)
}
