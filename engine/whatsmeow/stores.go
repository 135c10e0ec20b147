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

// wrap puts our own layers over the stores of a linked device, fresh from the
// container.
func (p *Provider) wrap(device *store.Device) {
	device.Container = p.keeper
	device.EventBuffer = &eventBuffer{EventBuffer: device.EventBuffer, janitor: p.janitor}
}

// keeper keeps devices that were forgotten from being saved again by what the
// library still does for them.
type keeper struct {
	*sqlstore.Container
	mu        sync.Mutex
	forgotten map[types.JID]struct{}
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

func (k *keeper) forget(jid types.JID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgotten == nil {
		k.forgotten = make(map[types.JID]struct{})
	}
	k.forgotten[jid] = struct{}{}
}

// welcome makes a JID one that may be saved: a new device may get the name of
// an old one.
func (k *keeper) welcome(jid types.JID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.forgotten, jid)
}

// eventBuffer holds what was decrypted until it is stored. The library clears
// out the old rows of *all* devices whenever a client sees its first message,
// with a query that reads the whole table; here that happens once in a while
// for all of them together.
type eventBuffer struct {
	store.EventBuffer
	janitor *janitor
}

// DeleteOldBufferedHashes deletes what is too old to be delivered again.
func (b *eventBuffer) DeleteOldBufferedHashes(ctx context.Context) error {
	if !b.janitor.due(time.Now()) {
		return nil
	}
	return b.EventBuffer.DeleteOldBufferedHashes(ctx)
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
