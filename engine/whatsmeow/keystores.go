package whatsmeow

import (
	"context"
	"maps"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// The stores that the library sees. A call that belongs to a decryption
// (vault.draftOf) works on its draft; the vault is locked then.

// sessionStore is [store.SessionStore] over a vault.
type sessionStore struct {
	vault *vault
	inner store.SessionStore
	// migrated are the numbers whose sessions were moved to a LID, as the
	// library's store remembers them too, for each connection. The vault's
	// lock guards it.
	migrated map[string]struct{}
}

// maxMigrated bounds the numbers that are remembered. One that was forgotten
// only makes the vault save.
const maxMigrated = 4096

// GetSession implements [store.SessionStore].
func (s *sessionStore) GetSession(ctx context.Context, address string) ([]byte, error) {
	if d := s.vault.draftOf(ctx); d != nil {
		return d.session(ctx, address)
	}
	if err := s.vault.lock(ctx); err != nil {
		return nil, err
	}
	defer s.vault.unlock()
	session, err := s.vault.session(ctx, address)
	if err != nil {
		return nil, err
	}
	if sending, ok := ctx.Value(sendingKey{}).(*sending); ok {
		sending.note(address, session)
	} else {
		s.vault.lend(address, session)
	}
	return session, nil
}

// HasSession implements [store.SessionStore].
func (s *sessionStore) HasSession(ctx context.Context, address string) (bool, error) {
	session, err := s.GetSession(ctx, address)
	return session != nil, err
}

// GetManySessions implements [store.SessionStore].
func (s *sessionStore) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	if err := s.vault.lock(ctx); err != nil {
		return nil, err
	}
	defer s.vault.unlock()
	found := make(map[string][]byte, len(addresses))
	var missing []string
	for _, address := range addresses {
		if c, ok := s.vault.sessions[address]; ok {
			found[address] = c.session
		} else {
			missing = append(missing, address)
		}
	}
	if len(missing) > 0 {
		read, err := s.inner.GetManySessions(ctx, missing)
		if err := s.vault.read(ctx, err); err != nil {
			return nil, err
		}
		maps.Copy(found, read)
	}
	if sending, ok := ctx.Value(sendingKey{}).(*sending); ok {
		for address, session := range found {
			sending.note(address, session)
		}
	}
	return found, nil
}

// PutSession implements [store.SessionStore].
func (s *sessionStore) PutSession(ctx context.Context, address string, session []byte) error {
	if d := s.vault.draftOf(ctx); d != nil {
		d.putSession(address, session)
		return nil
	}
	return s.vault.through(ctx, map[signalAddress][]byte{address: session})
}

// PutManySessions implements [store.SessionStore].
func (s *sessionStore) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	if d := s.vault.draftOf(ctx); d != nil {
		for address, session := range sessions {
			d.putSession(address, session)
		}
		return nil
	}
	return s.vault.through(ctx, sessions)
}

// DeleteSession implements [store.SessionStore].
func (s *sessionStore) DeleteSession(ctx context.Context, address string) error {
	if d := s.vault.draftOf(ctx); d != nil {
		d.deleteSession(address)
		return nil
	}
	return s.vault.change(ctx, func(ctx context.Context) error { return s.inner.DeleteSession(ctx, address) })
}

// DeleteAllSessions implements [store.SessionStore].
func (s *sessionStore) DeleteAllSessions(ctx context.Context, user string) error {
	return s.vault.change(ctx, func(ctx context.Context) error { return s.inner.DeleteAllSessions(ctx, user) })
}

// MigratePNToLID implements [store.SessionStore].
func (s *sessionStore) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	if err := s.vault.lock(ctx); err != nil {
		return err
	}
	defer s.vault.unlock()
	user := pn.SignalAddressUser()
	if _, done := s.migrated[user]; done {
		return nil
	}
	err := s.vault.changeLocked(ctx, func(ctx context.Context) error { return s.inner.MigratePNToLID(ctx, pn, lid) })
	if err != nil {
		return err
	}
	if s.migrated == nil || len(s.migrated) >= maxMigrated {
		s.migrated = make(map[string]struct{})
	}
	s.migrated[user] = struct{}{}
	return nil
}

// identityStore is [store.IdentityStore] over a vault.
type identityStore struct {
	vault *vault
	inner store.IdentityStore
}

// PutIdentity implements [store.IdentityStore]. A key that is known already is
// not written again, which the library asks for with every message.
func (s identityStore) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if d := s.vault.draftOf(ctx); d != nil {
		old, known, err := d.identity(ctx, address)
		if err == nil && (!known || old != key) {
			d.putIdentity(address, key)
		}
		return err
	}
	if err := s.vault.lock(ctx); err != nil {
		return err
	}
	defer s.vault.unlock()
	old, known, err := s.vault.identity(ctx, address)
	if err != nil || known && old == key {
		return err
	}
	delete(s.vault.identities, address) // whatever becomes of the write
	ctx, cancel := writing(ctx, s.vault.db)
	defer cancel()
	if err := s.inner.PutIdentity(ctx, address, key); err != nil {
		return s.vault.read(ctx, err)
	}
	s.vault.identify(address, key)
	return nil
}

