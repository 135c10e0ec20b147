package simulator

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/e2e"
)

// Phone is the main device of an account, in a person's hand. Its methods may be called at once from many goroutines.
type Phone struct {
	account *account
	device  *device
	rawID   atomic.Uint32 // tells installations apart
	keys    *e2e.Store    // what Sign and IdentityKey read never changes; everything else is under mu
	state   *phoneState

	// sendMu keeps messages in the order in which they are written. Receiving never takes it, so two phones that write
	// to each other can't block one another.
	sendMu sync.Mutex

	mu        sync.Mutex // never held while a stanza is passed on
	messages  []*Message
	byKey     map[messageKey]*Message
	weight    int                         // of messages, in bytes
	dropped   int                         // messages that the phone had before the first of messages
	sent      recent[string, sentMessage] // by the phone itself to its clients
	retries   recent[string, int]
	early     recent[string, []arrivedReceipt] // receipts of messages that did not come yet, by id
	timers    map[types.JID]chatTimer          // of disappearing messages, by chat
	events    []Event
	calls     []*Call
	available bool
	byNumber  bool
	passkey   *accountPasskey // what linking asks for; nil: nothing

	past past

	withoutMultiDevice bool

	changed chan struct{} // closed at the next change; nil if nobody waits
}

const (
	phonePreKeys = 20
	maxName      = 100
	maxText      = 65536
)

// AddPhone registers a number (E.164 digits without +) under a profile name. ErrInvalid, ErrTaken.
func (s *Server) AddPhone(number, name string) (*Phone, error) {
	if err := checkNumber(number); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) {
		return nil, fmt.Errorf("%w name", ErrInvalid)
	}
	if name == "" {
		name = "+" + number
	}
	keys, err := e2e.New()
	if err != nil {
		return nil, fmt.Errorf("make the phone's keys: %w", err)
	}
	now := s.clock.Now()
	state, rawID, err := newPhoneState(now)
	if err != nil {
		return nil, err
	}
	a := &account{
		server: s, number: number, name: name, since: now, about: about{text: defaultAbout, at: now}, lastSeen: now,
		devices: make(map[uint16]*device), nextDevice: 1, watchers: make(map[*account]types.JID),
	}
	p := &Phone{
		account: a, keys: keys, state: state,
		byKey:   make(map[messageKey]*Message),
		sent:    recent[string, sentMessage]{limit: maxPeerMessages},
		retries: recent[string, int]{limit: s.cfg.Keep},
		early:   recent[string, []arrivedReceipt]{limit: maxEarlyIDs},
	}
	p.rawID.Store(rawID)
	p.device = &device{account: a, phone: p, platform: "phone", linkedAt: now}
	p.publish()
	a.phone = p
	a.devices[0] = p.device
	if _, err = p.writeState(collectionCritical, firstSettings(name, now)); err != nil {
		return nil, fmt.Errorf("make the phone's settings: %w", err)
	}
	if err = s.directory.add(a); err != nil {
		return nil, err
	}
	return p, nil
}

// Phone finds a phone by its number.
func (s *Server) Phone(number string) (*Phone, bool) {
	a := s.directory.number(number)
	if a == nil {
		return nil, false
	}
	return a.phone, true
}

// Phones lists every phone by number.
func (s *Server) Phones() []*Phone {
	var out []*Phone
	for _, a := range s.directory.all() {
		out = append(out, a.phone)
	}
	return out
}

func (p *Phone) server() *Server { return p.account.server }

// Number is the phone's number, digits only.
func (p *Phone) Number() string { return p.account.number }

// Name is the profile name that others see.
func (p *Phone) Name() string { return p.account.pushName() }

// JID is the account's address by phone number.
func (p *Phone) JID() types.JID { return p.account.pn() }

// LID is the account's hidden address.
func (p *Phone) LID() types.JID { return p.account.hid() }

// UsePhoneNumbers makes the phone address others by number instead of LID, as phones do that have not moved on; what
// it sends then comes from its number's address too.
func (p *Phone) UsePhoneNumbers(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byNumber = on
}

// form is an address in the form that the phone uses.
func (p *Phone) form() types.JID {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byNumber {
		return p.account.pn()
	}
	return p.account.hid()
}

// publish puts the phone's keys on the server in place of what was there.
func (p *Phone) publish() {
	signed := p.keys.SignedPreKey()
	p.device.keys.replace(
		p.keys.RegistrationID(), p.keys.IdentityKey(), signedPreKey{newPreKey(signed.KeyID, *signed.Pub), *signed.Signature},
	)
	p.refill()
}

// refill uploads more one-time keys.
func (p *Phone) refill() {
	p.mu.Lock()
	fresh := p.freshKeys()
	p.mu.Unlock()
	p.device.keys.addOneTime(fresh)
}

func (p *Phone) freshKeys() []preKey {
	var out []preKey
	for _, key := range p.keys.NewPreKeys(phonePreKeys) {
		out = append(out, newPreKey(key.KeyID, *key.Pub))
	}
	return out
}

// forget drops what was agreed with a device that was unlinked.
func (p *Phone) forget(d *device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys.Forget(d.hid().SignalAddress())
}

// newMessageID draws an id of the form that phones make.
func newMessageID() string {
	var raw [16]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(raw[:])
	return fmt.Sprintf("AC%X", raw[1:])
}

// show tells the phone's person something that comes from WhatsApp itself.
func (p *Phone) show(kind, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.happen(Event{Kind: kind, Detail: detail, Timestamp: p.server().clock.Now()})
}
