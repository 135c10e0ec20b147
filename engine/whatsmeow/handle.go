package whatsmeow

import (
	"runtime/debug"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// handle takes every event of the library. It returns false for one that must
// be delivered again. The library counts a panic as success, so we don't let
// it see one.
func (s *session) handle(evt any) (stored bool) {
	defer func() {
		if p := recover(); p != nil {
			stored = false
			// Not the panic's value: it may hold a text.
			s.client.log.Error("panic while an event was handled", "stack", string(debug.Stack()))
		}
	}()
	defer s.backlogEvent(evt)
	switch evt := evt.(type) {
	case *events.Message:
		return s.message(evt) && s.secrets.settle(s.ctx, evt.Info.ID)
	case *events.Receipt:
		return s.receipt(evt)
	case *events.PushName:
		return s.pushName(evt)
	case *events.UndecryptableMessage:
		s.client.log.Debug("a message could not be decrypted; its sender is asked to send it again")
		return s.acks.told(evt.Info.ID) || s.undecryptable(evt)
	case *events.MediaRetry:
		return s.mediaAnswer(evt)
	case *events.Presence, *events.ChatPresence:
		s.presenceEvent(evt)
	case *events.JoinedGroup, *events.GroupInfo, *events.NewsletterJoin, *events.NewsletterLeave:
		return s.roomEvent(evt)
	default:
		if stored, known := s.peopleEvent(evt); known {
			return stored
		}
		s.connectionEvent(evt)
	}
	return true
}

// message stores a message.
func (s *session) message(evt *events.Message) bool {
	asSent(evt)
	if stored, ok := s.noticed(evt); ok {
		return stored
	}
	if !wanted(evt.Info.MessageSource) {
		return true
	}
	incoming, ok, err := s.incoming(s.ctx, evt)
	if s.store(incoming, ok, err) {
		s.meet(evt.Info.Chat)
		return true
	}
	if evt.UnavailableRequestID != "" {
		// A message that the phone sent in place of one that could not be
		// decrypted. The library ignores that its handler failed (message.go,
		// handleDecryptedMessage, if processProtocolParts is not ok).
		s.abort()
	}
	return false
}

// asSent undoes what the library makes of an edit that the phone sent in place
// of one that could not be decrypted: it takes it for the message that was
// edited (client.go, ParseWebMessage).
func asSent(evt *events.Message) {
	if evt.UnavailableRequestID == "" || evt.SourceWebMsg == nil {
		return
	}
	if id := evt.SourceWebMsg.GetKey().GetID(); evt.Info.ID != id {
		evt.Info.ID = id
		evt.UnwrapRaw()
	}
}

// undecryptable stores that a message could not be decrypted. The library asks
// the phone for it at once, but once only; if it still waits after a while it is
// asked for again.
func (s *session) undecryptable(evt *events.UndecryptableMessage) bool {
	incoming, ok, err := s.waiting(s.ctx, evt)
	if ok && incoming.Content == nil {
		s.askSoon()
	}
	return s.store(incoming, ok, err)
}

// receipt stores a receipt. One of a room may tell of several messages, each of
// which the library tells by itself; it acknowledges them all if the last was
// stored (receipt.go, handleReceipt).
func (s *session) receipt(evt *events.Receipt) bool {
	if !wanted(evt.MessageSource) {
		return true
	}
	receipt, ok, err := s.received(s.ctx, evt)
	if evt.IsGroup {
		return s.prompt(receipt, ok, err)
	}
	return s.store(receipt, ok, err)
}

// pushName stores what a lead calls themselves, unless a message told it,
// which then says so itself.
func (s *session) pushName(evt *events.PushName) bool {
	if evt.Message != nil || !person(evt.JID) {
		return true
	}
	party, err := s.party(s.ctx, evt.JID, evt.JIDAlt)
	party.Name = pushName(evt.NewPushName)
	return s.store(engine.Identity{Party: party}, party.Name != "", err)
}

// store delivers a fact, if there is one and it could be read. The sink knows
// that it has to ask for a redelivery only of what it was given, so an event
// that could not be read ends the connection.
func (s *session) store(fact engine.Fact, ok bool, err error) bool {
	if err != nil {
		s.client.log.Warn("an event could not be read; WhatsApp will send it again", "error", harmless(err))
		s.finish(engine.Disconnected{Detail: "The store of keys could not be read."})
		return false
	}
	return !ok || s.deliver(fact)
}

// connectionEvent tells what happened to the connection.
func (s *session) connectionEvent(evt any) {
	switch evt := evt.(type) {
	case *events.QR:
		s.showCodes(evt.Codes)
	case *events.PairSuccess:
		s.paired(evt)
	case *events.PairError:
		s.pairingFailed()
	case *events.PairPasskeyRequest:
		s.passkeyAsked(evt)
	case *events.PairPasskeyConfirmation:
		s.passkeyAnswered(evt)
	case *events.PairPasskeyError:
		s.passkeyRefused()
	case *events.QRScannedWithoutMultidevice:
		s.finish(engine.PairingEnded{Reason: engine.ReasonPairingFailed, Detail: "The phone's WhatsApp is too old to link devices. Update it and try again."})
	case *events.ManualLoginReconnect:
		s.restart()
	case *events.Connected:
		s.connected()
	case *events.AppStateSyncComplete, *events.PushNameSetting:
		s.named()
	case *events.NotifyAccountReachoutTimelock:
		s.restricted(evt)
	default:
		s.endEvent(evt)
	}
}

// endEvent tells that the connection has ended, and how.
func (s *session) endEvent(evt any) {
	switch evt := evt.(type) {
	case *events.Disconnected:
		s.disconnected()
	case *events.KeepAliveTimeout:
		if evt.ErrorCount >= s.client.provider.cfg.KeepAliveFailures {
			s.finish(engine.Disconnected{Detail: "WhatsApp stopped answering."})
		}
	case *events.StreamError:
		s.finish(engine.Disconnected{Detail: "WhatsApp ended the connection with code " + clean(evt.Code) + "."})
	case *events.StreamReplaced:
		s.finish(engine.Replaced{})
	case *events.LoggedOut:
		s.loggedOut(removalDetail(evt))
	case *events.TemporaryBan:
		s.finish(ban(evt, time.Now()))
	case *events.ClientOutdated:
		s.finish(engine.Outdated{})
	case *events.ConnectFailure:
		s.finish(connectFailure(evt))
	case *events.CATRefreshError:
		s.finish(s.tokenWanted())
	}
}

// connected tells that the client is logged in. The library tells it even if
// the connection was lost meanwhile.
func (s *session) connected() {
	s.mu.Lock()
	if s.over || s.loggedIn || s.ctx.Err() != nil {
		s.mu.Unlock()
		return
	}
	s.loggedIn = true
	s.askSoon()
	s.signal(engine.Connected{Name: s.name})
	named := s.name != ""
	s.mu.Unlock()
	if named {
		s.introduce()
	}
	s.states.resume()
}

// named takes the account's name, which the phone tells some time after the
// device was linked.
func (s *session) named() {
	name := clean(s.wm.Store.PushName)
	s.mu.Lock()
	changed := name != "" && name != s.name
	if changed {
		s.name = name
	}
	loggedIn := s.loggedIn
	s.mu.Unlock()
	if changed && loggedIn {
		s.introduce()
	}
}

// isNamed says whether the account's name is known. The library reads it
// without a lock when it tells of a presence.
func (s *session) isNamed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name != ""
}

// closeToTheEnd is how long before our own clock says so WhatsApp may find
// that nobody has linked a phone.
const closeToTheEnd = 15 * time.Second

// disconnected tells that the server closed the connection. It does so when
// nobody has scanned its last QR code.
func (s *session) disconnected() {
	s.mu.Lock()
	expired := s.timer != nil && len(s.codes) == 0 && s.codes != nil
	if !s.expires.IsZero() { // by code: one that is lost early is made anew
		expired = expired && time.Until(s.expires) < closeToTheEnd
	}
	s.mu.Unlock()
	if expired {
		s.finish(engine.PairingEnded{Reason: engine.ReasonPairingTimedOut})
		return
	}
	s.finish(engine.Disconnected{})
}
