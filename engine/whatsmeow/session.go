package whatsmeow

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"

	"github.com/myaibud/aibud/engine"
)

// restartTimeout is how long the server may take to end the connection on
// which a device was linked.
const restartTimeout = 10 * time.Second

// session is one connection, from dialling to its end. It tells signals in
// order, and none once it is over.
type session struct {
	client    *Client
	sink      engine.Sink
	wm        *wm.Client
	wire      *wire
	secrets   *secretStore
	typing    typing
	rooms     rooms
	states    *states
	inflow    inflow
	acks      acks
	resending resending

	// ctx is the library's, and ends when the connection's reading has: what
	// the library does then fails without acknowledging anything, as it would
	// in a crash.
	ctx    context.Context //nolint:containedctx // of the connection
	cancel context.CancelFunc

	asks asks // for messages that wait

	mu        sync.Mutex
	over      bool // no more signals
	loggedIn  bool
	linked    bool               // a phone was accepted on this connection
	restarted bool               // the server wants the connection to be made anew
	number    string             // to be paired with by code; empty: by QR code
	proxied   bool               // the connection goes through the seat's own proxy
	codes     []string           // QR codes that are still to be shown
	expires   time.Time          // when the code to type expires; zero: there is none
	asked     engine.PairingStep // what a person is to do with a passkey; empty: nothing
	timer     *time.Timer        // of the QR code that is shown, or for the restart after linking
	refusal   *engine.Error      // why the sink refused the account that scanned
	name      string             // what the account calls itself
}

// newSession makes a session. The caller holds the client's mu.
func newSession(c *Client, device *store.Device, sink engine.Sink) *session {
	way := c.way()
	s := &session{client: c, sink: sink, name: device.PushName, number: c.number, proxied: way.proxied}
	s.ctx, s.cancel = context.WithCancel(context.WithValue(context.Background(), sessionKey{}, s))
	s.wire = &wire{next: way.transport, ended: s.disconnect}
	s.typing.session = s
	s.acks.session = s
	s.resending.turn = make(chan struct{}, 1)
	if device.ID != nil {
		c.provider.wrap(device, s.broken, s.renewed)
	}
	s.secrets = newSecrets(s, device.MsgSecrets)
	device.MsgSecrets = s.secrets
	s.states = newStates(s, device)
	s.wm = s.library(device)
	s.wm.SetMediaHTTPClient(way.pages)
	return s
}

// disconnect ends what the library does for a connection whose reading has
// ended.
func (s *session) disconnect() {
	s.client.provider.watchdog.remove(s)
	s.cancel()
}

// broken ends the connection when the database of keys has failed, before the
// library can acknowledge anything more.
func (s *session) broken(err error) {
	s.client.log.Error("the store of keys failed", "error", harmless(err))
	s.cancel()
	s.finish(engine.Disconnected{Detail: "The store of keys could not be used. It is tried again."})
}

// library returns a library client with our settings.
func (s *session) library(device *store.Device) *wm.Client {
	p := s.client.provider
	cli := wm.NewClient(device, clientLog{libraryLog{s.client.log}, &s.acks})
	socket := &http.Client{Transport: s.wire, Timeout: dialTimeout}
	cli.SetWebsocketHTTPClient(socket)
	cli.SetPreLoginHTTPClient(socket)

	cli.EnableAutoReconnect = false
	cli.InitialAutoReconnect = false
	cli.DisableLoginAutoReconnect = true
	cli.SynchronousAck = true
	cli.EnableDecryptedEventBuffer = true
	// Off: together with SynchronousAck the library asks the phone within the
	// handler and waits for an answer for up to 75 s, during which the seat is
	// deaf (retry.go, sendRetryReceipt). The sender resends on a retry receipt.
	cli.AutomaticMessageRerequestFromPhone = false
	cli.ManualHistorySyncDownload = true
	cli.DisableManualHistorySyncReceipt = true // we send it once the notice is stored
	cli.SendReportingTokens = true
	cli.AutoTrustIdentity = true
	// Two codes of a refusal have the library call it, and end the process if it
	// is missing.
	cli.RefreshCAT = func(context.Context) error { return errNoToken }
	cli.BackgroundEventCtx = s.ctx
	cli.QRClientType = wm.PairClientChrome
	cli.GetClientPayload = func() *waWa6.ClientPayload { return p.payload(device) }
	cli.GetMessageForRetry = s.sentMessage
	cli.SetMaxParallelRetryReceiptHandling(1)
	cli.PreRetryCallback = s.answering
	cli.PrePairCallback = s.claim
	cli.AddEventHandlerWithSuccessStatus(s.handle)
	return cli
}

