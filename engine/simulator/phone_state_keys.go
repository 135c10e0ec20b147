package simulator

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// maxStateKeys bounds the keys that clients may give a phone.
const maxStateKeys = 100

// greet sends a client what its phone has for a new device, once.
func (p *Phone) greet(ctx context.Context, d *device) {
	d.mu.Lock()
	first := !d.greeted
	d.greeted = true
	d.mu.Unlock()
	if !first {
		return
	}
	if err := p.shareStateKeys(ctx, d, p.stateKeys()); err != nil {
		p.server().log.Warn("phone could not greet its new device", "error", err)
	}
	p.tellHistory(d)
}

// RotateStateKey makes the phone use a new key for settings from now on; what is written under old keys stays
// readable. share sends the key to the linked clients, as a phone does; without it they lack the key, as when the
// message with it was lost, and have to ask for it.
func (p *Phone) RotateStateKey(ctx context.Context, share bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key, err := p.nextStateKey()
	if err != nil || !share {
		return err
	}
	var failed []error
	for _, d := range p.account.linked() {
		failed = append(failed, p.shareStateKeys(ctx, d, []appstate.Key{key}))
	}
	return errors.Join(failed...)
}

func (p *Phone) nextStateKey() (appstate.Key, error) {
	st := p.state
	st.mu.Lock()
	defer st.mu.Unlock()
	active := st.ring.Active()
	// Clients that know only a key's time take the latest.
	made := p.server().clock.Now()
	if !made.After(active.Made.Add(time.Millisecond)) {
		made = active.Made.Add(time.Millisecond)
	}
	key, err := appstate.NewKey(0, active.Epoch+1, made)
	if err == nil {
		st.ring.Add(key)
	}
	return key, err
}

// renewStateKey follows the unlinking of a device, which knows the keys so far.
func (p *Phone) renewStateKey() {
	if err := p.RotateStateKey(p.server().ctx, true); err != nil {
		p.server().log.Warn("app state key not renewed", "error", err)
	}
}

func (p *Phone) expireStateKeys(epoch uint32) {
	p.state.mu.Lock()
	expired := p.state.ring.Active().Epoch <= epoch
	p.state.mu.Unlock()
	if expired {
		p.renewStateKey()
	}
}

func (p *Phone) stateKeys() []appstate.Key {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return p.state.ring.All()
}

// shareStateKeys sends a client keys, with the fingerprint of the device list to which they are given.
func (p *Phone) shareStateKeys(ctx context.Context, d *device, keys []appstate.Key) error {
	fingerprint := p.account.stateFingerprint()
	share := new(waE2E.AppStateSyncKeyShare)
	for _, k := range keys {
		share.Keys = append(share.Keys, &waE2E.AppStateSyncKey{
			KeyID: &waE2E.AppStateSyncKeyId{KeyID: k.ID()},
			KeyData: &waE2E.AppStateSyncKeyData{
				KeyData: k.Data[:], Timestamp: proto.Int64(k.Made.UnixMilli()), Fingerprint: fingerprint,
			},
		})
	}
	return p.peer(ctx, d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                 waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: share,
	}})
}

func (a *account) stateFingerprint() *waE2E.AppStateSyncKeyFingerprint {
	devices := a.all()
	out := &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(a.phone.rawID.Load()), CurrentIndex: proto.Uint32(0)}
	for _, d := range devices {
		out.DeviceIndexes = append(out.DeviceIndexes, d.keyIndex)
		out.CurrentIndex = proto.Uint32(max(out.GetCurrentIndex(), d.keyIndex))
	}
	return out
}

// stateKeysWanted answers a client that came upon a key which it lacks. What the phone does not have either it leaves
// out.
func (p *Phone) stateKeysWanted(d *device, request *waE2E.AppStateSyncKeyRequest) {
	var found []appstate.Key
	p.state.mu.Lock()
	for i, id := range request.GetKeyIDs() {
		if k, ok := p.state.ring.Find(id.GetKeyID()); ok && i < maxStateKeys {
			found = append(found, k)
		}
	}
	p.state.mu.Unlock()
	if len(found) == 0 {
		p.server().log.Info("client asks for app state keys that nobody has", "keys", len(request.GetKeyIDs()))
		return
	}
	if err := p.shareStateKeys(p.server().ctx, d, found); err != nil {
		p.server().log.Warn("app state keys not shared", "error", err)
	}
}

// wantStateKeys asks the linked clients for the key that a patch needs, which one of them made.
func (p *Phone) wantStateKeys(lacking error) {
	var missing *appstate.MissingKeyError
	if !errors.As(lacking, &missing) {
		return
	}
	for _, d := range p.account.linked() {
		err := p.peer(p.server().ctx, d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST.Enum(),
			AppStateSyncKeyRequest: &waE2E.AppStateSyncKeyRequest{
				KeyIDs: []*waE2E.AppStateSyncKeyId{{KeyID: missing.ID}},
			},
		}})
		if err != nil {
			p.server().log.Warn("app state key not asked for", "error", err)
		}
	}
}

// stateKeysGiven takes keys that a client made (WhatsApp Web makes some), or that the phone asked for.
func (p *Phone) stateKeysGiven(d *device, share *waE2E.AppStateSyncKeyShare) {
	var waiting []string
	p.state.mu.Lock()
	for _, given := range share.GetKeys() {
		k, ok := parseStateKey(given)
		if !ok || len(p.state.ring.All()) >= maxStateKeys {
			p.server().log.Info("client gives an app state key that can't be used", "device", d.id)
			continue
		}
		p.state.ring.Add(k)
	}
	for name := range p.state.blocked {
		waiting = append(waiting, name)
	}
	p.state.mu.Unlock()
	for _, name := range waiting {
		p.followState(name)
	}
}

func parseStateKey(given *waE2E.AppStateSyncKey) (appstate.Key, bool) {
	data := given.GetKeyData().GetKeyData()
	k, err := appstate.ParseKeyID(given.GetKeyID().GetKeyID())
	if err != nil || len(data) != len(k.Data) {
		return k, false
	}
	copy(k.Data[:], data)
	k.Made = instant(given.GetKeyData().GetTimestamp() / 1000)
	return k, true
}
