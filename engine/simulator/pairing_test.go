package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

func TestCommaFormOfTheCode(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	link := c.code()
	fields := strings.Split(strings.TrimPrefix(link, "https://wa.me/settings/linked_devices#"), ",")
	_, err := agent.Scan(patient(t), strings.Join(fields[:4], ","))
	require.NoError(t, err)
	await[*events.Connected](c, nil)
	_, err = phone(t, s, leadNumber, "").Scan(patient(t), link)
	require.ErrorIs(t, err, simulator.ErrExpired, "a code is good for one scan")
}

// TestCodesHaveTheirTurns drives the clock through the six codes: 60 s, then 20 s each, and a little longer, since the
// client's clock starts later; with the last the server ends the connection.
//
// covers: events.QR
func TestCodesHaveTheirTurns(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	agent.SetMultiDevice(false) // so that scanning tells whether a code is good and leaves it so
	c := newClient(t, s)
	c.connect()
	codes := await[*events.QR](c, nil).Codes
	require.Len(t, codes, 6)
	ends := 60 * time.Second
	var passed time.Duration
	for i, code := range codes {
		life := 20 * time.Second
		if i == 0 {
			life = ends
		} else {
			ends += life
		}
		require.NoError(t, s.Advance(ends-passed))
		_, err := agent.Scan(patient(t), code)
		require.ErrorIs(t, err, simulator.ErrRefused, "code %d is good", i)
		require.NoError(t, s.Advance(life/4+time.Second))
		passed = ends + life/4 + time.Second
		_, err = agent.Scan(patient(t), code)
		require.ErrorIs(t, err, simulator.ErrExpired, "code %d is over", i)
	}
	await[*events.Disconnected](c, nil)
}

// TestPhoneWithoutMultiDevice scans with an old phone; the code stays good for a newer one.
//
// covers: GetQRChannel events.QRScannedWithoutMultidevice
func TestPhoneWithoutMultiDevice(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	agent.SetMultiDevice(false)
	c := newClient(t, s)
	items, err := c.GetQRChannel(patient(t))
	require.NoError(t, err)
	qr := c.code()
	require.Equal(t, whatsmeow.QRChannelEventCode, (<-items).Event)
	_, err = agent.Scan(patient(t), qr)
	require.ErrorIs(t, err, simulator.ErrRefused)
	await[*events.QRScannedWithoutMultidevice](c, nil)
	require.Equal(t, whatsmeow.QRChannelScannedWithoutMultidevice, <-items)

	status, _ := call(t, s, "POST", "/phones/"+agentNumber+"/multi-device", `{"on":true}`)
	require.Equal(t, http.StatusOK, status)
	_, err = agent.Scan(patient(t), qr)
	require.NoError(t, err)
	require.Equal(t, whatsmeow.QRChannelSuccess, <-items)
}

// TestWhatALinkedClientIsToldAndTells checks what both sides know of each other after a link.
//
// covers: events.PairSuccess
func TestWhatALinkedClientIsToldAndTells(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	d := c.pair(agent)
	require.Equal(t, "unknown", d.Platform, "the library's own default")
	require.Equal(t, "whatsmeow", d.Name)
	paired := await[*events.PairSuccess](c, nil)
	require.Equal(t, "android", paired.Platform)
	require.True(t, paired.Props.GetIsChatDbLidMigrated())
	require.Equal(t, d.JID, paired.ID.String())
	require.Equal(t, agent.LID().User, paired.LID.User)
}

func TestOldClientsAreTurnedAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, ""))
	c.synced()
	c.Disconnect()
	status, _ := call(t, s, "POST", "/client-version", `{"minimum":"2.3000.4294967295"}`)
	require.Equal(t, http.StatusOK, status)
	for _, old := range []*client{c, newClient(t, s)} {
		old.connect()
		await[*events.ClientOutdated](old, nil)
		old.Disconnect()
	}
	require.NoError(t, s.RequireVersion("0.0.0"))
	c.connect()
	await[*events.Connected](c, nil)
	require.ErrorIs(t, s.RequireVersion("new"), simulator.ErrInvalid)
}

