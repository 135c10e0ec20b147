package whatsmeow

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
)

// What a seat keeps in memory, and for how long.
const (
	// saveEvery is how long what was received may be in memory only.
	saveEvery = time.Second
	// saveAfter is after how many messages it is saved in any case. libsignal
	// skips at most 2,000 keys of a chain (session.maxFutureMessages).
	saveAfter = 128
	// maxUnsaved is a hard bound for the same, if messages are not stored.
	maxUnsaved = 2 * saveAfter
	// maxPending and maxPendingBytes bound the texts that are not stored yet.
	maxPending      = 16
	maxPendingBytes = 256 << 10
	// maxSessions and maxSessionBytes bound the sessions.
	maxSessions     = 128
	maxSessionBytes = 256 << 10
	// maxIdentities bounds the identity keys, of some 100 bytes each.
	maxIdentities = 256
	// maxHandled is how many messages that were stored are remembered, and
	// how many rows of stored ones may wait to be deleted.
	maxHandled = 64
	// restAfter is after how long without use everything is forgotten that
	// the database has too.
	restAfter = 2 * time.Minute
)

// signalAddress is what the library calls the one at the other end of a session.
type signalAddress = string

// hash identifies a ciphertext.
type hash = [32]byte

// vault keeps the keys of one device in memory and the database behind it. All
// connections of the device share it, since the library's goroutines may
// outlive theirs. The package's documentation says why nothing is lost.
type vault struct {
	jid     string
	db      *dbutil.Database
	commits *commits
	flusher *flusher

	mu      sync.Mutex // held while the database is written, and over each decryption
	inner   store.AllSessionSpecificStores
	broken  func(error)                                      // ends the connection: nothing must be acknowledged on it any more
	renewed func(address signalAddress, received bool) error // stores that somebody has new keys: see [session.renewed]
	gone    bool                                             // the device was forgotten
	failure error                                            // what broken is to be called with
	// suspect says that the last write failed. Until one succeeds, nothing is
	// left in memory only.
	suspect bool
	awake   bool // the flusher looks after the vault
	used    time.Time

	sessions   map[signalAddress]cached
	size       int       // bytes of all sessions
	dirty      int       // sessions that the database has not got
	unsaved    int       // messages decrypted since everything was saved
	since      time.Time // of the first of them
	identities map[signalAddress][32]byte
	lent       map[signalAddress][]byte // sessions as the library read them to change them: see lend
	inbox      inbox

	tokens tokens // with a lock of its own, which may be taken within mu
}

// cached is a session in memory. A nil session stands for none.
type cached struct {
	session []byte // never changed
	dirty   bool
}

// errNested tells that a decryption has called what the library calls only
// outside of one.
var errNested = errors.New("not possible within a decryption")

// lock begins a use of the vault. The caller calls unlock if it returns nil.
func (v *vault) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.draftOf(ctx) != nil {
		return errNested // it would wait for itself
	}
	v.mu.Lock()
	if v.gone {
		v.mu.Unlock()
		return store.ErrDeviceDeleted
	}
	v.used = time.Now()
	return nil
}

// unlock ends a use of the vault, and the connection if the database failed.
func (v *vault) unlock() {
	failure, broken := v.failure, v.broken
	v.failure = nil
	v.mu.Unlock()
	if failure != nil && broken != nil {
		broken(failure)
	}
}

// attach makes a connection the one that fails with the database, and that
// stores who has new keys.
func (v *vault) attach(inner store.AllSessionSpecificStores, broken func(error), renewed func(signalAddress, bool) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inner, v.broken, v.renewed = inner, broken, renewed
}

// forget keeps everything from being saved from now on.
func (v *vault) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone = true
	v.empty()
}

// empty forgets everything, saved or not.
func (v *vault) empty() {
	v.sessions, v.size, v.dirty, v.unsaved = nil, 0, 0, 0
	v.identities = nil
	for address := range v.lent { // what was made of it is no successor of what is read next
		v.lent[address] = lostSession
	}
	v.inbox = inbox{}
	v.tokens.forget()
}

// read is called with the result of every query. A failure ends the
// connection, unless it is the caller who gave up: the library would go on and
// acknowledge the message that it could not decrypt.
func (v *vault) read(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		v.failure = err
	}
	return err
}

// session returns the session with an address, or nil. The caller holds mu.
func (v *vault) session(ctx context.Context, address signalAddress) ([]byte, error) {
	if c, ok := v.sessions[address]; ok {
		return c.session, nil
	}
	session, err := v.inner.GetSession(ctx, address)
	if err := v.read(ctx, err); err != nil {
		return nil, err
	}
	if session != nil {
		v.keep(address, session, false)
	}
	return session, nil
}

// keep puts a session into memory. The caller holds mu, and saves if there is
// no room.
func (v *vault) keep(address signalAddress, session []byte, dirty bool) {
	v.drop(address)
	for other, c := range v.sessions {
		if len(v.sessions) < maxSessions && v.size+len(session) <= maxSessionBytes {
			break
		}
		if !c.dirty {
			v.drop(other)
		}
	}
	if v.sessions == nil {
		v.sessions = make(map[signalAddress]cached)
	}
	v.sessions[address] = cached{session: session, dirty: dirty}
	v.size += len(session)
	if dirty {
		v.dirty++
	}
	v.wake()
}

// drop takes a session out of memory. The caller holds mu.
func (v *vault) drop(address signalAddress) {
	c, ok := v.sessions[address]
	if !ok {
		return
	}
	delete(v.sessions, address)
	v.size -= len(c.session)
	if c.dirty {
		v.dirty--
	}
}