// dial connects. If ctx ends first, it gives up, and the library's attempt
// ends by itself.
func (s *session) dial(ctx context.Context) error {
	done := make(chan error, 1)
	started := s.client.provider.background(func() {
		err := safely(func() error { return s.wm.ConnectContext(s.ctx) })
		if err != nil {
			s.cancel()
		}
		done <- err
	})
	if !started {
		s.finish(nil)
		s.cancel()
		return errClosed()
	}
	select {
	case err := <-done:
		if err != nil {
			s.finish(nil)
			return s.dialError(err)
		}
		s.watch()
		return nil
	case <-ctx.Done():
		s.finish(nil)
		s.cancel()
		return connectError(ctx.Err())
	}
}

// watch lets the watchdog look after a connection that was made, unless it
// has ended already.
func (s *session) watch() {
	s.client.provider.watchdog.add(s)
	if s.ctx.Err() != nil || !s.alive() {
		s.client.provider.watchdog.remove(s)
	}
}

// alive says whether the session still has something to tell.
func (s *session) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.over
}

// ready says whether the session is logged in.
func (s *session) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loggedIn && !s.over
}

// gone waits until the connection of a session that is over has ended.
func (s *session) gone(ctx context.Context) error {
	select {
	case <-s.ctx.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the session without a signal. The connection on which a device is
// being linked is left to the server, which ends it once it knows the device.
func (s *session) stop() {
	s.mu.Lock()
	restarting := s.linked
	s.mu.Unlock()
	if !restarting {
		s.finish(nil)
	}
}

// signal calls the sink. The caller holds mu, which keeps signals in order.
func (s *session) signal(signal engine.Signal) {
	s.client.guarded(func() {
		defer s.recovered("a signal")
		s.sink.Signal(signal)
	})
}

// finish ends the session with a last signal, or with none if it is nil, and
// cuts the connection. Only the first call tells its signal.
func (s *session) finish(last engine.Signal) {
	s.mu.Lock()
	if !s.over {
		s.over = true
		if last != nil {
			s.signal(last)
		}
	}
	s.loggedIn = false
	s.stopTimer()
	s.mu.Unlock()
	s.client.provider.watchdog.remove(s)
	wakeWaiters(s.wm)
	s.wire.cut() // before anything that may wait for a write to end
	s.typing.stop()
	s.states.stop()
}

// abort cuts the connection and returns when everything that the library does
// for it fails.
func (s *session) abort() {
	s.wire.cut()
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	select {
	case <-s.ctx.Done():
	case <-timeout.C:
		s.cancel()
	}
}

// setTimer sets what is to happen next. The caller holds mu.
func (s *session) setTimer(d time.Duration, next func()) {
	s.stopTimer()
	s.timer = time.AfterFunc(d, next)
}

func (s *session) stopTimer() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

// deliver hands facts to the sink and reports whether they are stored.
func (s *session) deliver(facts ...engine.Fact) bool {
	var err error
	called := s.client.guarded(func() {
		err = s.sink.Deliver(s.client.life, facts...)
	})
	return called && err == nil
}

// recovered is deferred where a panic of the sink would otherwise end the
// process. It reports the panic without its value, which may hold a text.
func (s *session) recovered(where string) {
	if p := recover(); p != nil {
		s.client.log.Error("panic in the client's sink", "where", where, "stack", string(debug.Stack()))
	}
}

// safely turns a panic of the library into an error, without its value, which
// may hold a text.
func safely(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked{kind: fmt.Sprintf("%T", p), stack: debug.Stack()}
		}
	}()
	return call()
}

// panicked is a panic of the library's.
type panicked struct {
	kind  string
	stack []byte
}

// Error implements error.
func (p panicked) Error() string {
	return "panic in the WhatsApp library (" + p.kind + "): " + string(p.stack)
}
