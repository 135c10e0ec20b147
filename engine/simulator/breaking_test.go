package simulator_test

import (
	"bytes"
	"compress/zlib"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// safeBuffer is a log that a test reads while the server writes.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// takeLine waits for the log's one line, forgets it and returns it.
func (b *safeBuffer) takeLine(t *testing.T) string {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(b.String(), "\n") }, patience, tick)
	b.mu.Lock()
	defer b.mu.Unlock()
	line := b.buf.String()
	b.buf.Reset()
	require.Equal(t, 1, strings.Count(line, "\n"), line)
	return line
}

// rudeness is a server with a client that behaves and the keys of one that doesn't.
type rudeness struct {
	*simulator.Server
	t           *testing.T
	log         safeBuffer
	agent, lead *simulator.Phone
	rude        *simulator.Phone
	good        *client
	device      *store.Device // linked to rude's phone
	count       int
}

const rudeNumber = "27600000001"

func rudenessOn(t *testing.T) *rudeness {
	t.Helper()
	r := &rudeness{t: t}
	r.Server = start(t, func(cfg *simulator.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		cfg.WriteTimeout = 300 * time.Millisecond
	})
	r.agent, r.lead = phone(t, r.Server, agentNumber, ""), phone(t, r.Server, leadNumber, "")
	r.rude = phone(t, r.Server, rudeNumber, "")
	r.good = linked(t, r.Server, r.agent)
	donor := linked(t, r.Server, r.rude)
	donor.Disconnect()
	r.device = donor.Store
	r.undisturbed()
	return r
}

// undisturbed checks that the client that behaves is still connected and hears what is written to it.
func (r *rudeness) undisturbed() {
	r.t.Helper()
	r.count++
	words := "all well " + strings.Repeat("!", r.count)
	_, err := r.lead.SendText(patient(r.t), agentNumber, words)
	require.NoError(r.t, err)
	await(r.good, text(words))
	require.True(r.t, r.good.IsConnected())
	_, cut := look[*events.Disconnected](r.good, nil, 0)
	require.False(r.t, cut)
}

// login is the rude client, ready to misbehave.
func (r *rudeness) login() *rawClient {
	r.t.Helper()
	c := loginRaw(r.t, r.Server, r.device)
	c.await("success")
	return c
}

// activate asks for what waits.
func (c *rawClient) activate() {
	c.t.Helper()
	c.sendNode(wabinary.Node{
		Tag: "iq", Attrs: wabinary.Attrs{"id": "active", "type": "set", "xmlns": "passive"},
		Content: []wabinary.Node{{Tag: "active"}},
	})
}

func ping(id string) wabinary.Node {
	return wabinary.Node{Tag: "iq", Attrs: wabinary.Attrs{"id": id, "type": "get", "xmlns": "w:p", "to": types.ServerJID}}
}

func encodedNode(t *testing.T, n wabinary.Node) []byte {
	t.Helper()
	data, err := wabinary.Marshal(n)
	require.NoError(t, err)
	return data
}

// TestClientsThatBreakTheProtocol are cut off with a line in the log, or answered, and nobody else notices.
func TestClientsThatBreakTheProtocol(t *testing.T) {
	t.Parallel()
	r := rudenessOn(t)
	t.Run("before the handshake", r.badHandshakes)
	t.Run("frames", r.badFrames)
	t.Run("stanzas", r.badStanzas)
	t.Run("logins", r.badLogins)
	t.Run("answers", r.answered)
	t.Run("floods", r.floods)
	t.Run("deaf", r.deaf)
	t.Run("nothing acknowledged", r.unacknowledged)
	require.Empty(t, r.log.String())
}

func (r *rudeness) badHandshakes(t *testing.T) {
	header := []byte{'W', 'A', 6, 3}
	with := func(data ...byte) []byte { return append(append([]byte{}, header...), data...) }
	hello := append([]byte{0, 0, 36, 0x12, 34, 0x0a, 32}, make([]byte, 32)...)
	for name, rude := range map[string][]byte{
		"another protocol":      []byte("GET / HTTP/1.1"),
		"another version":       {'W', 'A', 5, 2, 0, 0, 0},
		"frame too large":       with(0xff, 0xff, 0xff),
		"empty hello":           with(0, 0, 0),
		"no protobuf":           with(0, 0, 2, 0xff, 0xff),
		"key of low order":      with(hello...),
		"wrong after routing":   {'E', 'D', 0, 1, 0, 0, 1, 'x', 'X', 'Y', 6, 3},
		"routing that is large": {'E', 'D', 0, 1, 0xff, 0xff, 0xff},
	} {
		c := dialRaw(t, r.Server)
		c.message(rude)
		_, err := c.frame()
		require.Error(t, err, name)
		require.Contains(t, r.log.takeLine(t), "broke the protocol", name)
	}
	for name, finish := range map[string]func(*rawClient){
		"altered secrets": func(c *rawClient) { finish := c.hello(); c.mix([]byte{1}); finish(keys.NewKeyPair(), nil) },
		"no protobuf":     func(c *rawClient) { c.hello()(keys.NewKeyPair(), []byte{0xff}) },
		"no finish":       func(c *rawClient) { c.hello(); c.message(lengthened([]byte{1, 2, 3})) },
	} {
		c := dialRaw(t, r.Server)
		finish(c)
		_, err := c.frame()
		require.Error(t, err, name)
		require.Contains(t, r.log.takeLine(t), "broke the protocol", name)
	}
	c := dialRaw(t, r.Server) // ends in the middle of a frame: no breach, only a lost connection
	c.message(with(hello[:10]...))
	require.NoError(t, c.ws.Close())
	r.undisturbed()
}

