package simulator

import (
	"context"
	"encoding/base64"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
)

// The files in testdata are what the client library of this package's tests sent: stanzas by their shape, and the
// plaintexts of messages. Fuzz tests begin with them.
const (
	recordedStanzas  = "testdata/stanzas.txt"
	recordedMessages = "testdata/messages.txt"
)

func recorded(tb testing.TB, path string) [][]byte {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	var out [][]byte
	for line := range strings.Lines(string(text)) {
		data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		require.NoError(tb, err)
		out = append(out, data)
	}
	require.NotEmpty(tb, out)
	return out
}

// world is a small network with phones, a group and a channel, in which one client may send anything.
type world struct {
	s                  *Server
	agent, lead, third *Phone
	group, channel     string
	bystander          *conn
	errors             *errorLog
	age                int
}

const worldAgent, worldLead, worldThird = "27821234567", "27839876543", "27600000001"

// errorLog counts the lines that say that the server itself made a mistake.
type errorLog struct {
	slog.Handler
	count *atomic.Int64
	last  *atomic.Pointer[string]
}

func newErrorLog() *errorLog {
	return &errorLog{slog.DiscardHandler, new(atomic.Int64), new(atomic.Pointer[string])}
}

func (l *errorLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (l *errorLog) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *errorLog) WithGroup(string) slog.Handler                    { return l }

func (l *errorLog) Handle(_ context.Context, r slog.Record) error {
	l.count.Add(1)
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.last.Store(&line)
	return nil
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{errors: newErrorLog()}
	var err error
	w.s, err = Start(context.Background(), Config{Log: slog.New(w.errors), Keep: 100, MediaBytes: 1 << 20})
	require.NoError(tb, err)
	for number, p := range map[string]**Phone{worldAgent: &w.agent, worldLead: &w.lead, worldThird: &w.third} {
		*p, err = w.s.AddPhone(number, "P"+number)
		require.NoError(tb, err)
	}
	ctx := context.Background()
	group, _, err := w.agent.CreateGroup(ctx, NewGroup{Subject: "All", Members: []string{worldLead, worldThird}})
	require.NoError(tb, err)
	channel, err := w.agent.CreateChannel(ctx, "News", "")
	require.NoError(tb, err)
	w.group, w.channel = group.JID, channel.JID
	w.bystander = w.client(w.lead, 1)
	_, err = w.lead.SendText(ctx, worldAgent, "first")
	require.NoError(tb, err)
	return w
}

