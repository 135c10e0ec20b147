package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestPhoneIsReinstalled gives a phone a new identity: clients of others are told and go on in new sessions, its own are
// unlinked.
//
// covers: events.IdentityChange events.LoggedOut
func TestPhoneIsReinstalled(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead, third := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, ""), phone(t, s, "27825550003", "")
	c, online, offline := linked(t, s, agent), linked(t, s, lead), linked(t, s, lead)
	require.NoError(t, c.write(lead, "before"))
	_, err := lead.Wait(patient(t), says("before"))
	require.NoError(t, err)
	_, err = lead.SendText(patient(t), third.Number(), "before too")
	require.NoError(t, err)
	for _, unlinked := range []*client{online, offline} {
		unlinked.synced() // the library itself races with its own deletion otherwise
	}
	offline.Disconnect()
	require.Eventually(t, func() bool { return !lead.Devices()[1].Online }, patience, time.Millisecond)

	require.NoError(t, lead.Reinstall(patient(t)))
	changed := await[*events.IdentityChange](c, nil)
	require.Equal(t, lead.LID(), changed.JID)
	require.Equal(t, events.ConnectFailureLoggedOut, await[*events.LoggedOut](online, nil).Reason)
	offline.connect()
	require.Equal(t, events.ConnectFailureMainDeviceGone, await[*events.LoggedOut](offline, nil).Reason)
	require.Empty(t, lead.Devices())

	require.NoError(t, c.write(lead, "after"))
	_, err = lead.Wait(patient(t), says("after"))
	require.NoError(t, err)
	_, err = lead.SendText(patient(t), agentNumber, "I am back")
	require.NoError(t, err)
	await(c, text("I am back"))
	_, err = third.SendText(patient(t), leadNumber, "welcome")
	require.NoError(t, err)
	_, err = lead.Wait(patient(t), says("welcome"))
	require.NoError(t, err)
	require.Equal(t, 3, linked(t, s, lead).deviceID(), "device numbers go on")

	status, _ := call(t, s, "POST", "/phones/"+leadNumber+"/reinstall", "")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, lead.Devices())
}

func (c *client) deviceID() int { return int(c.Store.ID.Device) }

// TestOneTimeKeysRunOut takes a client's keys one by one while it is away: none comes twice, then bundles have none, and
// the client uploads more when it is back.
func TestOneTimeKeysRunOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c, asker := linked(t, s, agent), linked(t, s, lead)
	c.synced() // the library races with itself when it is cut off in the middle of its own queries
	require.Eventually(t, func() bool { return s.KeysLeft(agentNumber, 1) > 5 }, patience, time.Millisecond)
	device := agent.LID()
	device.Device = 1
	c.Disconnect()
	require.Eventually(t, func() bool { return !agent.Devices()[0].Online }, patience, time.Millisecond)
	seen := make(map[string]bool)
	var wanted []binary.Node
	for range 100 {
		wanted = append(wanted, binary.Node{Tag: "user", Attrs: binary.Attrs{"jid": device}})
	}
	for s.KeysLeft(agentNumber, 1) > 0 {
		answer, err := asker.keyQuery("get", binary.Node{Tag: "key", Content: wanted})
		require.NoError(t, err)
		list := answer.GetChildByTag("list")
		for _, user := range list.GetChildren() {
			if key, ok := user.GetOptionalChildByTag("key", "value"); ok {
				require.False(t, seen[string(key.Content.([]byte))], "a key is handed out once")
				seen[string(key.Content.([]byte))] = true
			}
		}
	}
	require.NoError(t, asker.write(agent, "without a one-time key"))
	c.forgetEvents()
	c.connect()
	await(c, text("without a one-time key"))
	require.Eventually(t, func() bool { return s.KeysLeft(agentNumber, 1) >= whatsmeow.WantedPreKeyCount }, patience, time.Millisecond)
}

func (c *client) keyQuery(kind string, content ...binary.Node) (*binary.Node, error) {
	c.t.Helper()
	return c.internals().SendIQ(patient(c.t), whatsmeow.DangerousInfoQuery{
		Namespace: "encrypt", Type: whatsmeow.DangerousInfoQueryType(kind), To: types.ServerJID, Content: content,
	})
}

