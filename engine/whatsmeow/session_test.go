package whatsmeow

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	_ "modernc.org/sqlite"

	"github.com/myaibud/aibud/engine"
)

// recorder is a sink for events that the simulator can't bring about.
type recorder struct {
	signals []engine.Signal
	facts   []engine.Fact
	err     error
	panics  bool
}

func (r *recorder) Claim(context.Context, engine.Account) error {
	if r.panics {
		panic("a bug")
	}
	return r.err
}

func (r *recorder) Deliver(_ context.Context, facts ...engine.Fact) error {
	if r.err == nil {
		r.facts = append(r.facts, facts...)
	}
	return r.err
}

func (r *recorder) Signal(signal engine.Signal) {
	r.signals = append(r.signals, signal)
	if r.panics {
		panic("a bug")
	}
}

func (r *recorder) Undecrypted(context.Context) []engine.Undecrypted { return nil }

func (r *recorder) Sent(context.Context, engine.Party, string) (engine.Draft, bool) {
	if r.panics {
		panic("a bug")
	}
	return engine.Draft{Kind: engine.KindText, Text: "Hi"}, true
}

func (r *recorder) RoomKnown(context.Context, engine.Address) (bool, error) { return true, nil }

func (r *recorder) Secrets(context.Context, string) ([][]byte, error) {
	if r.panics {
		panic("a bug")
	}
	return nil, nil
}

// offline returns a session that is not connected.
func offline(t testing.TB, r *recorder, adjust ...func(*Config)) *session {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "keys.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	cfg := Config{DB: db, Dialect: "sqlite3"}
	for _, a := range adjust {
		a(&cfg)
	}
	p, err := New(t.Context(), cfg)
	require.NoError(t, err)
	opened, err := p.Open(t.Context(), engine.SeatKey{}, "", r)
	require.NoError(t, err)
	c, ok := opened.(*Client)
	require.True(t, ok)
	device, err := c.device(t.Context())
	require.NoError(t, err)
	s, err := c.newSession(device, r)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		s.cancel()
		require.NoError(t, p.Close())
	})
	return s
}

func TestSignals(t *testing.T) {
	t.Parallel()
	failed := engine.PairingEnded{Reason: engine.ReasonPairingFailed}
	for name, test := range map[string]struct {
		event any
		want  engine.Signal
	}{
		"passkey":       {&events.PairPasskeyRequest{}, engine.PairingEnded{Reason: engine.ReasonPasskeyRefused}},
		"passkey error": {&events.PairPasskeyError{}, engine.PairingEnded{Reason: engine.ReasonPasskeyRefused}},
		"pair error":    {&events.PairError{}, failed},
		"keep alive":    {&events.KeepAliveTimeout{ErrorCount: 3}, engine.Disconnected{Detail: "WhatsApp stopped answering."}},
		"replaced":      {&events.StreamReplaced{}, engine.Replaced{}},
		"outdated":      {&events.ClientOutdated{}, engine.Outdated{}},
		"closed":        {&events.Disconnected{}, engine.Disconnected{}},
		"stream error":  {&events.StreamError{Code: "516"}, engine.Disconnected{Detail: "WhatsApp ended the connection with code 516."}},
		"refused":       {&events.ConnectFailure{Reason: 409}, engine.Refused{Detail: "WhatsApp refused the login with code 409."}},
		"restart":       {&events.ManualLoginReconnect{}, engine.Disconnected{Detail: "WhatsApp asked to connect again."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			s := offline(t, r)
			require.True(t, s.handle(test.event))
			// Nothing is told after the end.
			require.True(t, s.handle(&events.Connected{}))
			require.True(t, s.handle(&events.QR{Codes: []string{"a"}}))
			require.True(t, s.handle(&events.StreamReplaced{}))
			require.Equal(t, []engine.Signal{test.want}, r.signals)
			require.False(t, s.ready())
		})
	}
}

func TestOldPhoneCannotLink(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	offline(t, r).handle(&events.QRScannedWithoutMultidevice{})
	ended, ok := r.signals[0].(engine.PairingEnded)
	require.True(t, ok)
	require.Equal(t, engine.ReasonPairingFailed, ended.Reason)
	require.Contains(t, ended.Detail, "Update it")
}