func TestMalformedCodes(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	good := c.code()
	for _, bad := range []string{"", "hello", "a,b,c,d", "https://wa.me/settings/linked_devices#a,b,c,d,e"} {
		_, err := agent.Scan(patient(t), bad)
		require.ErrorIs(t, err, simulator.ErrInvalid, bad)
	}
	fields := strings.Split(good, ",")
	fields[1], fields[2] = fields[2], fields[1]
	_, err := agent.Scan(patient(t), strings.Join(fields, ","))
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = agent.Scan(patient(t), good)
	require.NoError(t, err, "bad scans leave the code usable")
}

// TestWrongSecretIsRefusedByTheClient scans a code whose secret is another client's.
//
// covers: events.PairError
func TestWrongSecretIsRefusedByTheClient(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	fields := strings.Split(c.code(), ",")
	fields[3] = fields[1]
	_, err := agent.Scan(patient(t), strings.Join(fields, ","))
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.Empty(t, agent.Devices())
	await[*events.PairError](c, nil)
}

// TestClientRefusesTheLink has a client say no at the last moment; the phone learns it.
func TestClientRefusesTheLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	c.PrePairCallback = func(types.JID, string, string) bool { return false }
	_, err := agent.Scan(patient(t), c.code())
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.ErrorIs(t, await[*events.PairError](c, nil).Error, whatsmeow.ErrPairRejectedLocally)
	require.Empty(t, agent.Devices())
}

// TestDeviceListsAreSigned reads what the server tells of a phone's devices: the phone vouches for the key indexes that
// are valid, and no longer for one that was unlinked.
func TestDeviceListsAreSigned(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	asker := linked(t, s, lead)
	first, _ := linked(t, s, agent), linked(t, s, agent)
	first.synced()
	require.Equal(t, []uint32{0, 1, 2}, asker.keyIndexes(agent))
	require.NoError(t, agent.Unlink(1))
	require.Equal(t, []uint32{0, 2}, asker.keyIndexes(agent))
	require.NoError(t, agent.Reinstall(patient(t)))
	require.Equal(t, []uint32{0}, asker.keyIndexes(agent))
}

// keyIndexes asks for somebody's devices and gives the valid key indexes, whose signature it checks with the phone's
// published identity.
func (c *client) keyIndexes(of *simulator.Phone) []uint32 {
	c.t.Helper()
	answer, err := c.internals().Usync(
		patient(c.t), []types.JID{of.LID()}, "query", "message", []binary.Node{{Tag: "devices", Attrs: binary.Attrs{"version": "2"}}},
	)
	require.NoError(c.t, err)
	user := answer.GetChildByTag("user")
	list := user.GetChildByTag("devices", "key-index-list")
	var signed waAdv.ADVSignedKeyIndexList
	require.NoError(c.t, proto.Unmarshal(list.Content.([]byte), &signed))
	keys, err := c.keyQuery("get", binary.Node{Tag: "key", Content: []binary.Node{{Tag: "user", Attrs: binary.Attrs{"jid": of.LID()}}}})
	require.NoError(c.t, err)
	identity := keys.GetChildByTag("list", "user", "identity")
	key := ecc.NewDjbECPublicKey([32]byte(identity.Content.([]byte)))
	message := append([]byte{6, 2}, signed.GetDetails()...)
	require.True(c.t, ecc.VerifySignature(key, message, [64]byte(signed.GetAccountSignature())))
	var indexes waAdv.ADVKeyIndexList
	require.NoError(c.t, proto.Unmarshal(signed.GetDetails(), &indexes))
	return indexes.GetValidIndexes()
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	_, err := s.AddPhone(agentNumber, "")
	require.ErrorIs(t, err, simulator.ErrTaken)
	for _, bad := range []string{"", "12", "+27821234567", "0821234567", "27 82", "2782123456789012"} {
		_, err = s.AddPhone(bad, "")
		require.ErrorIs(t, err, simulator.ErrInvalid, bad)
	}
	_, err = simulator.Start(t.Context(), simulator.Config{Listen: "0.0.0.0:0"})
	require.ErrorIs(t, err, simulator.ErrInvalid)
}

