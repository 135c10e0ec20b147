package api_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

// line is an open live websocket.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial opens the websocket as the client's browser would.
func (c *client) dial(query string, dialer websocket.Dialer) (*websocket.Conn, *http.Response, error) {
	header := http.Header{"Cookie": {"aibud_session=" + c.cookie()}}
	for name, values := range c.header {
		header[name] = values
	}
	return dialer.DialContext(c.b.t.Context(), "ws"+strings.TrimPrefix(c.b.server.URL, "http")+"/v1/live"+query, header)
}

func (c *client) live(query string) *line {
	c.b.t.Helper()
	return c.liveWith(query, websocket.Dialer{})
}

func (c *client) liveWith(query string, dialer websocket.Dialer) *line {
	c.b.t.Helper()
	conn, response, err := c.dial(query, dialer)
	require.NoError(c.b.t, err)
	require.NoError(c.b.t, response.Body.Close())
	c.b.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(c.b.t, conn.SetReadDeadline(time.Now().Add(2*time.Minute)))
	return &line{c.b.t, conn}
}

// refused dials where it must not work.
func (c *client) refused(query string, status int, code engine.Code) {
	c.b.t.Helper()
	_, response, err := c.dial(query, websocket.Dialer{})
	require.ErrorIs(c.b.t, err, websocket.ErrBadHandshake)
	defer func() { require.NoError(c.b.t, response.Body.Close()) }()
	require.Equal(c.b.t, status, response.StatusCode)
	var problem api.Problem
	require.NoError(c.b.t, json.NewDecoder(response.Body).Decode(&problem))
	require.Equal(c.b.t, code, problem.Code)
}

func (l *line) next() api.EventFrame {
	l.t.Helper()
	var frame api.EventFrame
	require.NoError(l.t, l.conn.ReadJSON(&frame))
	return frame
}

// closed reads until the server closes the connection and returns the code
// and how many frames came before it.
func (l *line) closed() (code, frames int) {
	l.t.Helper()
	for {
		_, _, err := l.conn.ReadMessage()
		if err == nil {
			frames++
			continue
		}
		var closed *websocket.CloseError
		require.ErrorAs(l.t, err, &closed)
		return closed.Code, frames
	}
}

func TestLiveStreamsWhatHappens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	live := c.live("")
	hello := live.next()
	require.Equal(t, "hello", hello.Type)

	seat := c.seat("Sales")
	event := live.next()
	require.Equal(t, "event", event.Type)
	require.Equal(t, hello.Seq+1, event.Seq)
	require.Equal(t, engine.EventSeatCreated, event.Kind)
	require.Equal(t, seat.ID, event.Seat)
	var shown engine.SeatView
	require.NoError(t, json.Unmarshal(event.Data, &shown))
	require.Equal(t, seat.Name, shown.Name)

	c.receive(seat.ID, "27831111111", "A1", "hello")
	event = live.next()
	require.Equal(t, engine.EventMessageCreated, event.Kind)
	require.NotEmpty(t, event.Conversation)
	var message engine.MessageView
	require.NoError(t, json.Unmarshal(event.Data, &message))
	require.Equal(t, "hello", message.Text)
	require.WithinDuration(t, time.Now(), event.At, time.Minute)
}

func TestLiveShowsTheCodeToScanAsPicture(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	live := c.live("")
	live.next()
	require.NoError(t, b.store.SetStatus(t.Context(), c.key(seat.ID), engine.Status{State: engine.StatePairing, Since: time.Now()}, ""))
	require.Equal(t, engine.EventSeatState, live.next().Kind)
	for _, code := range []engine.PairingCode{
		{Text: "2@first", Expires: time.Now().Add(time.Minute)}, {Text: "2@second", Expires: time.Now().Add(time.Minute)},
	} {
		require.NoError(t, b.store.SetPairingCode(t.Context(), c.key(seat.ID), code))
		event := live.next()
		require.Equal(t, engine.EventSeatPairing, event.Kind)
		var pairing engine.PairingView
		require.NoError(t, json.Unmarshal(event.Data, &pairing))
		require.Equal(t, code.Text, pairing.Code)
		require.Equal(t, seat.ID, pairing.Seat)
		require.True(t, strings.HasPrefix(pairing.PNG, "data:image/png;base64,"))
	}
}

