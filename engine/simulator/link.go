package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// maxLinked is how many companion devices one phone may have.
const maxLinked = 4

// Device is a linked client as its phone lists it.
type Device struct {
	ID       int       `json:"id"`
	JID      string    `json:"jid"`
	Platform string    `json:"platform"`
	Name     string    `json:"name"` // what the client calls itself: its system, or a browser and a system
	Online   bool      `json:"online"`
	LinkedAt time.Time `json:"linked_at"`
	Dirty    []string  `json:"dirty,omitempty"` // what the client has yet to read anew: see MarkDirty
	Push     string    `json:"push,omitempty"`  // kind of push service that it registered at: "gcm", "apple", "web" …
}

func (d *device) public() Device {
	return Device{
		ID: int(d.id), JID: d.pn().String(), Platform: d.platform, Name: d.name, Online: d.isOnline(), LinkedAt: d.linkedAt,
		Dirty: d.dirtyBits(), Push: d.pushPlatform(),
	}
}

// admit makes a waiting client a linked device. secret is what proves to the client that the phone means it.
func (p *Phone) admit(ctx context.Context, pair *pairing, secret []byte) (Device, error) {
	if err := pair.claim(); err != nil {
		return Device{}, err
	}
	d, err := p.account.reserve(pair)
	if err == nil {
		if secret, err = p.askPasskey(ctx, pair, secret); err == nil {
			err = p.offer(ctx, pair, d, secret)
		}
	}
	if err != nil {
		pair.release()
		return Device{}, err
	}
	p.account.devicesChanged("add", d)
	select {
	case <-d.loggedIn:
		return d.public(), nil
	case <-ctx.Done():
		return Device{}, ctx.Err()
	case <-p.server().ctx.Done():
		return Device{}, ErrClosed
	}
}

func (p *Phone) offer(ctx context.Context, pair *pairing, d *device, secret []byte) error {
	signed, err := p.signIdentity(d)
	if err != nil {
		return err
	}
	sealed, err := seal(signed, secret)
	if err != nil {
		return err
	}
	props, err := proto.Marshal(&waCompanionReg.ClientPairingProps{
		IsChatDbLidMigrated: proto.Bool(p.form().Server == types.HiddenUserServer), IsSyncdPureLidSession: proto.Bool(true),
		IsSyncdSnapshotRecoveryEnabled: proto.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("encode pairing properties: %w", err)
	}
	o := &offer{id: p.server().nextID(), device: d, signed: signed, done: make(chan error, 1)}
	if err = pair.make(o); err != nil {
		return err
	}
	pair.conn.send(binary.Node{
		Tag:   "iq",
		Attrs: binary.Attrs{"from": types.ServerJID, "type": "set", "id": o.id, "t": p.server().clock.Unix()},
		Content: []binary.Node{{Tag: "pair-success", Content: []binary.Node{
			{Tag: "device-identity", Content: sealed},
			{Tag: "device", Attrs: binary.Attrs{"jid": d.pn(), "lid": d.hid()}},
			{Tag: "platform", Attrs: binary.Attrs{"name": "android"}},
			{Tag: "client-props", Content: props},
		}}},
	})
	select {
	case err = <-o.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-p.server().ctx.Done():
		return ErrClosed
	}
}

// reserve gives a new device its number; nothing knows it until link.
func (a *account) reserve(pair *pairing) (*device, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.devices) > maxLinked {
		return nil, fmt.Errorf("%w: a phone has at most %d linked devices", ErrRefused, maxLinked)
	}
	if a.nextDevice > maxDeviceID {
		return nil, fmt.Errorf("%w: this phone has used all of its device numbers", ErrRefused)
	}
	d := &device{
		account: a, id: a.nextDevice, keyIndex: uint32(a.nextDevice), linkedAt: a.server.clock.Now(),
		noiseKey: pair.conn.peer.NoiseKey, platform: strings.ToLower(pair.props.GetPlatformType().String()),
		name:     pair.name(),
		loggedIn: make(chan struct{}), wishes: wishesOf(pair.props),
	}
	a.nextDevice++
	d.keys.regID, d.keys.identity, d.keys.signed = pair.keys.regID, pair.keys.identity, pair.keys.signed
	return d, nil
}

func (a *account) link(d *device) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.devices) > maxLinked {
		return fmt.Errorf("%w: a phone has at most %d linked devices", ErrRefused, maxLinked)
	}
	a.devices[d.id] = d
	return a.signKeyList()
}

// signKeyList renews the signed list of the key indexes that are valid. The caller holds a.mu.
func (a *account) signKeyList() error {
	list := &waAdv.ADVKeyIndexList{
		RawID: proto.Uint32(a.phone.rawID.Load()), Timestamp: proto.Uint64(uint64(a.server.clock.Unix())),
		CurrentIndex: proto.Uint32(uint32(a.nextDevice - 1)), ValidIndexes: []uint32{0},
	}
	for id, d := range a.devices {
		if id != 0 {
			list.ValidIndexes = append(list.ValidIndexes, d.keyIndex)
		}
	}
	slices.Sort(list.ValidIndexes)
	details, err := proto.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode key indexes: %w", err)
	}
	signature := a.phone.keys.Sign(join([]byte(advKeyIndexPrefix), details))
	a.keyList, err = proto.Marshal(&waAdv.ADVSignedKeyIndexList{Details: details, AccountSignature: signature[:]})
	if err != nil {
		return fmt.Errorf("encode signed key indexes: %w", err)
	}
	return nil
}