func TestFourDevicesAtMost(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	for range 4 {
		linked(t, s, agent)
	}
	c := newClient(t, s)
	qr := c.code()
	_, err := agent.Scan(patient(t), qr)
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.NoError(t, agent.Unlink(2))
	d, err := agent.Scan(patient(t), qr)
	require.NoError(t, err, "the code is still good, and there is room")
	require.Equal(t, 5, d.ID, "numbers are never given again")
}

// TestLogOutAndLinkAgain ends links from either side and links the same clients anew.
//
// covers: Logout events.LoggedOut
func TestLogOutAndLinkAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	stays, goes := linked(t, s, agent), linked(t, s, agent)
	stays.synced()
	goes.synced()
	other := linked(t, s, lead)
	send := func(from *client, to *simulator.Phone, body string) error {
		_, err := from.SendMessage(patient(t), to.LID(), &waE2E.Message{Conversation: proto.String(body)})
		return err
	}
	require.NoError(t, send(other, agent, "to all three"))
	await(stays, text("to all three"))
	await(goes, text("to all three"))

	require.NoError(t, goes.Logout(patient(t)))
	require.Len(t, agent.Devices(), 1)
	require.Nil(t, goes.Store.ID)
	require.NoError(t, send(other, agent, "to two"))
	await(stays, text("to two"))

	require.NoError(t, agent.Unlink(1))
	out := await[*events.LoggedOut](stays, nil)
	require.False(t, out.OnConnect)
	require.Empty(t, agent.Devices())
	require.ErrorIs(t, agent.Unlink(1), simulator.ErrNotFound)

	stays.forgotten()
	stays.Disconnect()
	stays.forgotten()
	stays.open()
	stays.forgetEvents()
	d := stays.pair(agent)
	require.Equal(t, 3, d.ID)
	require.NoError(t, send(other, agent, "to the new one"))
	await(stays, text("to the new one"))
	_, err := agent.Wait(patient(t), says("to the new one"))
	require.NoError(t, err)
}

// TestConnecting takes a linked client through its connections.
//
// covers: Connect ConnectContext Disconnect IsConnected IsLoggedIn WaitForConnection ResetConnection SetPassive events.Connected
func TestConnecting(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	c.synced()
	online := func() bool { return agent.Devices()[0].Online }
	eventually := func(done func() bool) { require.Eventually(t, done, patience, time.Millisecond) }
	require.True(t, c.IsConnected() && c.IsLoggedIn() && online())
	require.ErrorIs(t, c.Connect(), whatsmeow.ErrAlreadyConnected)
	c.Disconnect()
	require.False(t, c.IsConnected())
	eventually(func() bool { return !online() })
	c.forgetEvents()
	require.NoError(t, c.ConnectContext(background()))
	require.True(t, c.WaitForConnection(patience))
	eventually(online)
	await[*events.Connected](c, nil)

	c.forgetEvents()
	c.ResetConnection()
	await[*events.Connected](c, nil)

	require.NoError(t, c.SetPassive(patient(t), true))
	_, err := lead.SendText(patient(t), agentNumber, "for later")
	require.NoError(t, err)
	require.NotZero(t, s.Pending(agentNumber), "a passive client gets nothing")
	require.NoError(t, c.SetPassive(patient(t), false))
	await(c, text("for later"))
	eventually(func() bool { return s.Pending(agentNumber) == 0 })
}