func TestSomeTimeoutsAreBorne(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	s.handle(&events.KeepAliveTimeout{ErrorCount: 2})
	s.handle(&events.KeepAliveRestored{})
	require.Empty(t, r.signals)
	require.True(t, s.alive())
}

func TestLateConnectedIsNotTold(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	s.cancel() // the connection was lost while the library logged in
	s.handle(&events.Connected{})
	require.Empty(t, r.signals)
	require.False(t, s.ready())
}

func TestServerEndsTheLastCode(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	s.handle(&events.QR{Codes: []string{"only"}})
	s.handle(&events.Disconnected{})
	require.Len(t, r.signals, 2)
	require.Equal(t, engine.PairingEnded{Reason: engine.ReasonPairingTimedOut}, r.signals[1])
}

func from(user string) types.MessageInfo {
	jid := types.NewJID(user, types.DefaultUserServer)
	return types.MessageInfo{ID: "M1", PushName: "Sipho", Timestamp: time.Unix(1, 0), MessageSource: types.MessageSource{Chat: jid, Sender: jid}}
}

func TestPhoneReplacesAnUnreadableMessage(t *testing.T) {
	t.Parallel()
	r := &recorder{err: errors.New("full")}
	s := offline(t, r)
	evt := (&events.Message{Info: from("27821110001"), RawMessage: text("Hi"), UnavailableRequestID: "R1"}).UnwrapRaw()
	require.False(t, s.handle(evt))
	require.Error(t, s.ctx.Err(), "the library must not be able to acknowledge it")

	r = &recorder{}
	s = offline(t, r)
	require.True(t, s.handle(evt))
	require.Len(t, r.facts, 1)
	require.NoError(t, s.ctx.Err())
}

func TestPushNames(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	jid, lid := types.NewJID("27821110001", types.DefaultUserServer), types.NewJID("123", types.HiddenUserServer)
	info := from("27821110001")
	s.handle(&events.PushName{JID: jid, JIDAlt: lid, Message: &info, NewPushName: "Sipho"})
	require.Empty(t, r.facts, "the message tells it")
	s.handle(&events.PushName{JID: lid, JIDAlt: jid, NewPushName: "Sipho"})
	require.Equal(t, []engine.Fact{engine.Identity{Party: engine.Party{
		Phone: "27821110001@s.whatsapp.net", LID: "123@lid", Name: "Sipho",
	}}}, r.facts)
}

func TestNoticesAndBotsAreDropped(t *testing.T) {
	t.Parallel()
	r := &recorder{err: errors.New("full")}
	s := offline(t, r)
	info := from("27821110001")
	info.Chat = types.NewJID("1", types.BotServer)
	require.True(t, s.handle((&events.Message{Info: info, RawMessage: text("Hi")}).UnwrapRaw()))
	require.True(t, s.handle(&events.Receipt{MessageSource: info.MessageSource, Type: types.ReceiptTypeRead}))
	require.True(t, s.handle(&events.UndecryptableMessage{Info: info}))
}

func TestBroadcastLists(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	info := from("27821110001")
	info.Chat, info.IsGroup = types.NewJID("16500", types.BroadcastServer), true
	require.True(t, s.handle((&events.Message{Info: info, RawMessage: text("To many")}).UnwrapRaw()))
	info.IsFromMe = true
	require.True(t, s.handle((&events.Message{Info: info, RawMessage: text("To my list")}).UnwrapRaw()))
	require.Len(t, r.facts, 2)
	theirs, mine := r.facts[0].(engine.Incoming), r.facts[1].(engine.Incoming)
	require.Equal(t, engine.Party{Phone: "27821110001@s.whatsapp.net", Name: "Sipho"}, theirs.Chat, "it is seen in the chat with the sender")
	require.Zero(t, theirs.Sender)
	require.Equal(t, engine.Party{Room: "16500@broadcast"}, mine.Chat)
}

func TestPanicsOfTheSinkStayInside(t *testing.T) {
	t.Parallel()
	r := &recorder{panics: true}
	s := offline(t, r)
	require.False(t, s.claim(types.NewJID("27821110001", types.DefaultUserServer), "android", ""))
	require.Nil(t, s.sentMessage(types.EmptyJID, types.EmptyJID, "M1"))
	s.handle(&events.Disconnected{})
	require.False(t, s.alive())
}