func (r *rudeness) badFrames(t *testing.T) {
	good := encodedNode(t, ping("1"))
	for name, rude := range map[string]func(*rawClient){
		"altered": func(c *rawClient) {
			frame := c.sealed(0, good)
			frame[len(frame)-1] ^= 1
			c.message(frame)
		},
		"replayed": func(c *rawClient) { c.message(c.sealed(0, good)); c.message(c.sealed(0, good)) },
		"skipped":  func(c *rawClient) { c.message(c.sealed(1, good)) },
		"empty":    func(c *rawClient) { c.message(lengthened(nil)) },
		"too large for a frame": func(c *rawClient) {
			c.message(make([]byte, 17<<20))
		},
		"text": func(c *rawClient) { _ = c.ws.WriteMessage(websocket.TextMessage, []byte("hello")) },
	} {
		c := r.login()
		rude(c)
		require.NotContains(t, c.rest(), "stream:error", name)
		require.Contains(t, r.log.takeLine(t), "broke the protocol", name)
	}
	r.undisturbed()
}

func (r *rudeness) badStanzas(t *testing.T) {
	var bomb bytes.Buffer
	bomb.WriteByte(2)
	w := zlib.NewWriter(&bomb)
	_, err := w.Write(make([]byte, 17<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, rude := range map[string][]byte{
		"empty":            {},
		"no XML":           {0, 0xff, 0xff, 0xff},
		"ends too early":   {0, 0xf8, 5, 0x13},
		"nested":           []byte("\x00" + strings.Repeat("\xf8\x02\x13\xf8\x01", 100) + "\xf8\x01\x13"),
		"not deflated":     []byte("\x02garbage"),
		"bomb":             bomb.Bytes(),
		"unknown stanza":   encodedNode(t, wabinary.Node{Tag: "unheard-of"}),
		"words for a name": encodedNode(t, wabinary.Node{Tag: "Secret words 27821234567"}),
		"query without id": encodedNode(t, wabinary.Node{Tag: "iq", Attrs: wabinary.Attrs{"type": "get", "xmlns": "w:p"}}),
		"query of no type": encodedNode(t, wabinary.Node{Tag: "iq", Attrs: wabinary.Attrs{"id": "1", "xmlns": "w:p"}}),
	} {
		c := r.login()
		c.send(rude)
		c.sendNode(ping("unheard"))
		c.told("stream:error")
		line := r.log.takeLine(t)
		require.Contains(t, line, "cut off", name)
		require.NotContains(t, line, "27821234567")
	}
	c := r.login()
	c.send([]byte{0})
	require.Equal(t, []string{"stream:error"}, c.rest(), "the server hangs up by itself")
	require.Contains(t, r.log.takeLine(t), "cut off")
	r.undisturbed()
}

func (r *rudeness) badLogins(t *testing.T) {
	payload := r.device.GetClientPayload()
	stranger := keys.NewKeyPair()
	for name, attempt := range map[string]func(*rawClient){
		"another's key": func(c *rawClient) { c.hello()(stranger, c.marshal(payload)) },
		"nobody's number": func(c *rawClient) {
			payload := proto.CloneOf(payload)
			payload.Username = proto.Uint64(27999999999)
			c.hello()(r.device.NoiseKey, c.marshal(payload))
		},
		"as the phone itself": func(c *rawClient) {
			payload := proto.CloneOf(payload)
			payload.Device = proto.Uint32(0)
			c.hello()(r.device.NoiseKey, c.marshal(payload))
		},
		"device that no address holds": func(c *rawClient) {
			payload := proto.CloneOf(payload)
			payload.Device = proto.Uint32(1 << 20)
			c.hello()(r.device.NoiseKey, c.marshal(payload))
		},
	} {
		c := dialRaw(t, r.Server)
		attempt(c)
		require.Equal(t, "401", c.told("failure").Attrs["reason"], name)
	}
	fresh := &store.Device{RegistrationID: 1, IdentityKey: keys.NewKeyPair(), NoiseKey: keys.NewKeyPair()}
	fresh.SignedPreKey = fresh.IdentityKey.CreateSignedPreKey(1)
	c := loginRaw(t, r.Server, fresh)
	c.await("iq")
	c.sendNode(wabinary.Node{Tag: "message", Attrs: wabinary.Attrs{"id": "1", "to": r.lead.JID()}})
	c.told("stream:error")
	require.Contains(t, r.log.takeLine(t), "before the login")
	c = dialRaw(t, r.Server)
	c.hello()(fresh.NoiseKey, nil)
	require.NotEmpty(t, c.told("failure").Attrs["reason"], "neither a login nor a registration")
	require.Contains(t, r.log.takeLine(t), "registration refused")
	r.undisturbed()
}

// answered is what a client may get wrong and go on.
func (r *rudeness) answered(t *testing.T) {
	c := r.login()
	query := ping("unknown")
	query.Attrs["xmlns"] = "nonsense"
	c.sendNode(query)
	answer := c.await("iq")
	require.Equal(t, "501", answer.GetChildByTag("error").Attrs["code"])
	c.sendNode(wabinary.Node{Tag: "message", Attrs: wabinary.Attrs{"id": "nobody", "to": types.NewJID("27999999999", types.DefaultUserServer)}})
	require.NotEmpty(t, c.await("ack").Attrs["error"])
	for _, node := range simulator.OddStanzas(leadNumber) {
		if node.Tag != "unheard-of" {
			c.sendNode(node)
		}
	}
	c.sendNode(ping("last"))
	c.awaitPong("last")
	require.NoError(t, c.ws.Close())
	r.undisturbed()
}

// floods asks and asks and never listens.
func (r *rudeness) floods(t *testing.T) {
	c := r.login()
	query := ping("again")
	query.Attrs["xmlns"] = "privacy"
	query.Content = []wabinary.Node{{Tag: "privacy"}}
	data := encodedNode(t, query)
	deadline := time.Now().Add(2 * patience)
	for more := true; more; {
		var frames []byte
		for range 100 {
			frames = append(frames, c.sealed(c.sent, data)...)
			c.sent++
		}
		more = c.ws.WriteMessage(websocket.BinaryMessage, frames) == nil
		require.Less(t, time.Now(), deadline, "nothing stops the flood")
	}
	require.Contains(t, r.log.takeLine(t), "reads too slowly")
	r.undisturbed()
}

// deaf never reads what others write to it.
func (r *rudeness) deaf(t *testing.T) {
	r.login().activate()
	long := strings.Repeat("x", 60_000)
	sent := 0
	for ; r.rude.Devices()[0].Online; sent++ {
		require.Less(t, sent, 1000)
		_, err := r.lead.SendText(patient(t), rudeNumber, long)
		require.NoError(t, err)
	}
	require.Contains(t, r.log.takeLine(t), "reads too slowly")
	require.GreaterOrEqual(t, r.Pending(rudeNumber), sent, "nothing is lost")
	r.undisturbed()
}

// unacknowledged is a client that takes everything and confirms nothing.
func (r *rudeness) unacknowledged(t *testing.T) {
	c := r.login()
	const many = 500
	before := r.Pending(rudeNumber)
	for range many {
		_, err := r.lead.SendText(patient(t), rudeNumber, "read and forgotten")
		require.NoError(t, err)
	}
	c.activate()
	for n := c.await("ib"); n.GetChildren()[0].Tag != "offline"; n = c.await("ib") {
		if child := n.GetChildren()[0]; child.Tag == "offline_preview" {
			require.Equal(t, strconv.Itoa(before+many), child.Attrs["count"])
		}
	}
	require.GreaterOrEqual(t, r.Pending(rudeNumber), before+many)
	c.sendNode(wabinary.Node{Tag: "ack", Attrs: wabinary.Attrs{"class": "message", "id": "never sent", "to": r.lead.LID()}})
	c.sendNode(ping("last"))
	c.await("iq")
	require.NoError(t, c.ws.Close())
	r.undisturbed()
}

func TestSilentClientsAndCrowds(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		cfg.IdleTimeout = time.Second
	})
	fresh := &store.Device{RegistrationID: 1, IdentityKey: keys.NewKeyPair(), NoiseKey: keys.NewKeyPair()}
	fresh.SignedPreKey = fresh.IdentityKey.CreateSignedPreKey(1)
	c := loginRaw(t, s, fresh)
	c.rest()
	require.Contains(t, log.takeLine(t), "silent for too long")
	require.Eventually(t, func() bool { return s.Metrics().Connections == 0 }, patience, tick)
	s = start(t, func(cfg *simulator.Config) { cfg.MaxConnections = 2 })
	for range 2 {
		dialRaw(t, s)
	}
	_, resp, err := websocket.DefaultDialer.DialContext(patient(t), s.WebsocketURL(), nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	require.Equal(t, 503, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
}

func TestUnknownQuery(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	c := linked(t, s, phone(t, s, agentNumber, ""))
	_, err := c.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
		Namespace: "nonsense", Type: "get", To: types.ServerJID,
	})
	require.ErrorContains(t, err, "501")
	require.Contains(t, log.String(), "query refused")
	_, err = c.SendMessage(patient(t), c.Store.ID.ToNonAD(), say("still here"))
	require.NoError(t, err)
}
