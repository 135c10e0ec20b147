package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/util/cbcutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"
)

// stateKey is the phone's key for app state, which it shares with the clients that it links. The key's five parts and
// the MACs below are as in whatsmeow's appstate package.
type stateKey struct {
	id   [6]byte
	data [32]byte
}

const (
	criticalBlock   = "critical_block"
	pushNameVersion = 1
)

func newStateKey() (stateKey, error) {
	var key stateKey
	if _, err := rand.Read(key.id[2:]); err != nil {
		return key, fmt.Errorf("draw app state key: %w", err)
	}
	if _, err := rand.Read(key.data[:]); err != nil {
		return key, fmt.Errorf("draw app state key: %w", err)
	}
	return key, nil
}

type stateSecrets struct{ index, encryption, value, snapshot, patch []byte }

func (k stateKey) expand() stateSecrets {
	raw := hkdfutil.SHA256(k.data[:], nil, []byte("WhatsApp Mutation Keys"), 160)
	return stateSecrets{raw[:32], raw[32:64], raw[64:96], raw[96:128], raw[128:]}
}

// setPushName stores the profile name where linked clients learn it from. It is the first patch of its collection.
func (p *Phone) setPushName(name string) error {
	index, err := json.Marshal([]string{"setting_pushName"})
	if err != nil {
		return fmt.Errorf("encode index: %w", err)
	}
	action, err := proto.Marshal(&waSyncAction.SyncActionData{
		Index: index, Padding: []byte{}, Version: proto.Int32(pushNameVersion),
		Value: &waSyncAction.SyncActionValue{
			Timestamp:       proto.Int64(p.server().clock.Now().UnixMilli()),
			PushNameSetting: &waSyncAction.PushNameSetting{Name: proto.String(name)},
		},
	})
	if err != nil {
		return fmt.Errorf("encode push name: %w", err)
	}
	patch, err := p.state.firstPatch(criticalBlock, index, action)
	if err != nil {
		return err
	}
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	if !p.account.collection(criticalBlock).add(patch) {
		return fmt.Errorf("%w patch", ErrInvalid)
	}
	return nil
}

// firstPatch makes version 1 of a collection out of one setting.
func (k stateKey) firstPatch(collection string, index, action []byte) ([]byte, error) {
	secrets := k.expand()
	var iv [16]byte
	if _, err := rand.Read(iv[:]); err != nil {
		return nil, fmt.Errorf("draw iv: %w", err)
	}
	ciphertext, err := cbcutil.Encrypt(secrets.encryption, iv[:], action)
	if err != nil {
		return nil, fmt.Errorf("encrypt setting: %w", err)
	}
	body := join(iv[:], ciphertext)
	valueMAC := k.contentMAC(secrets.value, body)
	version := binary.BigEndian.AppendUint64(nil, 1)
	hash := hkdfutil.SHA256(valueMAC, nil, []byte("WhatsApp Patch Integrity"), 128) // added to an empty LTHash
	snapshotMAC := mac(secrets.snapshot, hash, version, []byte(collection))
	patchMAC := mac(secrets.patch, snapshotMAC, valueMAC, version, []byte(collection))
	keyID := &waServerSync.KeyId{ID: k.id[:]}
	raw, err := proto.Marshal(&waServerSync.SyncdPatch{
		Mutations: []*waServerSync.SyncdMutation{{
			Operation: waServerSync.SyncdMutation_SET.Enum(),
			Record: &waServerSync.SyncdRecord{
				Index: &waServerSync.SyncdIndex{Blob: mac(secrets.index, index)},
				Value: &waServerSync.SyncdValue{Blob: join(body, valueMAC)},
				KeyID: keyID,
			},
		}},
		SnapshotMAC: snapshotMAC, PatchMAC: patchMAC, KeyID: keyID, DeviceIndex: proto.Uint32(0),
	})
	if err != nil {
		return nil, fmt.Errorf("encode patch: %w", err)
	}
	return raw, nil
}

// contentMAC covers a SET's key and content.
func (k stateKey) contentMAC(secret, body []byte) []byte {
	const set = 1
	length := binary.BigEndian.AppendUint64(nil, uint64(len(k.id)+1))
	h := hmac.New(sha512.New, secret)
	for _, part := range [][]byte{{set}, k.id[:], body, length} {
		h.Write(part)
	}
	return h.Sum(nil)[:32]
}

func mac(secret []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, secret)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// greet sends a client what its phone has for a new device, once: the key to the settings.
func (p *Phone) greet(ctx context.Context, d *device) {
	d.mu.Lock()
	first := !d.greeted
	d.greeted = true
	d.mu.Unlock()
	if !first {
		return
	}
	if err := p.shareStateKey(ctx, d); err != nil {
		p.server().log.Warn("phone could not greet its new device", "error", err)
	}
}

func (p *Phone) shareStateKey(ctx context.Context, d *device) error {
	return p.peer(ctx, d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
			KeyID: &waE2E.AppStateSyncKeyId{KeyID: p.state.id[:]},
			KeyData: &waE2E.AppStateSyncKeyData{
				KeyData:     p.state.data[:],
				Timestamp:   proto.Int64(p.account.since.UnixMilli()),
				Fingerprint: &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(p.rawID), CurrentIndex: proto.Uint32(0)},
			},
		}}},
	}})
}
