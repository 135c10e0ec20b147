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

	mu    sync.Mutex
	byRef map[string]*pairing
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
	offer *offer
	over  bool
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
	signed := signedPreKey{preKey{keyID, [32]byte(data.GetESkeyVal())}, [64]byte(data.GetESkeySig())}
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
		var raw [33]byte
		// Never fails: crypto/rand ends the program instead (Go 1.24).
		_, _ = rand.Read(raw[:])
		ref := "2@" + base64.StdEncoding.EncodeToString(raw[:])
		end = end.Add(lifetime)
		p.refs = append(p.refs, ref)
		p.until = append(p.until, end.Add(lifetime/4))
		ps.byRef[ref] = p
		nodes = append(nodes, binary.Node{Tag: "ref", Content: []byte(ref)})
	}
	p.timer = ps.clock.AfterFunc(ps.clock.Until(p.until[len(p.until)-1]), func() {
		if p.idle() {
			p.conn.end(binary.Node{Tag: "xmlstreamend"})
		}
	})
	return nodes
}

func (p *pairing) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offer == nil
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
}

// make offers the client a device identity; only the first scan of a code counts.
func (p *pairing) make(o *offer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.offer != nil {
		return ErrExpired
	}
	p.offer = o
	return nil
}

// withdraw takes an offer back that nobody waits for any more.
func (p *pairing) withdraw(o *offer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offer == o {
		p.offer = nil
	}
}

// handlePairing acts on the stanzas of a client that is not linked.
func (c *conn) handlePairing(n *binary.Node) bool {
	if n.Tag != "iq" || c.pair == nil {
		return n.Tag != "xmlstreamend"
	}
	switch attr(n, "type") {
	case "result", "error":
		return c.pairingAnswered(n)
	default:
		if attr(n, "xmlns") == "w:p" {
			c.answer(n, "result")
			return true
		}
		c.log.Info("query of an unlinked client refused", "namespace", attr(n, "xmlns"))
		c.refuse(n, errNotImplemented)
		return true
	}
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

// code is what a QR says.
type code struct {
	ref      string
	noiseKey [32]byte
	identity [32]byte
	secret   []byte
}

// linkPrefix begins the QR text of today's clients; older ones and other libraries write the bare list.
const linkPrefix = "https://wa.me/settings/linked_devices#"

func parseCode(qr string) (code, error) {
	fields := strings.Split(strings.TrimPrefix(strings.TrimSpace(qr), linkPrefix), ",")
	if len(fields) != 4 && len(fields) != 5 {
		return code{}, fmt.Errorf("%w pairing code", ErrInvalid)
	}
	var keys [3][]byte
	for i := range keys {
		raw, err := base64.StdEncoding.DecodeString(fields[i+1])
		if err != nil || len(raw) != 32 {
			return code{}, fmt.Errorf("%w pairing code", ErrInvalid)
		}
		keys[i] = raw
	}
	return code{ref: fields[0], noiseKey: [32]byte(keys[0]), identity: [32]byte(keys[1]), secret: keys[2]}, nil
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
