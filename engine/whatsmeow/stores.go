package whatsmeow

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
	"go.mau.fi/whatsmeow/types"
)

// newContainer returns the store of keys that all seats share.
func newContainer(db *dbutil.Database, log *slog.Logger) *sqlstore.Container {
	// As sqlstore.NewWithDB does, which panics on a dialect it doesn't know.
	db.UpgradeTable = upgrades.Table
	db.VersionTable = "whatsmeow_version"
	return sqlstore.NewWithWrappedDB(db, libraryLog{log})
}

// countPreKeysIndex lets the library count the one-time keys that WhatsApp has
// of a device, which it does at each login, without reading each of the 812.
const countPreKeysIndex = `CREATE INDEX IF NOT EXISTS aibud_pre_keys_uploaded ON whatsmeow_pre_keys (jid, uploaded)`

// upgradeKeys brings the library's tables up to date, and our index on them.
func upgradeKeys(ctx context.Context, db *dbutil.Database, container *sqlstore.Container) error {
	if err := container.Upgrade(ctx); err != nil {
		return err
	}
	_, err := db.Exec(ctx, countPreKeysIndex)
	return err
}

// wrap puts our own layers over the stores of a linked device, fresh from the
// container. broken is called when the database fails: it must see to it that
// nothing is acknowledged any more. renewed stores that somebody has new keys.
func (p *Provider) wrap(device *store.Device, broken func(error), renewed func(signalAddress, bool) error) {
	inner, ok := device.Sessions.(store.AllSessionSpecificStores)
	if !ok {
		return // a future version of the library; a test would notice
	}
	v := p.keeper.vault(device.GetJID())
	v.attach(inner, broken, renewed)
	device.Container = p.keeper
	device.Sessions = &sessionStore{vault: v, inner: inner}
	device.Identities = identityStore{vault: v, inner: inner}
	device.PreKeys = preKeyStore{PreKeyStore: inner, vault: v, db: p.keeper.db}
	device.SenderKeys = senderKeyStore{SenderKeyStore: inner, vault: v}
	device.PrivacyTokens = tokenStore{inner: inner, tokens: &v.tokens}
	device.EventBuffer = &eventBuffer{EventBuffer: inner, vault: v, janitor: p.janitor}
}

// keeper has the vaults of all devices, and keeps devices that were forgotten
// from being saved again by what the library still does for them.
type keeper struct {
	*sqlstore.Container
	db      *dbutil.Database
	commits *commits
	flusher *flusher

	mu        sync.Mutex
	vaults    map[types.JID]*vault
	forgotten map[types.JID]struct{}
}

func newKeeper(db *dbutil.Database, container *sqlstore.Container) *keeper {
	return &keeper{
		Container: container, db: db, commits: newCommits(db), flusher: newFlusher(),
		vaults: make(map[types.JID]*vault), forgotten: make(map[types.JID]struct{}),
	}
}

// vault returns the vault of a device.
func (k *keeper) vault(jid types.JID) *vault {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.vaults[jid]
	if !ok {
		v = &vault{jid: jid.String(), db: k.db, commits: k.commits, flusher: k.flusher}
		k.vaults[jid] = v
	}
	return v
}

// flush saves what the vault of a device has in memory only.
func (k *keeper) flush(jid types.JID) error {
	k.mu.Lock()
	v := k.vaults[jid]
	k.mu.Unlock()
	if v == nil {
		return nil
	}
	return v.flush()
}

// PutDevice saves a device unless it was forgotten.
func (k *keeper) PutDevice(ctx context.Context, device *store.Device) error {
	k.mu.Lock()
	_, gone := k.forgotten[device.GetJID()]
	k.mu.Unlock()
	if gone {
		return store.ErrDeviceDeleted
	}
	return k.Container.PutDevice(ctx, device)
}

// deleteTokensQuery deletes what the library's tables don't delete with a
// device.
const deleteTokensQuery = `DELETE FROM whatsmeow_privacy_tokens WHERE our_jid=$1`

// DeleteDevice deletes the keys of a device. If it fails, they are as they
// were after a crash.
func (k *keeper) DeleteDevice(ctx context.Context, device *store.Device) error {
	jid := device.GetJID()
	k.forget(jid)
	err := k.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if _, err := k.db.Exec(ctx, deleteTokensQuery, jid.String()); err != nil {
			return err
		}
		return k.Container.DeleteDevice(ctx, device)
	})
	if err != nil {
		k.welcome(jid)
	}
	return err
}

// forget keeps a device from being saved again.
func (k *keeper) forget(jid types.JID) {
	k.mu.Lock()
	v := k.vaults[jid]
	delete(k.vaults, jid)
	k.forgotten[jid] = struct{}{}
	k.mu.Unlock()
	if v != nil {
		v.forget()
	}
}

// welcome makes a JID one that may be saved: a new device may get the name of
// an old one, of which nothing must be left.
func (k *keeper) welcome(jid types.JID) {
	k.forget(jid)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.forgotten, jid)
}

// cleaning is how often the event buffer is cleared out.
const cleaning = 12 * time.Hour

// janitor remembers when the event buffer was cleared out.
type janitor struct {
	log  *slog.Logger
	mu   sync.Mutex
	last time.Time
}

func (j *janitor) due(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now.Sub(j.last) < cleaning {
		return false
	}
	j.last = now
	j.log.Debug("clearing out old decrypted events")
	return true
}