// client is a linked device of a phone with a connection that leads nowhere.
func (w *world) client(p *Phone, id uint16) *conn {
	d := &device{account: p.account, id: id, loggedIn: make(chan struct{}), greeted: true}
	d.keys.identity, d.keys.regID, d.keys.signed = p.keys.IdentityKey(), p.keys.RegistrationID(), p.device.keys.signed
	p.account.mu.Lock()
	p.account.devices[id] = d
	p.account.mu.Unlock()
	c := &conn{
		server: w.s, ctx: context.Background(), cancel: func() {}, log: w.s.log,
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	c.device.Store(d)
	d.attach(c)
	d.flush(c)
	return c
}

// newcomer is a connection of a client that is not linked yet.
func (w *world) newcomer(tb testing.TB) *conn {
	tb.Helper()
	fresh := &store.Device{RegistrationID: 1, IdentityKey: keys.NewKeyPair(), NoiseKey: keys.NewKeyPair()}
	fresh.SignedPreKey = fresh.IdentityKey.CreateSignedPreKey(1)
	return &conn{
		server: w.s, ctx: context.Background(), cancel: func() {}, log: w.s.log,
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
		peer: &noise.Peer{NoiseKey: *fresh.NoiseKey.Pub, Payload: fresh.GetClientPayload()},
	}
}

// unharmed checks what no client may do to others or to the server.
func (w *world) unharmed(tb testing.TB) {
	tb.Helper()
	require.False(tb, w.bystander.ending(), "somebody else was cut off")
	if w.errors.count.Load() > 0 {
		require.Fail(tb, "the server made a mistake", *w.errors.last.Load())
	}
}

// worlds renews the world now and then, so that inputs stay independent enough.
type worlds struct{ now *world }

const worldLife = 500

func (ws *worlds) get(tb testing.TB) *world {
	tb.Helper()
	if ws.now == nil || ws.now.age >= worldLife {
		ws.end(tb)
		ws.now = newWorld(tb)
	}
	ws.now.age++
	return ws.now
}

func (ws *worlds) end(tb testing.TB) {
	tb.Helper()
	if ws.now != nil {
		require.NoError(tb, ws.now.s.Close())
		ws.now = nil
	}
}

// inTime runs f and tells where it hangs if it takes too long.
func inTime(f func()) {
	const patience = 30 * time.Second
	timer := time.AfterFunc(patience, func() {
		stacks := make([]byte, 1<<20)
		panic("this input hangs the server:\n" + string(stacks[:runtime.Stack(stacks, true)]))
	})
	defer timer.Stop()
	f()
}

// mutator makes bad stanzas of good ones.
type mutator struct {
	*rand.Rand
	jids []types.JID
}

func (w *world) mutator(seed uint64) *mutator {
	m := &mutator{Rand: rand.New(rand.NewPCG(seed, 0))}
	for _, p := range []*Phone{w.agent, w.lead, w.third} {
		m.jids = append(m.jids, p.JID(), p.LID(), withDevice(p.JID(), 1), withDevice(p.LID(), 1), withDevice(p.LID(), 9))
	}
	for _, chat := range []string{w.group, w.channel, "status@broadcast", "1@broadcast", "1@g.us", "1@newsletter", "1@bot"} {
		jid, _ := types.ParseJID(chat)
		m.jids = append(m.jids, jid)
	}
	m.jids = append(m.jids, types.ServerJID, types.GroupServerJID, types.EmptyJID, types.NewJID("27999999999", types.DefaultUserServer))
	return m
}

func (m *mutator) node(n binary.Node, rounds int) binary.Node {
	for range rounds {
		m.change(&n, 0)
	}
	return n
}

func (m *mutator) change(n *binary.Node, depth int) {
	children, _ := n.Content.([]binary.Node)
	if len(children) > 0 && depth < 6 && m.IntN(3) > 0 {
		m.change(&children[m.IntN(len(children))], depth+1)
		return
	}
	switch m.IntN(8) {
	case 0, 1, 2, 3:
		m.changeAttr(n)
	case 4:
		n.Content = m.content()
	case 5:
		if len(children) > 0 {
			at := m.IntN(len(children))
			n.Content = append(append([]binary.Node{}, children[:at]...), children[at+1:]...)
		}
	case 6:
		if len(children) > 0 && len(children) < 50 {
			n.Content = append(append([]binary.Node{}, children...), children[m.IntN(len(children))])
		}
	case 7:
		n.Content = append(append([]binary.Node{}, children...), binary.Node{Tag: m.word(), Attrs: binary.Attrs{m.word(): m.value()}})
	}
}

func (m *mutator) changeAttr(n *binary.Node) {
	var names []string
	for name := range n.Attrs {
		names = append(names, name)
	}
	if n.Attrs == nil {
		n.Attrs = binary.Attrs{}
	}
	if len(names) == 0 || m.IntN(6) == 0 {
		n.Attrs[m.word()] = m.value()
		return
	}
	name := names[m.IntN(len(names))]
	// The name of the query stays most of the time, or its handler would never be reached.
	if name == "xmlns" && m.IntN(10) > 0 {
		return
	}
	if m.IntN(4) == 0 {
		delete(n.Attrs, name)
		return
	}
	n.Attrs[name] = m.value()
}

func (m *mutator) value() any {
	switch m.IntN(6) {
	case 0, 1:
		return m.jids[m.IntN(len(m.jids))]
	case 2:
		return m.word()
	case 3:
		return strconv.FormatInt(m.Int64N(1<<40)-1<<20, 10)
	case 4:
		return []string{"", "-1", "0", "1", "2147483648", "9223372036854775807", "99999999999999999999", "1e9", "true", "\x00"}[m.IntN(10)]
	default:
		return string(m.content().([]byte))
	}
}

func (m *mutator) content() any {
	data := make([]byte, []int{0, 1, 3, 8, 32, 33, 64, 200, 5000}[m.IntN(9)])
	for i := range data {
		data[i] = byte(m.Uint32())
	}
	return data
}

// word is something that a handler may look for.
func (m *mutator) word() string {
	words := strings.Fields(`id to from type participant recipient jid xmlns get set add remove delete subject body item list
		user participants key value name count index version sync collection patch snapshot error result text enc v pkmsg msg
		skmsg category edit offline t code reason phash addressing_mode lid pn link link_type sub_group parent_group create
		description announcement locked membership_approval_mode group_join state on off invite query_id picture image
		preview privacy status blocklist dhash action block unblock modify message_updates messages before after since
		server_id reaction plaintext meta polltype unavailable retry registration keys identity skey signature terminate
		offer call-id call-creator media audio composing paused all contacts contact_blacklist none readreceipts last`)
	return words[m.IntN(len(words))]
}
