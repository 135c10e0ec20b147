package simulator

import (
	"context"
	"fmt"
	"maps"

	"go.mau.fi/whatsmeow/binary"
)

// Reinstall gives the phone's app new keys, as installing it anew does: its clients are unlinked (those that are offline
// learn at their next login that the phone is gone), everybody who knew the old identity is told that it changed, and
// what others encrypt for the old one can't be read.
func (p *Phone) Reinstall(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.renewKeys(); err != nil {
		return err
	}
	a, s := p.account, p.server()
	linked := a.linked()
	a.mu.Lock()
	a.firstDevice = a.nextDevice
	a.mu.Unlock()
	for _, d := range linked {
		s.unlink(d, true)
	}
	a.mu.Lock()
	err := a.signKeyList()
	watchers := maps.Clone(a.watchers)
	a.mu.Unlock()
	if err != nil {
		return err
	}
	for _, other := range s.directory.all() {
		if other != a {
			other.phone.forget(p.device)
		}
	}
	for watcher, form := range watchers {
		watcher.notify(nil, a.as(form), "encrypt", nil, binary.Node{Tag: "identity"})
	}
	return nil
}

func (p *Phone) renewKeys() error {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	p.mu.Lock()
	err := p.keys.Renew()
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("make the phone's keys: %w", err)
	}
	p.rawID.Add(1)
	p.publish()
	return nil
}

// isOld says whether a device number was given by an earlier installation of the phone's app.
func (a *account) isOld(id uint16) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return id < a.firstDevice
}
