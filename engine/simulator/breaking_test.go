package simulator_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

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

func TestProtocolBreakersDisturbNobody(t *testing.T) {
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	header := []byte{'W', 'A', 6, 3}
	for _, rude := range [][]byte{
		[]byte("GET / HTTP/1.1"),
		append(header, 0xff, 0xff, 0xff),
		append(header, 0, 0, 0),
		append(header, 0, 0, 2, 0xff, 0xff),
		append(header, 0, 0, 36, 0x12, 34, 0x0a, 32),
		append([]byte{'E', 'D', 0, 1, 0, 0, 1, 'x'}, 'X', 'Y', 6, 3),
		append(append([]byte{}, header...), append([]byte{0, 0, 36, 0x12, 34, 0x0a, 32}, make([]byte, 32)...)...),
	} {
		ws, resp, err := websocket.DefaultDialer.Dial(s.WebsocketURL(), nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.NoError(t, ws.WriteMessage(websocket.BinaryMessage, rude))
		if bytes.HasSuffix(rude, []byte{0x0a, 32}) {
			require.NoError(t, ws.Close()) // ends in the middle of a frame
			continue
		}
		require.NoError(t, ws.SetReadDeadline(time.Now().Add(patience)))
		_, _, err = ws.ReadMessage()
		require.Error(t, err, "the server hangs up")
		require.NoError(t, ws.Close())
	}
	require.Eventually(t, func() bool { return s.Metrics().Connections == 1 }, patience, tick)
	require.Contains(t, log.String(), "handshake failed")
	require.NotContains(t, log.String(), agentNumber)
	_, err := lead.SendText(patient(t), agentNumber, "all well")
	require.NoError(t, err)
	await(c, text("all well"))
}

func TestUnknownStanzaAndQuery(t *testing.T) {
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	c := linked(t, s, phone(t, s, agentNumber, ""))
	_, err := c.GetBotListV2(patient(t))
	require.ErrorContains(t, err, "501")
	require.Contains(t, log.String(), "query refused")
	_, err = c.SendMessage(patient(t), c.Store.ID.ToNonAD(), say("still here"))
	require.NoError(t, err)
}

func TestRandomStanzasFromALinkedClient(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	for _, node := range simulator.OddStanzas(leadNumber) {
		// Each of these is nonsense that a broken client might send; the server answers, ignores it or hangs up.
		//lint:ignore SA1019 nothing else sends a bare stanza
		_ = c.DangerousInternals().SendNode(patient(t), node)
	}
	s.Drop(agentNumber)
	_, err := lead.SendText(patient(t), agentNumber, "survived")
	require.NoError(t, err)
	await(c, text("survived"))
}
