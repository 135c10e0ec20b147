package whatsmeow

import (
	"context"
)

// draft is what one decryption changes. It becomes true as a whole, or not at
// all if the decryption fails. The vault is locked while there is one.
type draft struct {
	vault      *vault
	sessions   map[signalAddress][]byte    // nil: deleted
	identities map[signalAddress]*[32]byte // nil: deleted
	renewed    []signalAddress             // whose key was deleted, since it is another one now
	changes    []func(context.Context) error
	// through says that the new state can't be reached from the old one again,
	// so that it must not be in memory only.
	through bool
	event   *decrypted
}

// decrypted is the message that a draft is about.
type decrypted struct {
	hash hash
	pending
}

type draftKey struct{}

// draftOf returns the decryption that a call belongs to, or nil.
func (v *vault) draftOf(ctx context.Context) *draft {
	if d, ok := ctx.Value(draftKey{}).(*draft); ok && d.vault == v {
		return d
	}
	return nil
}

// decrypt runs a decryption.
func (v *vault) decrypt(ctx context.Context, run func(context.Context) error) error {
	if v.draftOf(ctx) != nil {
		return run(ctx)
	}
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()
	d := &draft{vault: v}
	if err := run(context.WithValue(ctx, draftKey{}, d)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, address := range d.renewed { // after a crash the old key shows it again
		if err := v.renewed(address, true); err != nil {
			return err
		}
	}
	return v.commit(ctx, d)
}

// commit makes what a decryption has changed true.
func (v *vault) commit(ctx context.Context, d *draft) error {
	for address, session := range d.sessions {
		if session == nil {
			v.drop(address)
		} else {
			v.keep(address, session, true)
		}
	}
	if d.event != nil {
		v.inbox.put(d.event.hash, d.event.pending)
	}
	if v.unsaved == 0 {
		v.since = v.used
	}
	v.unsaved++
	v.wake()
	if !d.through && len(d.changes) == 0 && !v.suspect && !v.full() {
		return nil
	}
	if err := v.transact(ctx, d.write); err != nil {
		return err
	}
	v.learn(d.identities)
	return nil
}

// write makes the draft's changes, and then saves the sessions after them.
func (d *draft) write(ctx context.Context) error {
	for _, change := range d.changes {
		if err := change(ctx); err != nil {
			return err
		}
	}
	return d.vault.write(ctx)
}

// learn takes identities that were saved or deleted. The library's store may
// delete more of them than it was asked to, since an address is a pattern to
// it (store/sqlstore/store.go, DeleteIdentity).
func (v *vault) learn(identities map[signalAddress]*[32]byte) {
	for _, key := range identities {
		if key == nil {
			v.identities = nil
		}
	}
	for address, key := range identities {
		if key != nil {
			v.identify(address, *key)
		}
	}
}

// session returns the session with an address, or nil.
func (d *draft) session(ctx context.Context, address signalAddress) ([]byte, error) {
	if session, ok := d.sessions[address]; ok {
		return session, nil
	}
	return d.vault.session(ctx, address)
}

// putSession takes the session after the decryption. A session that the
// database doesn't have at all is saved at once.
func (d *draft) putSession(address signalAddress, session []byte) {
	if _, known := d.vault.sessions[address]; !known {
		d.through = true
	}
	if d.sessions == nil {
		d.sessions = make(map[signalAddress][]byte, 1)
	}
	d.sessions[address] = session
}

// deleteSession deletes a session.
func (d *draft) deleteSession(address signalAddress) {
	d.putSession(address, nil)
	d.change(func(ctx context.Context) error { return d.vault.inner.DeleteSession(ctx, address) })
}

// identity returns the key that an address is known by.
func (d *draft) identity(ctx context.Context, address signalAddress) (key [32]byte, known bool, err error) {
	if key, ok := d.identities[address]; ok {
		if key == nil {
			return [32]byte{}, false, nil
		}
		return *key, true, nil
	}
	return d.vault.identity(ctx, address)
}

// putIdentity takes the key of an address.
func (d *draft) putIdentity(address signalAddress, key [32]byte) {
	d.setIdentity(address, &key)
	d.change(func(ctx context.Context) error { return d.vault.inner.PutIdentity(ctx, address, key) })
}

// deleteIdentity forgets the key of an address.
func (d *draft) deleteIdentity(address signalAddress) {
	d.setIdentity(address, nil)
	d.renewed = append(d.renewed, address)
	d.change(func(ctx context.Context) error { return d.vault.inner.DeleteIdentity(ctx, address) })
}

func (d *draft) setIdentity(address signalAddress, key *[32]byte) {
	if d.identities == nil {
		d.identities = make(map[signalAddress]*[32]byte, 1)
	}
	d.identities[address] = key
}

// change adds what is to be done in the transaction.
func (d *draft) change(change func(context.Context) error) {
	d.changes = append(d.changes, change)
}