func TestLiveResumesWithoutGapOrRepetition(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	const leads, each = 8, 40
	var writers sync.WaitGroup
	for lead := range leads {
		writers.Go(func() {
			for i := range each {
				c.receive(seat.ID, fmt.Sprint("2782000000", lead), fmt.Sprint(lead, "-", i), "hello")
			}
		})
	}
	seen := int64(0)
	for messages := 0; messages < leads*each; {
		live := c.live(fmt.Sprint("?after=", seen)) // comes back every few events
		hello := live.next()
		require.Equal(t, "hello", hello.Type)
		require.Equal(t, seen, hello.Seq)
		for range 37 {
			event := live.next()
			require.Equal(t, seen+1, event.Seq)
			seen = event.Seq
			if event.Kind == engine.EventMessageCreated {
				messages++
			}
			if messages == leads*each {
				break
			}
		}
		require.NoError(t, live.conn.Close())
	}
	writers.Wait()
}

func TestLiveTellsWhenItCannotResume(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.Live.Replay = 3 })
	c := b.user("thandi")
	for i := range 5 {
		c.seat(fmt.Sprint("Seat ", i))
	}
	newest, err := b.store.Tenant(c.me.Tenant.ID).LastSeq(t.Context())
	require.NoError(t, err)
	for _, after := range []int64{-1, newest + 1, 1 << 60, newest - 4} {
		live := c.live(fmt.Sprint("?after=", after))
		for _, kind := range []string{"hello", "reset"} {
			frame := live.next()
			require.Equal(t, kind, frame.Type, after)
			require.Equal(t, newest, frame.Seq)
		}
		require.NoError(t, live.conn.Close())
	}
	live := c.live(fmt.Sprint("?after=", newest-3))
	require.Equal(t, "hello", live.next().Type)
	for seq := newest - 2; seq <= newest; seq++ {
		require.Equal(t, seq, live.next().Seq)
	}
	c.refused("?after=x", 422, engine.CodeInvalid)
	c.refused("?after=99999999999999999999", 422, engine.CodeInvalid)
}

func TestLiveIsForOurPagesAndUsers(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.PublicURL = "https://aibud.example" })
	c := b.user("thandi")
	b.client().refused("", 401, engine.CodeUnauthorized)
	for _, origin := range []string{"https://evil.example", "null", "https://aibud.example.evil.example", b.server.URL + "1", "://"} {
		c.header.Set("Origin", origin)
		c.refused("", 403, engine.CodeForbidden)
	}
	for _, origin := range []string{"https://aibud.example", b.server.URL} {
		c.header.Set("Origin", origin)
		require.Equal(t, "hello", c.live("").next().Type)
	}
	c.header.Del("Origin")
	c.do("GET", "/v1/live", nil).problem(400, engine.CodeInvalid)
}

func TestLiveDropsWhoIsSlowAndWaitsForNobody(t *testing.T) {
	t.Parallel()
	// Long enough for this test to read on before the server gives up.
	b := setup(t, func(config *api.Config) { config.Live.WriteWait = 2 * time.Minute })
	c := b.user("thandi")
	slow := c.liveWith("", websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(256 << 10)
		}
		return conn, err
	}})
	hello := slow.next()
	quick := c.live("")
	require.Equal(t, hello.Seq, quick.next().Seq)

	const flood = 60
	big, err := json.Marshal(strings.Repeat("x", 256<<10))
	require.NoError(t, err)
	for i := range int64(flood) {
		started := time.Now()
		b.feed.Publish([]engine.Event{{
			Tenant: c.me.Tenant.ID, Seq: hello.Seq + 1 + i, Kind: engine.EventMessageCreated, At: time.Now(), Data: big,
		}})
		require.Less(t, time.Since(started), 20*time.Second, "publishing waits for nobody")
		require.Equal(t, hello.Seq+1+i, quick.next().Seq)
	}
	code, frames := slow.closed()
	require.Equal(t, 4008, code)
	require.Less(t, frames, flood)
}

