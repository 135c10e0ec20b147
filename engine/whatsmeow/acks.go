package whatsmeow

import (
	"sync"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/myaibud/aibud/engine"
)

// acks stands between the library and its acknowledgements. Two kinds of
// stanza it acknowledges before it tells us of them: messages that it can't
// decrypt (message.go, decryptMessages), and that somebody has new keys
// (notification.go, "encrypt"). What they say would be lost if it could not be
// stored, or with a crash just then.
//
// The library hands each stanza to its log before it handles it (client.go,
// handleFrame), and each of its own before it sends it (sendNodeAndGetData).
// So acks remembers what came in, and when the acknowledgement of such a stanza
// is about to go out, it is stored first. If that fails, the connection is cut,
// nothing goes out, and WhatsApp delivers the stanza again.
type acks struct {
	session *session

	mu     sync.Mutex
	open   map[stanza]*waBinary.Node // that were not acknowledged yet
	waited types.MessageID           // the last message that was taken care of, of which the library will tell
}

// maxOpen bounds the stanzas that are remembered. The library has at most 2,048
// in its queue; what is beyond can be from a sink that stores nothing.
const maxOpen = 4096

// stanza is what an acknowledgement repeats of what it acknowledges.
type stanza struct {
	tag, id           string
	from, participant types.JID
}

// received notes a stanza that came in.
func (a *acks) received(node *waBinary.Node) {
	switch node.Tag {
	case "receipt":
		if kind, _ := node.Attrs["type"].(string); kind == string(types.ReceiptTypeRetry) {
			a.session.resending.ask(questionOf(node, "from"), node)
		}
		return
	case "message":
		if from, _ := node.Attrs["from"].(types.JID); from.Server == types.NewsletterServer {
			return // it isn't encrypted
		}
	case "notification":
		switch kind, _ := node.Attrs["type"].(string); {
		case kind == "account_sync" && len(node.GetChildrenByTag("privacy")) > 0:
			// It reads the settings after the acknowledgement, and says nothing if
			// that fails (privacysettings.go, handlePrivacySettingsNotification).
			a.session.client.arrears.owe(true)
			return
		case kind != "encrypt" || len(node.GetChildrenByTag("identity")) == 0:
			return
		}
	default:
		return
	}
	key := stanza{tag: node.Tag}
	key.id, _ = node.Attrs["id"].(string)
	key.from, _ = node.Attrs["from"].(types.JID)
	key.participant, _ = node.Attrs["participant"].(types.JID)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = make(map[stanza]*waBinary.Node)
	}
	if len(a.open) < maxOpen {
		a.open[key] = node
	}
}

// sending is called with what is about to be sent.
func (a *acks) sending(node *waBinary.Node) {
	var key stanza
	kind, _ := node.Attrs["type"].(string)
	switch node.Tag {
	case "message":
		id, _ := node.Attrs["id"].(string)
		a.session.resending.sending(id)
		return
	case "receipt":
		key.tag = "message"
	case "ack":
		key.tag, _ = node.Attrs["class"].(string)
	default:
		return
	}
	key.id, _ = node.Attrs["id"].(string)
	key.from, _ = node.Attrs["to"].(types.JID)
	key.participant, _ = node.Attrs["participant"].(types.JID)
	if key.tag == "receipt" && kind == string(types.ReceiptTypeRetry) {
		a.session.answered(questionOf(node, "to"))
		return
	}
	a.mu.Lock()
	about := a.open[key]
	delete(a.open, key)
	a.mu.Unlock()
	_, refused := node.Attrs["error"]
	switch {
	case about == nil, refused, node.Tag == "receipt" && kind != string(types.ReceiptTypeRetry):
		return // nothing that we know of, or that was stored
	}
	stored := false
	if err := safely(func() error { stored = a.store(about); return nil }); err != nil {
		a.session.client.log.Error("what is to be acknowledged could not be stored", "error", harmless(err))
	}
	if !stored {
		a.session.abort()
	}
}

// questionOf tells which question a stanza is, or acknowledges: the device is its
// participant, or else in the other attribute.
func questionOf(node *waBinary.Node, device string) question {
	q := question{}
	q.id, _ = node.Attrs["id"].(string)
	if q.who, _ = node.Attrs["participant"].(types.JID); q.who.IsEmpty() {
		q.who, _ = node.Attrs[device].(types.JID)
	}
	return q
}

// store stores what the library would acknowledge untold.
func (a *acks) store(node *waBinary.Node) bool {
	s := a.session
	if node.Tag == "notification" {
		from, _ := node.Attrs["from"].(types.JID)
		party, ok, err := s.anyChat(s.ctx, from, types.EmptyJID)
		return s.store(engine.KeysChanged{Party: party, At: node.AttrGetter().UnixTime("t")}, ok, err)
	}
	info, err := messageInfo(s.wm, node)
	if err != nil {
		return true // the library knows no more about it
	}
	evt := &events.UndecryptableMessage{Info: *info}
	for _, enc := range node.GetChildrenByTag("enc") {
		if mode := enc.AttrGetter().OptionalString("decrypt-fail"); mode != "" {
			evt.DecryptFailMode = events.DecryptFailMode(mode)
		}
	}
	if child, ok := node.GetOptionalChildByTag("unavailable"); ok {
		evt.UnavailableType = events.UnavailableType(child.AttrGetter().OptionalString("type"))
	}
	a.mu.Lock()
	a.waited = info.ID
	a.mu.Unlock()
	return s.undecryptable(evt)
}

// told reports whether a message that could not be decrypted was taken care of
// already, as it is when the library tells of it.
func (a *acks) told(id types.MessageID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	told := a.waited == id
	a.waited = ""
	return told
}

// clientLog is the log of one session's library client.
type clientLog struct {
	libraryLog
	acks *acks
}

// Sub implements [waLog.Logger].
func (l clientLog) Sub(module string) waLog.Logger {
	switch module {
	case "Recv":
		return stanzaLog{l.libraryLog, l.acks.received}
	case "Send":
		return stanzaLog{l.libraryLog, l.acks.sending}
	}
	return l.libraryLog
}

// stanzaLog shows the stanzas that the library would log.
type stanzaLog struct {
	libraryLog
	show func(*waBinary.Node)
}

// Debugf implements [waLog.Logger].
func (l stanzaLog) Debugf(_ string, args ...any) {
	if len(args) == 0 {
		return
	}
	if node, ok := args[0].(*waBinary.Node); ok {
		l.show(node)
	}
}
