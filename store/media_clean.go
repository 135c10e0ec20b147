package store

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

func scanMediaKey(row scanner, k *engine.BlobOwner) error { return row.Scan(&k.Tenant, &k.Media) }

const (
	// What is still to be sent keeps its file, however old that is.
	agedMediaQuery = `SELECT f.tenant, f.id FROM media f WHERE f.state = 'stored' AND f.stored_at < $1
AND NOT EXISTS (SELECT 1 FROM media_uses u JOIN messages s ON s.tenant = u.tenant AND s.id = u.message
	WHERE u.tenant = f.tenant AND u.media = f.id AND s.delivery IN ('scheduled', 'queued', 'sending'))
ORDER BY f.stored_at LIMIT $2`
	// Nothing shows these: a message was deleted or merged away, or a file was
	// uploaded and never sent.
	unusedMediaQuery = `SELECT f.tenant, f.id FROM media f LEFT JOIN messages m ON m.tenant = f.tenant AND m.id = f.message
WHERE f.created_at < $1 AND (
	f.message <> '' AND (m.id IS NULL OR m.revoked_at > 0) OR
	f.message = '' AND NOT EXISTS (SELECT 1 FROM media_uses u JOIN messages s ON s.tenant = u.tenant AND s.id = u.message
		WHERE u.tenant = f.tenant AND u.media = f.id AND s.revoked_at = 0)
) ORDER BY f.created_at LIMIT $2`
)

// AgedMedia returns files that were stored before a time and that no message
// waits to be sent with.
func (s *Store) AgedMedia(ctx context.Context, before time.Time, limit int) ([]engine.BlobOwner, error) {
	keys, err := list(ctx, s.db, scanMediaKey, agedMediaQuery, millis(before), limit)
	return keys, translate(err)
}

// UnusedMedia returns files that no message shows and that were made before a
// time.
func (s *Store) UnusedMedia(ctx context.Context, before time.Time, limit int) ([]engine.BlobOwner, error) {
	keys, err := list(ctx, s.db, scanMediaKey, unusedMediaQuery, millis(before), limit)
	return keys, translate(err)
}

const (
	blobsOfQuery  = `SELECT f.hash, f.thumbnail FROM media f WHERE f.tenant = $1 AND f.id = $2`
	blobUsesQuery = `SELECT COUNT(*) FROM media f WHERE f.tenant = $1 AND (f.hash = $2 OR f.thumbnail = $2)`

	deleteUsesQuery    = `DELETE FROM media_uses WHERE tenant = $1 AND media = $2`
	deleteUploadsQuery = `DELETE FROM media_uploads WHERE tenant = $1 AND media = $2`
	deleteMediaQuery   = `DELETE FROM media WHERE tenant = $1 AND id = $2`
)

// unreferenced returns those of some hashes that no file of the tenant has.
func (t *tx) unreferenced(ctx context.Context, hashes ...string) ([]string, error) {
	var free []string
	for _, hash := range hashes {
		if hash == "" {
			continue
		}
		uses, err := one(ctx, t, column[int], blobUsesQuery, t.tenant, hash)
		if err != nil {
			return nil, err
		}
		if uses == 0 {
			free = append(free, hash)
		}
	}
	return free, nil
}

// ExpireMedia lets a stored file go, which its messages then show, and returns
// the hashes of what nothing refers to any more.
func (s *Store) ExpireMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID, note string) (free []string, err error) {
	err = s.changeMedia(ctx, tenant, id, func(ctx context.Context, t *tx, f *engine.MediaFile) error {
		hash, thumbnail := f.Hash, f.Thumbnail
		f.Media.State, f.Media.Note, f.Media.Thumbnail = engine.MediaExpired, note, false
		f.Hash, f.Thumbnail, f.Preview = "", "", nil
		about, err := encodePart(f.Media)
		if err != nil {
			return err
		}
		if err := t.saveMedia(ctx, f, about); err != nil { // before its references are counted
			return err
		}
		free, err = t.unreferenced(ctx, hash, thumbnail)
		return err
	})
	if err != nil {
		return nil, err
	}
	return free, nil
}

// DropMedia deletes the row of a file that no message shows, and returns the
// hashes of what nothing refers to any more.
func (s *Store) DropMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID) (free []string, err error) {
	err = s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		type blobs struct{ hash, thumbnail string }
		found, err := list(ctx, t, func(row scanner, b *blobs) error { return row.Scan(&b.hash, &b.thumbnail) }, blobsOfQuery, tenant, id)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, query := range []string{deleteUsesQuery, deleteUploadsQuery, deleteMediaQuery} {
			if _, err := t.exec(ctx, query, tenant, id); err != nil {
				return err
			}
		}
		free, err = t.unreferenced(ctx, found[0].hash, found[0].thumbnail)
		return err
	})
	if err != nil {
		return nil, err
	}
	return free, nil
}

const tenantIsHereQuery = `SELECT COUNT(*) FROM tenants WHERE id = $1`

// OrphanBlobs returns those of some hashes that no file of the tenant has.
// Of a tenant that isn't in this database it knows nothing, and returns none.
func (s *Store) OrphanBlobs(ctx context.Context, tenant engine.TenantID, hashes []string) ([]string, error) {
	here, err := one(ctx, s.db, column[int], tenantIsHereQuery, tenant)
	if err != nil || here == 0 {
		return nil, translate(err)
	}
	var free []string
	for _, hash := range hashes {
		uses, err := one(ctx, s.db, column[int], blobUsesQuery, tenant, hash)
		if err != nil {
			return nil, translate(err)
		}
		if uses == 0 {
			free = append(free, hash)
		}
	}
	return free, nil
}