// identity returns the key that an address is known by. The caller holds mu.
func (v *vault) identity(ctx context.Context, address signalAddress) (key [32]byte, known bool, err error) {
	if key, known := v.identities[address]; known {
		return key, true, nil
	}
	key, known, err = v.loadIdentity(ctx, address)
	if err := v.read(ctx, err); err != nil {
		return key, false, err
	}
	if known {
		v.identify(address, key)
	}
	return key, known, nil
}

// identify puts a key that the database has into memory. The caller holds mu.
func (v *vault) identify(address signalAddress, key [32]byte) {
	if v.identities == nil {
		v.identities = make(map[signalAddress][32]byte)
	}
	for other := range v.identities {
		if len(v.identities) < maxIdentities {
			break
		}
		delete(v.identities, other)
	}
	v.identities[address] = key
	v.wake()
}

// wake has the flusher look after the vault. The caller holds mu.
func (v *vault) wake() {
	if !v.awake {
		v.awake = true
		v.flusher.add(v)
	}
}

// full says that what was received must be saved now. The caller holds mu.
func (v *vault) full() bool {
	return v.unsaved >= maxUnsaved || v.inbox.full() ||
		v.dirty > 0 && (len(v.sessions) > maxSessions || v.size > maxSessionBytes)
}

// due says that it is time to save. The caller holds mu.
func (v *vault) due() bool {
	return v.full() || v.unsaved >= saveAfter || len(v.inbox.stored) >= maxHandled ||
		v.unsaved > 0 && v.used.Sub(v.since) >= saveEvery
}

// clean says that the database has everything. The caller holds mu.
func (v *vault) clean() bool {
	return v.dirty == 0 && len(v.inbox.pending) == 0 && len(v.inbox.stored) == 0
}

// save writes everything that is in memory only. The caller holds mu.
func (v *vault) save(ctx context.Context) error { return v.transact(ctx, v.write) }

// transact runs a transaction in which [vault.write] is called: with each, the
// database goes from one state that the seat could have crashed in to the
// next. It may run twice. If it fails, it is as if the process had crashed: whether the database
// was written or not, it is now the truth, and what is not acknowledged comes
// again. The caller holds mu.
func (v *vault) transact(ctx context.Context, run func(context.Context) error) error {
	return v.written(v.commits.make(ctx, run))
}

// written takes note of the end of a transaction.
func (v *vault) written(err error) error {
	if err != nil {
		v.empty()
		v.suspect, v.failure = true, err
		return err
	}
	v.saved()
	return nil
}

// write writes everything that is in memory only, within a transaction.
func (v *vault) write(ctx context.Context) error {
	for address, c := range v.sessions {
		if !c.dirty {
			continue
		}
		if err := v.inner.PutSession(ctx, address, c.session); err != nil {
			return err
		}
	}
	return v.writeEvents(ctx)
}

// saved notes that the database has everything. The caller holds mu.
func (v *vault) saved() {
	if v.dirty > 0 {
		for address, c := range v.sessions {
			if c.dirty {
				v.sessions[address] = cached{session: c.session}
			}
		}
	}
	v.dirty, v.unsaved, v.suspect = 0, 0, false
	v.inbox.saved()
}

// through saves sessions that must not be in memory only: the other side gets
// to know of them.
func (v *vault) through(ctx context.Context, sessions map[signalAddress][]byte) error {
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()
	if sending, ok := ctx.Value(sendingKey{}).(*sending); ok {
		if err := v.unmoved(ctx, sending, sessions); err != nil {
			return err
		}
	} else if err := v.returned(ctx, sessions); err != nil {
		return err
	}
	for address, session := range sessions {
		v.keep(address, session, true)
	}
	return v.transact(ctx, func(ctx context.Context) error {
		if err := v.write(ctx); err != nil {
			return err
		}
		return saveSecret(ctx)
	})
}

// change makes a change of the database that may concern sessions and
// identities of several addresses, which are read anew afterwards.
func (v *vault) change(ctx context.Context, change func(context.Context) error) error {
	if err := v.lock(ctx); err != nil {
		return err
	}
	defer v.unlock()
	return v.changeLocked(ctx, change)
}

// changeLocked is change for a caller that holds mu.
func (v *vault) changeLocked(ctx context.Context, change func(context.Context) error) error {
	ctx, cancel := writing(ctx, v.db)
	defer cancel()
	// Not together with others': the library's store may remember what it did.
	err := v.written(v.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if err := v.write(ctx); err != nil {
			return err
		}
		return change(ctx)
	}))
	if err != nil {
		return err
	}
	v.sessions, v.size = nil, 0
	v.identities = nil
	return nil
}

// flush saves everything, whoever may have given up meanwhile.
func (v *vault) flush() error {
	v.mu.Lock()
	defer v.unlock()
	if v.gone || v.clean() {
		return nil
	}
	return v.save(context.Background())
}

// look saves what is due, and forgets what was not used for long. It reports
// whether there is more to look after. A vault in use looks after itself.
func (v *vault) look(now time.Time) (more bool) {
	if !v.mu.TryLock() {
		return true
	}
	defer v.unlock()
	switch {
	case v.gone:
	case !v.clean():
		// A failure ends the connection.
		_ = v.save(context.Background())
		return true
	case now.Sub(v.used) < restAfter:
		return true
	default:
		v.empty()
	}
	v.awake = false
	return false
}