func TestLiveEndsWithTheSession(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.Live.Recheck = 20 * time.Millisecond })
	c := b.user("thandi")
	another := b.client()
	another.do("POST", "/v1/signin", api.SignIn{Email: "thandi@agency.example", Password: password}).is(200)
	stays := another.live("")
	stays.next()

	live := c.live("")
	live.next()
	c.do("POST", "/v1/signout", nil).is(204)
	code, _ := live.closed()
	require.Equal(t, 4001, code)

	signIn := api.SignIn{Email: "thandi@agency.example", Password: password}
	c.do("POST", "/v1/signin", signIn).is(200)
	live = c.live("")
	live.next()
	c.do("POST", "/v1/signin", signIn).is(200) // the old token is no longer good
	code, _ = live.closed()
	require.Equal(t, 4001, code)

	live = c.live("")
	live.next()
	require.NoError(t, b.store.SessionStore().DeleteCtx(t.Context(), c.cookie())) // by another machine, say
	code, _ = live.closed()
	require.Equal(t, 4001, code)

	another.seat("Sales")
	require.Equal(t, engine.EventSeatCreated, stays.next().Kind, "another session goes on")
}

func TestLiveSaysGoodbye(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	first, second := c.live(""), c.live("?after=0")
	first.next()
	second.next()
	b.api.Close()
	for _, live := range []*line{first, second} {
		code, _ := live.closed()
		require.Equal(t, websocket.CloseGoingAway, code)
	}
	c.refused("", 503, engine.CodeUnavailable)
	b.api.Close() // twice does no harm
}

func TestLiveHasAGreatestAge(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.Live.MaxAge = 30 * time.Millisecond })
	code, _ := b.user("thandi").live("").closed()
	require.Equal(t, 4000, code)
}

func TestLivePings(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) {
		config.Live.PingEvery, config.Live.PongWait = 50*time.Millisecond, 200*time.Millisecond
	})
	c := b.user("thandi")
	alive, silent := c.live(""), c.live("")
	pings := make(chan struct{}, 1000)
	answer := alive.conn.PingHandler()
	alive.conn.SetPingHandler(func(text string) error {
		pings <- struct{}{}
		return answer(text)
	})
	silent.conn.SetPingHandler(func(string) error { return nil })
	dropped := make(chan error, 1)
	go func() {
		for {
			if _, _, err := silent.conn.ReadMessage(); err != nil {
				dropped <- err
				return
			}
		}
	}()
	alive.next()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, _, err := alive.conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	require.Error(t, <-dropped)
	for range 3 {
		<-pings
	}
	select {
	case <-done:
		require.Fail(t, "who answers pings stays")
	default:
	}
	require.NoError(t, alive.conn.Close())
	<-done
}

func TestLiveDoesNotListen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	live := c.live("")
	live.next()
	require.NoError(t, live.conn.WriteMessage(websocket.TextMessage, []byte("whatever")))
	c.seat("Sales")
	require.Equal(t, engine.EventSeatCreated, live.next().Kind)
	// The server may be gone before all is written, and its goodbye with it.
	_ = live.conn.WriteMessage(websocket.TextMessage, make([]byte, 5000))
	_, _, err := live.conn.ReadMessage()
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestLiveBoundsTheSockets(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.Live.Sockets = 2 })
	c := b.user("thandi")
	c.live("").next()
	second := c.live("")
	second.next()
	c.refused("", 429, engine.CodeBusy)
}
