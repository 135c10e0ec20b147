package simulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/util/optional"
	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// preKey is the public half of a one-time or signed pre-key.
type preKey struct {
	id        uint32
	public    [32]byte
	signature [64]byte // signed pre-keys only
}

// publicKeys is what a device has published for others to begin sessions with.
type publicKeys struct {
	mu       sync.Mutex
	regID    uint32
	identity [32]byte
	signed   preKey
	oneTime  []preKey
}

// bundle is what one asker gets; oneTime is nil when the device has run out.
type bundle struct {
	regID    uint32
	identity [32]byte
	signed   preKey
	oneTime  *preKey
	left     int
}

// maxOneTime bounds what a client may store on the server.
const maxOneTime = 5000

var errBadKeys = errors.New("malformed keys")

func (k *publicKeys) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.oneTime)
}

// take hands out a bundle; a one-time key is handed out once.
func (k *publicKeys) take() bundle {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := bundle{regID: k.regID, identity: k.identity, signed: k.signed}
	if len(k.oneTime) > 0 {
		first := k.oneTime[0]
		k.oneTime = k.oneTime[1:]
		b.oneTime = &first
	}
	b.left = len(k.oneTime)
	return b
}

func (k *publicKeys) addOneTime(more []preKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := make(map[uint32]struct{}, len(k.oneTime))
	for _, key := range k.oneTime {
		known[key.id] = struct{}{}
	}
	for _, key := range more {
		if _, ok := known[key.id]; !ok && len(k.oneTime) < maxOneTime {
			k.oneTime = append(k.oneTime, key)
		}
	}
}

func (k *publicKeys) rotate(signed preKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !signed.signedBy(k.identity) {
		return fmt.Errorf("%w: signature of the signed pre-key", errBadKeys)
	}
	k.signed = signed
	return nil
}

func (p preKey) signedBy(identityKey [32]byte) bool {
	message := append([]byte{ecc.DjbType}, p.public[:]...)
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(identityKey), message, p.signature)
}

// signal gives the bundle in libsignal's form.
func (b bundle) signal(device uint16) *prekey.Bundle {
	id := identity.NewKey(ecc.NewDjbECPublicKey(b.identity))
	signed := ecc.NewDjbECPublicKey(b.signed.public)
	if b.oneTime == nil {
		return prekey.NewBundle(b.regID, uint32(device), optional.NewEmptyUint32(), b.signed.id, nil, signed, b.signed.signature, id)
	}
	return prekey.NewBundle(b.regID, uint32(device), optional.NewOptionalUint32(b.oneTime.id), b.signed.id,
		ecc.NewDjbECPublicKey(b.oneTime.public), signed, b.signed.signature, id)
}

// node writes the bundle as the answer to a key query has it.
func (b bundle) node(jid types.JID, deviceIdentity []byte) wabinary.Node {
	children := []wabinary.Node{
		{Tag: "registration", Content: number(b.regID, 4)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: b.identity[:]},
		b.signed.node("skey"),
	}
	if b.oneTime != nil {
		children = append(children, b.oneTime.node("key"))
	}
	if deviceIdentity != nil {
		children = append(children, wabinary.Node{Tag: "device-identity", Content: deviceIdentity})
	}
	return wabinary.Node{Tag: "user", Attrs: wabinary.Attrs{"jid": jid}, Content: children}
}

func (p preKey) node(tag string) wabinary.Node {
	children := []wabinary.Node{
		{Tag: "id", Content: number(p.id, 3)},
		{Tag: "value", Content: p.public[:]},
	}
	if tag == "skey" {
		children = append(children, wabinary.Node{Tag: "signature", Content: p.signature[:]})
	}
	return wabinary.Node{Tag: tag, Content: children}
}

func number(value uint32, size int) []byte {
	var raw [4]byte
	binary.BigEndian.PutUint32(raw[:], value)
	return raw[4-size:]
}

func parseNumber(raw []byte, size int) (uint32, bool) {
	if len(raw) != size {
		return 0, false
	}
	var full [4]byte
	copy(full[4-size:], raw)
	return binary.BigEndian.Uint32(full[:]), true
}

// parsePreKey reads a <key> or <skey>.
func parsePreKey(n *wabinary.Node) (preKey, error) {
	id, ok := parseNumber(childContent(n, "id"), 3)
	value := childContent(n, "value")
	if !ok || len(value) != 32 {
		return preKey{}, fmt.Errorf("%w: pre-key", errBadKeys)
	}
	key := preKey{id: id, public: [32]byte(value)}
	if n.Tag == "skey" {
		signature := childContent(n, "signature")
		if len(signature) != 64 {
			return preKey{}, fmt.Errorf("%w: signature", errBadKeys)
		}
		key.signature = [64]byte(signature)
	}
	return key, nil
}

// parseBundle reads the keys that come with a retry receipt (the form that whatsmeow reads in nodeToPreKeyBundle).
func parseBundle(n *wabinary.Node) (bundle, error) {
	regID, ok := parseNumber(childContent(n, "registration"), 4)
	keysNode, hasKeys := n.GetOptionalChildByTag("keys")
	identityKey := childContent(&keysNode, "identity")
	if !ok || !hasKeys || len(identityKey) != 32 {
		return bundle{}, fmt.Errorf("%w: bundle", errBadKeys)
	}
	signedNode := keysNode.GetChildByTag("skey")
	signed, err := parsePreKey(&signedNode)
	if err != nil {
		return bundle{}, err
	}
	out := bundle{regID: regID, identity: [32]byte(identityKey), signed: signed}
	if keyNode, ok := keysNode.GetOptionalChildByTag("key"); ok {
		one, err := parsePreKey(&keyNode)
		if err != nil {
			return bundle{}, err
		}
		out.oneTime = &one
	}
	return out, nil
}
