package simulator

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // what the protocol has, for telling lists apart
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/util/optional"
	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// preKey is the public half of a one-time pre-key. Every client leaves 812 of them here, so nothing else belongs in it,
// not even padding.
type preKey struct {
	id     [3]byte // as on the wire
	public [32]byte
}

func newPreKey(id uint32, public [32]byte) preKey {
	return preKey{[3]byte(number(id, 3)), public}
}

func (p preKey) number() uint32 {
	id, _ := parseNumber(p.id[:], 3)
	return id
}

// signedPreKey is one that its device vouches for.
type signedPreKey struct {
	preKey
	signature [64]byte
}

// publicKeys is what a device has published for others to begin sessions with.
type publicKeys struct {
	mu       sync.Mutex
	regID    uint32
	identity [32]byte
	signed   signedPreKey
	oneTime  []preKey
}

// bundle is what one asker gets; oneTime is nil when the device has run out.
type bundle struct {
	regID    uint32
	identity [32]byte
	signed   signedPreKey
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
	k.oneTime = slices.Grow(k.oneTime, min(len(more), maxOneTime))
	known := make(map[[3]byte]struct{}, len(k.oneTime))
	for _, key := range k.oneTime {
		known[key.id] = struct{}{}
	}
	for _, key := range more {
		if _, ok := known[key.id]; !ok && len(k.oneTime) < maxOneTime {
			k.oneTime = append(k.oneTime, key)
		}
	}
	k.oneTime = slices.Clip(k.oneTime)
}

// replace takes the keys of a new installation.
func (k *publicKeys) replace(regID uint32, identityKey [32]byte, signed signedPreKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.regID, k.identity, k.signed, k.oneTime = regID, identityKey, signed, nil
}

// digest is a hash over all that the device has published, with the ids of its one-time keys, by which a client tells
// whether the server has what it believes (WhatsApp's web client, WAWebDigestKeyJob; Baileys, digestKeyBundle).
func (k *publicKeys) digest() wabinary.Node {
	k.mu.Lock()
	defer k.mu.Unlock()
	hash := sha1.New() //nolint:gosec // see the import
	hash.Write(k.identity[:])
	hash.Write(k.signed.public[:])
	hash.Write(k.signed.signature[:])
	ids := make([]wabinary.Node, 0, len(k.oneTime))
	for _, key := range k.oneTime {
		hash.Write(key.public[:])
		ids = append(ids, wabinary.Node{Tag: "id", Content: key.id[:]})
	}
	return wabinary.Node{Tag: "digest", Content: []wabinary.Node{
		{Tag: "registration", Content: number(k.regID, 4)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: bytes.Clone(k.identity[:])},
		k.signed.node(),
		{Tag: "list", Content: ids},
		{Tag: "hash", Content: hash.Sum(nil)},
	}}
}

func (k *publicKeys) rotate(signed signedPreKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !signed.signedBy(k.identity) {
		return fmt.Errorf("%w: signature of the signed pre-key", errBadKeys)
	}
	k.signed = signed
	return nil
}

func (p signedPreKey) signedBy(identityKey [32]byte) bool {
	message := append([]byte{ecc.DjbType}, p.public[:]...)
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(identityKey), message, p.signature)
}

// signal gives the bundle in libsignal's form.
func (b bundle) signal(device uint16) *prekey.Bundle {
	id := identity.NewKey(ecc.NewDjbECPublicKey(b.identity))
	signed := ecc.NewDjbECPublicKey(b.signed.public)
	if b.oneTime == nil {
		return prekey.NewBundle(b.regID, uint32(device), optional.NewEmptyUint32(), b.signed.number(), nil, signed, b.signed.signature, id)
	}
	return prekey.NewBundle(b.regID, uint32(device), optional.NewOptionalUint32(b.oneTime.number()), b.signed.number(),
		ecc.NewDjbECPublicKey(b.oneTime.public), signed, b.signed.signature, id)
}

// node writes the bundle as the answer to a key query has it.
func (b bundle) node(jid types.JID, deviceIdentity []byte) wabinary.Node {
	children := []wabinary.Node{
		{Tag: "registration", Content: number(b.regID, 4)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: b.identity[:]},
		b.signed.node(),
	}
	if b.oneTime != nil {
		children = append(children, b.oneTime.node())
	}
	if deviceIdentity != nil {
		children = append(children, wabinary.Node{Tag: "device-identity", Content: deviceIdentity})
	}
	return wabinary.Node{Tag: "user", Attrs: wabinary.Attrs{"jid": jid}, Content: children}
}

func (p preKey) children() []wabinary.Node {
	return []wabinary.Node{{Tag: "id", Content: p.id[:]}, {Tag: "value", Content: p.public[:]}}
}

func (p preKey) node() wabinary.Node { return wabinary.Node{Tag: "key", Content: p.children()} }

func (p signedPreKey) node() wabinary.Node {
	signature := wabinary.Node{Tag: "signature", Content: p.signature[:]}
	return wabinary.Node{Tag: "skey", Content: append(p.children(), signature)}
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

// parsePreKey reads the key of a <key> or <skey>.
func parsePreKey(n *wabinary.Node) (preKey, error) {
	id, value := childContent(n, "id"), childContent(n, "value")
	if len(id) != 3 || len(value) != 32 {
		return preKey{}, fmt.Errorf("%w: pre-key", errBadKeys)
	}
	return preKey{[3]byte(id), [32]byte(value)}, nil
}

func parseSignedPreKey(n *wabinary.Node) (signedPreKey, error) {
	key, err := parsePreKey(n)
	if err != nil {
		return signedPreKey{}, err
	}
	signature := childContent(n, "signature")
	if len(signature) != 64 {
		return signedPreKey{}, fmt.Errorf("%w: signature", errBadKeys)
	}
	return signedPreKey{key, [64]byte(signature)}, nil
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
	signed, err := parseSignedPreKey(&signedNode)
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
