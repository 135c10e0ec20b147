package simulator

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

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

// Scan links the client whose QR text this is, as a person scanning it would, and waits until the client has logged
// in once. It fails with ErrInvalid (no such code), ErrExpired, ErrRefused or ctx's error; a client that was linked
// but did not come back before ctx ended stays linked.
func (p *Phone) Scan(ctx context.Context, qr string) (Device, error) {
	read, err := parseCode(qr)
	if err != nil {
		return Device{}, err
	}
	pair, err := p.server().pairings.find(read.ref)
	if err != nil {
		return Device{}, err
	}
	if pair.conn.peer.NoiseKey != read.noiseKey || pair.keys.identity != read.identity {
		return Device{}, fmt.Errorf("%w pairing code: keys of another client", ErrInvalid)
	}
	p.mu.Lock()
	old := p.withoutMultiDevice
	p.mu.Unlock()
	if old {
		// The code stays good (whatsmeow's events.QRScannedWithoutMultidevice).
		pair.conn.send(binary.Node{
			Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{{Tag: "downgrade_webclient"}},
		})
		return Device{}, fmt.Errorf("%w: the phone is too old to link devices; see SetMultiDevice", ErrRefused)
	}
	return p.admit(ctx, pair, read.secret)
}

// SetMultiDevice says whether the phone's app knows linked devices, as today's do. One that doesn't can't link a client:
// the client is told so when its code is scanned.
func (p *Phone) SetMultiDevice(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.withoutMultiDevice = !on
}