// IsTrustedIdentity implements [store.IdentityStore]. A key that is not known
// is trusted.
func (s identityStore) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (bool, error) {
	if d := s.vault.draftOf(ctx); d != nil {
		known, ok, err := d.identity(ctx, address)
		return err == nil && (!ok || known == key), err
	}
	if err := s.vault.lock(ctx); err != nil {
		return false, err
	}
	defer s.vault.unlock()
	known, ok, err := s.vault.identity(ctx, address)
	return err == nil && (!ok || known == key), err
}

// DeleteIdentity implements [store.IdentityStore].
func (s identityStore) DeleteIdentity(ctx context.Context, address string) error {
	if d := s.vault.draftOf(ctx); d != nil {
		d.deleteIdentity(address)
		return nil
	}
	if err := s.vault.lock(ctx); err != nil {
		return err
	}
	renewed := s.vault.renewed
	s.vault.unlock()
	if err := renewed(address, false); err != nil {
		return err
	}
	return s.vault.change(ctx, func(ctx context.Context) error { return s.inner.DeleteIdentity(ctx, address) })
}

// DeleteAllIdentities implements [store.IdentityStore].
func (s identityStore) DeleteAllIdentities(ctx context.Context, user string) error {
	return s.vault.change(ctx, func(ctx context.Context) error { return s.inner.DeleteAllIdentities(ctx, user) })
}

// preKeyStore is [store.PreKeyStore] over a vault. The keys themselves are
// always in the database.
type preKeyStore struct {
	store.PreKeyStore
	vault *vault
	db    *dbutil.Database
}

// GetOrGenPreKeys makes keys in one transaction. The library makes one for each
// of the 812 that a device uploads when it is linked.
func (s preKeyStore) GetOrGenPreKeys(ctx context.Context, count uint32) (made []*keys.PreKey, err error) {
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		made, err = s.PreKeyStore.GetOrGenPreKeys(ctx, count)
		return err
	})
	return made, err
}

// RemovePreKey deletes a key together with saving the session made with it.
func (s preKeyStore) RemovePreKey(ctx context.Context, id uint32) error {
	if d := s.vault.draftOf(ctx); d != nil {
		d.change(func(ctx context.Context) error { return s.PreKeyStore.RemovePreKey(ctx, id) })
		return nil
	}
	return s.PreKeyStore.RemovePreKey(ctx, id)
}

// senderKeyStore is [store.SenderKeyStore] over a vault. The keys themselves
// are always in the database.
type senderKeyStore struct {
	store.SenderKeyStore
	vault *vault
}

// PutSenderKey saves a key together with the message that was decrypted.
func (s senderKeyStore) PutSenderKey(ctx context.Context, group, user string, key []byte) error {
	if d := s.vault.draftOf(ctx); d != nil {
		d.change(func(ctx context.Context) error { return s.SenderKeyStore.PutSenderKey(ctx, group, user, key) })
		return nil
	}
	return s.SenderKeyStore.PutSenderKey(ctx, group, user, key)
}

// eventBuffer is [store.EventBuffer] over a vault. The library clears out the
// old rows of *all* devices whenever a client sees its first message, with a
// query that reads the whole table; here that happens once in a while for all
// of them together.
type eventBuffer struct {
	store.EventBuffer
	vault   *vault
	janitor *janitor
}

// GetBufferedEvent returns what was decrypted of a ciphertext and is not
// stored yet.
func (b *eventBuffer) GetBufferedEvent(ctx context.Context, h [32]byte) (*store.BufferedEvent, error) {
	v := b.vault
	if err := v.lock(ctx); err != nil {
		return nil, err
	}
	defer v.unlock()
	if event, ok := v.inbox.get(h); ok {
		return event, nil
	}
	if v.inbox.rows == nil {
		known, err := v.loadEvents(ctx)
		if err := v.read(ctx, err); err != nil {
			return nil, err
		}
		v.inbox.rows = known
		v.wake()
	}
	if !v.inbox.rows.maybe(h) {
		return nil, nil
	}
	event, err := b.EventBuffer.GetBufferedEvent(ctx, h)
	return event, v.read(ctx, err)
}

// PutBufferedEvent takes what was decrypted.
func (b *eventBuffer) PutBufferedEvent(ctx context.Context, h [32]byte, text []byte, at time.Time) error {
	v := b.vault
	event := pending{text: text, at: at}
	if d := v.draftOf(ctx); d != nil {
		d.event = &decrypted{hash: h, pending: event}
		return nil
	}
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()
	v.inbox.put(h, event)
	return v.save(ctx)
}

// DoDecryptionTxn runs a decryption.
func (b *eventBuffer) DoDecryptionTxn(ctx context.Context, run func(context.Context) error) error {
	return b.vault.decrypt(ctx, run)
}

// ClearBufferedEventPlaintext notes that a message is stored.
func (b *eventBuffer) ClearBufferedEventPlaintext(ctx context.Context, h [32]byte) error {
	v := b.vault
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()
	v.inbox.clear(h)
	v.wake()
	if v.due() {
		return v.save(ctx)
	}
	return nil
}

// DeleteOldBufferedHashes deletes what is too old to be delivered again.
func (b *eventBuffer) DeleteOldBufferedHashes(ctx context.Context) error {
	if !b.janitor.due(time.Now()) {
		return nil
	}
	return b.EventBuffer.DeleteOldBufferedHashes(ctx)
}