// TestSignedKeyIsRotated has a client publish a new signed pre-key, which others use from then on, and compare digests.
func TestSignedKeyIsRotated(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	c.synced()
	require.Eventually(t, func() bool { return s.KeysLeft(agentNumber, 1) > 5 }, patience, time.Millisecond)
	before, err := c.keyQuery("get", binary.Node{Tag: "digest"})
	require.NoError(t, err)

	next := c.Store.IdentityKey.CreateSignedPreKey(c.Store.SignedPreKey.KeyID + 1)
	rotate := func(signature []byte) error {
		_, err := c.keyQuery("set", binary.Node{Tag: "rotate", Content: []binary.Node{{Tag: "skey", Content: []binary.Node{
			{Tag: "id", Content: []byte{0, 0, byte(next.KeyID)}},
			{Tag: "value", Content: next.Pub[:]},
			{Tag: "signature", Content: signature},
		}}}})
		return err
	}
	require.ErrorIs(t, rotate(make([]byte, 64)), whatsmeow.ErrIQBadRequest)
	require.NoError(t, rotate(next.Signature[:]))
	after, err := c.keyQuery("get", binary.Node{Tag: "digest"})
	require.NoError(t, err)
	hash := func(n *binary.Node) any { h := n.GetChildByTag("digest", "hash"); return h.Content }
	require.Len(t, hash(after), 20)
	require.NotEqual(t, hash(before), hash(after))
	c.restart(func() {
		c.Store.SignedPreKey = &keys.PreKey{KeyPair: next.KeyPair, KeyID: next.KeyID, Signature: next.Signature}
	})
	_, err = lead.SendText(patient(t), agentNumber, "by the new key")
	require.NoError(t, err)
	await(c, text("by the new key"))
}

// TestMigrationToLIDs moves a phone from numbers to LIDs; its client learns when, and whose LID is whose.
func TestMigrationToLIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	agent.UsePhoneNumbers(true)
	lead.UsePhoneNumbers(true)
	c := linked(t, s, agent)
	require.False(t, await[*events.PairSuccess](c, nil).Props.GetIsChatDbLidMigrated())
	_, err := lead.SendText(patient(t), agentNumber, "by number")
	require.NoError(t, err)
	require.Equal(t, types.DefaultUserServer, await(c, text("by number")).Info.Chat.Server)

	status, answer := call(t, s, "POST", "/phones/"+agentNumber+"/lids", `{"on":true}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.NoError(t, lead.MigrateToLID(patient(t)))
	_, err = lead.SendText(patient(t), agentNumber, "by LID")
	require.NoError(t, err)
	moved := await(c, text("by LID"))
	require.Equal(t, lead.LID(), moved.Info.Chat)
	require.Eventually(t, func() bool {
		stored, err := c.container.GetFirstDevice(background())
		require.NoError(t, err)
		return stored.LIDMigrationTimestamp > 0
	}, patience, time.Millisecond)
	mapped, err := c.Store.LIDs.GetLIDForPN(background(), lead.JID())
	require.NoError(t, err)
	require.Equal(t, lead.LID(), mapped)

	status, _ = call(t, s, "POST", "/phones/"+agentNumber+"/lids", `{"on":false}`)
	require.Equal(t, http.StatusOK, status)
	require.ErrorIs(t, func() error { _, err := s.AddPhone(agentNumber, ""); return err }(), simulator.ErrTaken)
}

// TestPhonesReadOnlyVouchedDevices has clients show identities that their phone did not sign so, or whose key index is
// another's.
func TestPhonesReadOnlyVouchedDevices(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	first, c := linked(t, s, agent), linked(t, s, agent)
	first.synced()
	c.synced()
	old := first.Store.Account.GetDetails()
	require.NoError(t, agent.Unlink(1))
	await[*events.LoggedOut](first, nil)
	for name, change := range map[string]func(*waAdv.ADVSignedDeviceIdentity){
		"device signature":  func(id *waAdv.ADVSignedDeviceIdentity) { id.DeviceSignature = make([]byte, 64) },
		"account signature": func(id *waAdv.ADVSignedDeviceIdentity) { id.AccountSignature = make([]byte, 64) },
		"old key index":     func(id *waAdv.ADVSignedDeviceIdentity) { id.Details = old },
		"nothing signed":    func(id *waAdv.ADVSignedDeviceIdentity) { proto.Reset(id) },
	} {
		c.restart(func() { change(c.Store.Account) })
		require.NoError(t, c.write(lead, name))
	}
	c.restart(func() {})
	require.NoError(t, c.write(lead, "good"))
	_, err := lead.Wait(patient(t), says("good"))
	require.NoError(t, err)
	require.Len(t, lead.Messages(0), 1)
}

// restart takes the client through the end of its process and a start with what it stored, changed by change.
func (c *client) restart(change func()) {
	c.t.Helper()
	c.Disconnect()
	c.forgetEvents()
	c.open()
	change()
	c.connect()
	await[*events.Connected](c, nil)
}
