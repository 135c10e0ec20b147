package simulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

// pairings finds the connections that wait to be linked by the references in their QR codes.
type pairings struct {
	clock *clock.Clock

	mu     sync.Mutex
	byRef  map[string]*pairing
	hellos map[*account]*linkHello // the last wish to be linked to a number by code
	asked  map[*account][]time.Time
	checks map[*account]*passkeyCheck // the passkey that a phone's link waits for
}

// pairing is a connection that wants to become somebody's linked device.
type pairing struct {
	conn  *conn
	keys  publicKeys
	props *waCompanionReg.DeviceProps
	refs  []string
	until []time.Time
	timer *clock.Timer

	mu    sync.Mutex
	taken bool // a phone links it
	ended bool // its last code is over; only a link that is under way keeps it
	offer *offer
	over  bool
	hello *linkHello
	check *passkeyCheck
	ref   string // the last one that it asked for, beside those of its codes
}

// offer is what a phone that scanned the code proposes; done gets the outcome once.
type offer struct {
	id     string
	device *device
	signed *waAdv.ADVSignedDeviceIdentity
	done   chan error
}

// beginPairing checks what a new client registers with and sends it the references for its codes.
func (c *conn) beginPairing() bool {
	if failure := c.server.refusal(""); failure != nil {
		c.send(*failure)
		return false
	}
	p, err := parseRegistration(c)
	if err != nil {
		c.log.Warn("registration refused", "error", err)
		c.send(failed(failGeneric, nil))
		return false
	}
	c.pair = p
	children := c.server.pairings.open(p, c.server.cfg.RefLifetimes)
	c.send(binary.Node{
		Tag:     "iq",
		Attrs:   binary.Attrs{"from": types.ServerJID, "type": "set", "id": c.server.nextID(), "xmlns": "md"},
		Content: []binary.Node{{Tag: "pair-device", Content: children}},
	})
	return true
}

func parseRegistration(c *conn) (*pairing, error) {
	data := c.peer.Payload.GetDevicePairingData()
	regID, ok := parseNumber(data.GetERegid(), 4)
	keyID, okID := parseNumber(data.GetESkeyID(), 3)
	if !ok || !okID || len(data.GetEIdent()) != 32 || len(data.GetESkeyVal()) != 32 || len(data.GetESkeySig()) != 64 {
		return nil, fmt.Errorf("%w: registration", errBadKeys)
	}
	signed := signedPreKey{newPreKey(keyID, [32]byte(data.GetESkeyVal())), [64]byte(data.GetESkeySig())}
	p := &pairing{conn: c, props: new(waCompanionReg.DeviceProps)}
	p.keys.regID, p.keys.identity, p.keys.signed = regID, [32]byte(data.GetEIdent()), signed
	if !signed.signedBy(p.keys.identity) {
		return nil, fmt.Errorf("%w: signature of the signed pre-key", errBadKeys)
	}
	if err := proto.Unmarshal(data.GetDeviceProps(), p.props); err != nil {
		return nil, fmt.Errorf("device properties: %w", err)
	}
	return p, nil
}

// open draws the references, each good until its turn is over and a little longer, since the client starts its clock
// later than the server. After the last the server ends the connection.
func (ps *pairings) open(p *pairing, lifetimes []time.Duration) []binary.Node {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byRef == nil {
		ps.byRef = make(map[string]*pairing)
	}
	end := ps.clock.Now()
	var nodes []binary.Node
	for _, lifetime := range lifetimes {
		ref := newRef("2@")
		end = end.Add(lifetime)
		p.refs = append(p.refs, ref)
		p.until = append(p.until, end.Add(lifetime/4))
		ps.byRef[ref] = p
		nodes = append(nodes, binary.Node{Tag: "ref", Content: []byte(ref)})
	}
	p.timer = ps.clock.AfterFunc(ps.clock.Until(p.until[len(p.until)-1]), func() {
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		p.endIfIdle()
	})
	return nodes
}

// endIfIdle ends the connection after its last code unless a phone is linking it.
func (p *pairing) endIfIdle() {
	p.mu.Lock()
	idle := p.ended && !p.taken && (p.hello == nil || p.hello.answer == nil)
	p.mu.Unlock()
	if idle {
		p.conn.end(binary.Node{Tag: "xmlstreamend"})
	}
}

// name is what the client calls itself.
func (p *pairing) name() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hello != nil {
		return p.hello.display
	}
	name := strings.ToValidUTF8(p.props.GetOs(), "")
	return name[:min(len(name), maxDisplay)]
}

// newRef draws a reference; its first characters tell QR codes (2@) from link codes (3@).
func newRef(form string) string {
	var raw [33]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(raw[:])
	return form + base64.StdEncoding.EncodeToString(raw[:])
}

