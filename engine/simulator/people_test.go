package simulator_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/myaibud/aibud/engine/simulator"
)

// people are an agent with two linked clients and a lead with one, of whom each knows the other.
type people struct {
	*simulator.Server
	agent, lead         *simulator.Phone
	desk, laptop, other *client
}

func somePeople(t *testing.T) *people {
	t.Helper()
	s := start(t)
	p := &people{Server: s, agent: phone(t, s, agentNumber, "Thandi"), lead: phone(t, s, leadNumber, "Pieter")}
	p.desk, p.laptop, p.other = linked(t, s, p.agent), linked(t, s, p.agent), linked(t, s, p.lead)
	ready(p.desk)
	ready(p.laptop)
	ready(p.other)
	p.acquaint(t)
	return p
}

// acquaint lets everybody's clients ask for the other's devices, as they do before they write.
func (p *people) acquaint(t *testing.T) {
	t.Helper()
	for c, whom := range map[*client]types.JID{p.desk: p.lead.JID(), p.other: p.agent.JID()} {
		_, err := c.GetUserInfo(patient(t), []types.JID{whom})
		require.NoError(t, err)
	}
}

// chatted lets the lead write to the agent, who gets the token by which clients may see the lead's presence.
func (p *people) chatted(t *testing.T) {
	t.Helper()
	_, err := p.lead.SendText(patient(t), agentNumber, "hello")
	require.NoError(t, err)
	trusted(t, p.desk, p.lead)
}

// trusted waits until a client has somebody's token.
func trusted(t *testing.T, c *client, by *simulator.Phone) {
	t.Helper()
	require.Eventually(t, func() bool {
		token, err := c.Store.PrivacyTokens.GetPrivacyToken(patient(t), by.LID())
		return err == nil && token != nil
	}, patience, 5*time.Millisecond)
}

// ready waits until a client has its profile name, without which the library sends no presence.
func ready(c *client) {
	c.t.Helper()
	await(c, func(e *events.AppStateSyncComplete) bool { return e.Name == appstate.WAPatchCriticalBlock })
}

// portrait is a JPEG of one colour, 640 pixels a side.
func portrait(t testing.TB, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 640, 640))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: shade}.Y
	}
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, img, nil))
	return out.Bytes()
}

// fetch gets what is at a URL.
func fetch(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(patient(t), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, body
}

// wire keeps the stanzas that a client got, as its library's log writes them.
type wire struct {
	waLog.Logger
	mu      sync.Mutex
	lines   []string
	changed chan struct{}
}

// wiretapped is a linked client whose incoming stanzas can be waited for, for those that the library has no event for.
func wiretapped(t *testing.T, s *simulator.Server, p *simulator.Phone) (*client, *wire) {
	t.Helper()
	w := &wire{Logger: waLog.Noop, changed: make(chan struct{})}
	c := newClient(t, s)
	c.log = w
	c.open()
	c.pair(p)
	return c, w
}

func (w *wire) Sub(module string) waLog.Logger {
	if module == "Recv" {
		return w
	}
	return waLog.Noop
}

func (w *wire) Debugf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
	close(w.changed)
	w.changed = make(chan struct{})
}

// await returns the first stanza that has all these words.
func (w *wire) await(t *testing.T, words ...string) string {
	t.Helper()
	ctx := patient(t)
	for {
		w.mu.Lock()
		for _, line := range w.lines {
			if hasAll(line, words) {
				w.mu.Unlock()
				return line
			}
		}
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("no stanza with %q", words)
		}
	}
}

func hasAll(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}