// signIdentity makes the statement that d belongs to this phone.
func (p *Phone) signIdentity(d *device) (*waAdv.ADVSignedDeviceIdentity, error) {
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(p.rawID.Load()), Timestamp: proto.Uint64(uint64(d.linkedAt.Unix())),
		KeyIndex:    proto.Uint32(d.keyIndex),
		AccountType: waAdv.ADVEncryptionType_E2EE.Enum(), DeviceType: waAdv.ADVEncryptionType_E2EE.Enum(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode device identity: %w", err)
	}
	identity := p.keys.IdentityKey()
	signature := p.keys.Sign(join([]byte(advAccountPrefix), details, d.keys.identity[:]))
	return &waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: identity[:], AccountSignature: signature[:],
	}, nil
}

// Devices lists the linked clients.
func (p *Phone) Devices() []Device {
	out := []Device{}
	for _, d := range p.account.linked() {
		out = append(out, d.public())
	}
	return out
}

// Unlink removes a linked client, which is told so now or at its next login; ErrNotFound if there is none.
func (p *Phone) Unlink(id int) error {
	if id <= 0 || id > maxDeviceID {
		return fmt.Errorf("device %w", ErrNotFound)
	}
	d := p.account.device(uint16(id))
	if d == nil {
		return fmt.Errorf("device %w", ErrNotFound)
	}
	p.server().unlink(d, true)
	return nil
}

// unlink removes a device; tell says whether its client learns it by a stream error.
func (s *Server) unlink(d *device, tell bool) {
	a := d.account
	a.mu.Lock()
	_, known := a.devices[d.id]
	delete(a.devices, d.id)
	err := a.signKeyList()
	a.mu.Unlock()
	if err != nil {
		s.log.Error("key indexes not renewed", "error", err)
	}
	if !known {
		return
	}
	d.mu.Lock()
	c := d.conn
	d.removed, d.pending, d.live = true, queue{}, false
	d.mu.Unlock()
	if c != nil && tell {
		c.end(streamError("401", "device_removed"))
	} else if c != nil {
		c.finish()
	}
	d.unfollowAll()
	a.presenceChanged()
	a.phone.forget(d)
	a.phone.renewStateKey()
	a.devicesChanged("remove", d)
}

// devicesChanged tells the account's own clients and everybody who asked for its devices.
func (a *account) devicesChanged(what string, d *device) {
	devices := a.all()
	a.mu.Lock()
	watchers := maps.Clone(a.watchers)
	keyList := a.keyList
	a.mu.Unlock()
	a.tellOwnDevices(devices, d, keyList)
	for watcher, form := range watchers {
		for _, other := range watcher.linked() {
			other.push(a.deviceNotice(what, d, devices, form))
		}
	}
}

func (a *account) tellOwnDevices(devices []*device, changed *device, keyList []byte) {
	list := make([]binary.Node, 0, len(devices)+1)
	for _, d := range devices {
		list = append(list, binary.Node{Tag: "device", Attrs: binary.Attrs{"jid": d.pn(), "key-index": d.keyIndex}})
	}
	list = append(list, binary.Node{Tag: "key-index-list", Attrs: binary.Attrs{"ts": a.server.clock.Unix()}, Content: keyList})
	a.notify(changed, a.pn(), "account_sync", nil, binary.Node{
		Tag: "devices", Attrs: binary.Attrs{"dhash": deviceHash(devices, a.pn())}, Content: list,
	})
}

// deviceNotice tells of a change to the devices in the form in which the receiver asked for them; those who know the
// number learn the LIDs too.
func (a *account) deviceNotice(what string, d *device, devices []*device, form types.JID) binary.Node {
	more := binary.Attrs{}
	hashes := binary.Attrs{"device_hash": deviceHash(devices, form)}
	attrs := binary.Attrs{"jid": d.as(form), "key-index": d.keyIndex}
	if form.Server == types.DefaultUserServer {
		more["lid"], hashes["device_lid_hash"], attrs["lid"] = a.hid(), deviceHash(devices, a.hid()), d.hid()
	}
	return a.server.notification(a.as(form), "devices", more, binary.Node{
		Tag: what, Attrs: hashes, Content: []binary.Node{{Tag: "device", Attrs: attrs}},
	})
}

// deviceHash is the second version of the participant hash: six bytes of the SHA-256 over the sorted addresses.
func deviceHash(devices []*device, form types.JID) string {
	names := make([]string, len(devices))
	for i, d := range devices {
		names[i] = d.as(form).ADString()
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(sum[:6])
}