func TestClosedClientCallsNothing(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s := offline(t, r)
	require.NoError(t, s.client.Close())
	require.False(t, s.handle((&events.Message{Info: from("27821110001"), RawMessage: text("Hi")}).UnwrapRaw()))
	require.Nil(t, s.sentMessage(types.EmptyJID, types.EmptyJID, "M1"))
	require.False(t, s.claim(types.NewJID("27821110001", types.DefaultUserServer), "android", ""))
	s.handle(&events.StreamReplaced{})
	require.Empty(t, r.signals)
	require.Empty(t, r.facts)
}

// slow is a sink whose delivery takes as long as the test wants.
type slow struct {
	recorder
	begun, release chan struct{}
	ended          atomic.Bool
}

func (s *slow) Deliver(context.Context, ...engine.Fact) error {
	close(s.begun)
	<-s.release
	s.ended.Store(true)
	return nil
}

func TestCloseWaitsForTheSink(t *testing.T) {
	t.Parallel()
	sink := &slow{begun: make(chan struct{}), release: make(chan struct{})}
	s := offline(t, &sink.recorder)
	s.sink = sink
	handled := make(chan bool)
	go func() {
		handled <- s.handle((&events.Message{Info: from("27821110001"), RawMessage: text("Hi")}).UnwrapRaw())
	}()
	<-sink.begun
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = s.client.Close()
	}()
	select {
	case <-closed:
		require.Fail(t, "closed while the sink stored a fact")
	case <-time.After(50 * time.Millisecond):
	}
	close(sink.release)
	require.True(t, <-handled)
	<-closed
	require.True(t, sink.ended.Load())
}

// askedLate is a sink that is asked for a sent message while the client is closed.
type askedLate struct {
	recorder
	begun, release chan struct{}
}

func (a *askedLate) Sent(_ context.Context, _ engine.Party, id string) (engine.Draft, bool) {
	close(a.begun)
	<-a.release
	return engine.Draft{WhatsAppID: id, Kind: engine.KindText, Text: "Hi"}, true
}

// A device that asks for a message, whose secret the sink is asked for too,
// doesn't keep the client from closing.
func TestCloseWhileADeviceAsks(t *testing.T) {
	t.Parallel()
	sink := &askedLate{begun: make(chan struct{}), release: make(chan struct{})}
	s := offline(t, &sink.recorder)
	s.sink = sink
	s.wm.Store.MsgSecrets = newSecrets(s, &table{}) // which has none
	done := make(chan struct{}, 2)
	go func() {
		s.sentMessage(types.EmptyJID, types.NewJID("27821110001", types.DefaultUserServer), "M1")
		done <- struct{}{}
	}()
	<-sink.begun
	go func() {
		_ = s.client.Close()
		done <- struct{}{}
	}()
	require.Eventually(t, func() bool { // until Close waits
		free := s.client.gate.TryRLock()
		if free {
			s.client.gate.RUnlock()
		}
		return !free
	}, 10*time.Second, time.Millisecond)
	close(sink.release)
	for range 2 {
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			require.FailNow(t, "they wait for each other")
		}
	}
}

func TestJanitor(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{})
	now := time.Now()
	require.True(t, s.client.provider.janitor.due(now))
	require.False(t, s.client.provider.janitor.due(now.Add(time.Hour)))
	require.True(t, s.client.provider.janitor.due(now.Add(13*time.Hour)))
}

func TestPanicOfTheLibraryIsAnError(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{})
	_, err := await(t.Context(), s, func(context.Context) (struct{}, error) { panic("Sipho") })
	require.ErrorContains(t, err, "panic in the WhatsApp library (string)")
	require.NotContains(t, err.Error(), "Sipho")
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(requestError(err)))
}

func TestAwaitReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{})
	for range 200 {
		_, err := await(t.Context(), s, func(context.Context) (struct{}, error) { return struct{}{}, errNotOnWhatsApp() })
		require.Equal(t, engine.CodeNotOnWhatsApp, engine.CodeOf(err))
	}
}