func (ps *pairings) find(ref string) (*pairing, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.byRef[ref]
	if p == nil {
		return nil, ErrExpired
	}
	for i := range p.refs {
		if p.refs[i] == ref && ps.clock.Now().Before(p.until[i]) {
			return p, nil
		}
	}
	return nil, ErrExpired
}

func (ps *pairings) remove(p *pairing) {
	ps.mu.Lock()
	for _, ref := range p.refs {
		delete(ps.byRef, ref)
	}
	for a, hello := range ps.hellos {
		if hello.pair == p {
			delete(ps.hellos, a)
		}
	}
	ps.mu.Unlock()
	p.timer.Stop()
	p.settle(fmt.Errorf("%w: it closed the connection", ErrRefused))
}

func (p *pairing) settle(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.offer != nil {
		p.offer.done <- err
		p.offer = nil
	}
	if p.hello != nil {
		p.hello.timer.Stop()
	}
}

// claim makes a phone the only one that links the client; only the first scan of a code counts.
func (p *pairing) claim() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.taken {
		return ErrExpired
	}
	p.taken = true
	return nil
}

// release lets others link the client after all.
func (p *pairing) release() {
	p.mu.Lock()
	p.taken, p.offer, p.check = false, nil, nil
	p.mu.Unlock()
	p.endIfIdle()
}

// make offers the client a device identity.
func (p *pairing) make(o *offer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.offer != nil {
		return ErrExpired
	}
	p.offer = o
	return nil
}

// handlePairing acts on the stanzas of a client that is not linked.
func (c *conn) handlePairing(n *binary.Node) bool {
	switch n.Tag {
	case "iq":
	case "ack", "ib":
		return true
	case "xmlstreamend":
		return false
	default:
		c.log.Warn("stanza before the login; client is cut off", "tag", word(n.Tag))
		c.send(streamError("xml-not-well-formed", ""))
		return false
	}
	if c.pair == nil {
		return true
	}
	if kind := attr(n, "type"); kind == "result" || kind == "error" {
		return c.pairingAnswered(n)
	}
	c.pairingQuery(n)
	return true
}

func (c *conn) pairingAnswered(n *binary.Node) bool {
	p := c.pair
	p.mu.Lock()
	o := p.offer
	p.mu.Unlock()
	if o == nil || attr(n, "id") != o.id {
		return true
	}
	if attr(n, "type") == "error" {
		reason := n.GetChildByTag("error")
		p.settle(fmt.Errorf("%w: %s", ErrRefused, attr(&reason, "text")))
		return false
	}
	identity, err := checkDeviceSignature(o, p.keys.identity, childContent(n, "pair-device-sign", "device-identity"))
	if err != nil {
		p.settle(err)
		return false
	}
	o.device.advSign = identity
	if err = o.device.account.link(o.device); err == nil {
		c.server.counters.pairings.Add(1)
	}
	p.settle(err)
	// The client comes back with its new name: https://github.com/tulir/whatsmeow handles code 515 so.
	c.send(streamError("515", ""))
	return false
}

// What a signature is about, put before the signed bytes.
const (
	advAccountPrefix  = "\x06\x00"
	advDevicePrefix   = "\x06\x01"
	advKeyIndexPrefix = "\x06\x02"
)

// checkDeviceSignature verifies the identity that the client signed and returns it in the form that goes with first
// messages, where the account's key is left out for brevity by the client and put back here.
func checkDeviceSignature(o *offer, identity [32]byte, raw []byte) ([]byte, error) {
	answer := new(waAdv.ADVSignedDeviceIdentity)
	if err := proto.Unmarshal(raw, answer); err != nil || len(answer.GetDeviceSignature()) != 64 {
		return nil, fmt.Errorf("%w: it answered with a malformed identity", ErrRefused)
	}
	accountKey := o.signed.GetAccountSignatureKey()
	message := join([]byte(advDevicePrefix), o.signed.GetDetails(), identity[:], accountKey)
	if !ecc.VerifySignature(ecc.NewDjbECPublicKey(identity), message, [64]byte(answer.GetDeviceSignature())) {
		return nil, fmt.Errorf("%w: its device signature is wrong", ErrRefused)
	}
	full := proto.CloneOf(o.signed)
	full.DeviceSignature = answer.GetDeviceSignature()
	return proto.Marshal(full)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, part := range parts {
		out = append(out, part...)
	}
	return out
}

// seal proves to the client, by the secret in its QR code, that the identity comes from the phone that scanned it.
func seal(signed *waAdv.ADVSignedDeviceIdentity, secret []byte) ([]byte, error) {
	details, err := proto.Marshal(signed)
	if err != nil {
		return nil, fmt.Errorf("encode device identity: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(details)
	raw, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: details, HMAC: mac.Sum(nil)})
	if err != nil {
		return nil, fmt.Errorf("encode sealed device identity: %w", err)
	}
	return raw, nil
}
