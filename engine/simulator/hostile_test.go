package simulator_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator"
)

// sendDeflated sends a stanza that is small only on its way.
func (c *rawClient) sendDeflated(n wabinary.Node) {
	c.t.Helper()
	var out bytes.Buffer
	out.WriteByte(2)
	w := zlib.NewWriter(&out)
	_, err := w.Write(encodedNode(c.t, n)[1:])
	require.NoError(c.t, err)
	require.NoError(c.t, w.Close())
	c.send(out.Bytes())
}

func heavy(to types.JID, id string, size int) wabinary.Node {
	return wabinary.Node{Tag: "message", Attrs: wabinary.Attrs{"id": id, "to": to.ToNonAD(), "type": "text"}, Content: []wabinary.Node{
		{Tag: "participants", Content: []wabinary.Node{{Tag: "to", Attrs: wabinary.Attrs{"jid": to}, Content: []wabinary.Node{
			{Tag: "enc", Attrs: wabinary.Attrs{"type": "msg", "v": "2"}, Content: make([]byte, size)},
		}}}},
	}}
}

// TestHeavyStanzasLockNobodyOut: what a client sends must not keep another from ever logging in again.
func TestHeavyStanzasLockNobodyOut(t *testing.T) {
	t.Parallel()
	r := rudenessOn(t)
	agent := r.agent.JID()
	agent.Device = r.good.Store.ID.Device
	require.Eventually(t, func() bool { return r.Pending(agentNumber) == 0 }, patience, time.Millisecond)
	r.good.Disconnect()
	c := r.login()
	for name, heavy := range map[string]wabinary.Node{
		"message": heavy(agent, "1", 15<<20),
		"message with something beside": {Tag: "message", Attrs: wabinary.Attrs{"id": "2", "to": agent}, Content: []wabinary.Node{
			{Tag: "enc", Attrs: wabinary.Attrs{"type": "msg"}, Content: []byte{1}}, {Tag: "beside", Content: make([]byte, 15<<20)},
		}},
		"message with a long id": heavy(agent, strings.Repeat("x", 1<<10), 1),
	} {
		c.sendDeflated(heavy)
		require.Equal(t, "479", c.await("ack").Attrs["error"], name)
	}
	for name, heavy := range map[string]wabinary.Node{
		"receipt": {Tag: "receipt", Attrs: wabinary.Attrs{"id": "1", "to": agent, "type": "odd"}, Content: []wabinary.Node{
			{Tag: "item", Content: make([]byte, 15<<20)},
		}},
		"call": {Tag: "call", Attrs: wabinary.Attrs{"id": "1", "to": agent}, Content: []wabinary.Node{
			{Tag: "offer", Attrs: wabinary.Attrs{"call-id": "A", "call-creator": r.rude.JID()}, Content: make([]byte, 15<<20)},
		}},
	} {
		c.sendDeflated(heavy)
		c.told("stream:error")
		require.Contains(t, r.log.takeLine(t), "too large", name)
		c = r.login()
	}
	require.Zero(t, r.Pending(agentNumber))

	const many, size = 300, 900 << 10
	for i := range many {
		c.sendDeflated(heavy(agent, fmt.Sprint(i), size))
		require.Nil(t, c.await("ack").Attrs["error"])
	}
	require.Less(t, r.Pending(agentNumber)*size, 256<<20, "the oldest made room")
	r.good.connect()
	r.undisturbed()
}

// TestOthersMessages are neither given to strangers who ask for them nor read by them.
func TestOthersMessages(t *testing.T) {
	t.Parallel()
	r := rudenessOn(t)
	id, err := r.agent.SendText(patient(t), leadNumber, "between the two of us")
	require.NoError(t, err)
	c := r.login()
	c.activate()
	c.sendNode(ping("begin"))
	c.awaitPong("begin")
	for _, kind := range []string{"read", "retry"} {
		receipt := wabinary.Node{Tag: "receipt", Attrs: wabinary.Attrs{"id": id, "to": r.agent.JID(), "type": kind}}
		if kind == "retry" {
			receipt.Content = []wabinary.Node{{Tag: "retry", Attrs: wabinary.Attrs{"count": "1", "id": id, "v": "1"}}}
		}
		c.sendNode(receipt)
	}
	c.sendNode(ping("last"))
	for {
		n, err := c.node()
		require.NoError(t, err)
		require.NotEqual(t, "message", n.Tag, "sent to who asked for it")
		if n.Attrs["id"] == "last" {
			break
		}
	}
	for _, m := range r.agent.Messages(0) {
		for _, receipt := range m.Receipts {
			require.NotEqual(t, rudeNumber, receipt.From)
		}
	}
	r.undisturbed()
}

func TestLogTellsNoAddress(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	c := linked(t, s, phone(t, s, agentNumber, ""))
	to := types.NewJID("1", "secret words")
	c.ackOf(to, []wabinary.Node{{Tag: "enc", Attrs: wabinary.Attrs{"type": "msg"}, Content: []byte{1}}})
	require.Contains(t, log.String(), "message refused")
	require.NotContains(t, log.String(), "secret")
}

// TestControlIsForThisMachinesNames: a page whose name leads to loopback only since its owner changed it (DNS
// rebinding) is not served, though its browser takes it for the same origin.
func TestControlIsForThisMachinesNames(t *testing.T) {
	t.Parallel()
	s := start(t)
	for host, want := range map[string]int{
		"evil.example:7600": http.StatusForbidden, "evil.example": http.StatusForbidden, "127.0.0.1.evil.example": http.StatusForbidden,
		"localhost:7600": http.StatusOK, "[::1]:7600": http.StatusOK, "127.0.0.1": http.StatusOK,
	} {
		req, err := http.NewRequestWithContext(patient(t), http.MethodGet, s.ControlURL()+"/phones", nil)
		require.NoError(t, err)
		req.Host = host
		transport := &http.Transport{}
		resp, err := transport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode, host)
		transport.CloseIdleConnections()
	}
}
