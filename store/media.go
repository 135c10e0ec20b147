package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/myaibud/aibud/engine"
)

// file is what a message's file needs beside the message: see addFile.
type file struct {
	chat, sender engine.Party
}

// expectFile gives the file of a message that came in its place: an ID, and
// where it is now.
func (m *message) expectFile(fact *engine.Incoming) {
	if m.Content == nil || m.Content.Media == nil || m.Kind.Amends() {
		return
	}
	content, media := *m.Content, *m.Content.Media
	content.Media, m.Content = &media, &content // the fact's may be used again
	switch {
	case content.ViewOnce:
		media.State, media.Preview = engine.MediaViewOnce, nil
		media.Note = "Its sender wants it to be seen once. Open it on the phone."
		return
	case len(m.Raw) == 0:
		media.State, media.Note = engine.MediaFailed, "The message came without what is needed to fetch its file. Look at it on the phone."
		return
	case m.history:
		media.State = engine.MediaOffered
	default:
		media.State = engine.MediaWaiting
	}
	media.ID, media.Thumbnail = engine.MediaID(engine.NewID()), len(media.Preview) > 0
	m.file = &file{chat: fact.Chat, sender: fact.Sender}
}

const insertMediaQuery = `INSERT INTO media (tenant, id, seat, message, chat_phone, chat_lid, sender_phone, sender_lid, state, about,
hash, thumbnail, preview, source, path, answer, asked, asked_at, parked, created_at, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', NULL, 0, 0, false, $15, $16)`

// addFile stores what a message's file is, and lets it be fetched.
func (t *tx) addFile(ctx context.Context, m *message) error {
	if m.file == nil {
		return nil
	}
	media := m.Content.Media
	about, err := encodePart(media)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, insertMediaQuery, t.tenant, media.ID, m.Seat, m.ID, m.file.chat.Phone, m.file.chat.LID, m.file.sender.Phone,
		m.file.sender.LID, media.State, about, "", "", media.Preview, "", millis(t.now), 0)
	if err != nil || media.State != engine.MediaWaiting {
		return err
	}
	return t.fetch(ctx, media.ID, time.Time{})
}

// fetch enqueues the job that fetches a file.
func (t *tx) fetch(ctx context.Context, id engine.MediaID, at time.Time) error {
	return t.Enqueue(ctx, engine.MediaDownloadArgs{Tenant: t.tenant, Media: id},
		engine.JobOptions{Queue: engine.MediaQueue, MaxAttempts: engine.MediaAttempts, At: at})
}

const mediaColumns = `f.tenant, f.id, f.seat, f.message, COALESCE(m.whatsapp_id, ''), f.chat_phone, f.chat_lid, COALESCE((SELECT c.room
FROM conversations v JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact WHERE v.tenant = m.tenant AND v.id = m.conversation), ''),
f.sender_phone, f.sender_lid,
COALESCE(m.direction, ''), COALESCE(m.kind, ''), m.raw, COALESCE(m.history, false), COALESCE(m.revoked_at, 0), f.state, f.about, f.hash,
f.thumbnail, f.preview, f.path, f.answer, f.asked, f.asked_at, f.created_at, f.stored_at`

// mediaFrom needs no more than a file's row. A message of which there is
// nothing any more takes its file with it.
const mediaFrom = ` FROM media f LEFT JOIN messages m ON m.tenant = f.tenant AND m.id = f.message `

const mediaQuery = `SELECT ` + mediaColumns + mediaFrom + `WHERE f.tenant = $1 AND f.id = $2`

func scanMedia(row scanner, f *engine.MediaFile) error {
	var about string
	var direction engine.Direction
	var revoked, asked, created, stored int64
	err := row.Scan(&f.Seat.Tenant, &f.ID, &f.Seat.Seat, &f.Message, &f.WhatsAppID, &f.Chat.Phone, &f.Chat.LID, &f.Chat.Room, &f.Sender.Phone, &f.Sender.LID,
		&direction, &f.Kind, &f.Raw, &f.History, &revoked, &f.Media.State, &about, &f.Hash, &f.Thumbnail, &f.Preview, &f.Path, &f.Answer, &f.Asked,
		&asked, &created, &stored)
	if err != nil {
		return err
	}
	if err := decodePart(about, &f.Media); err != nil {
		return fmt.Errorf("what is known of a file: %w", err)
	}
	if f.Message != "" && (f.WhatsAppID == "" || revoked != 0) {
		return errNoRow
	}
	f.FromMe = direction == engine.Outbound
	f.AskedAt, f.CreatedAt, f.StoredAt = fromMillis(asked), fromMillis(created), fromMillis(stored)
	return nil
}

// Media returns a file's row, or [engine.CodeNotFound]: also if its message
// was deleted.
func (s *Store) Media(ctx context.Context, tenant engine.TenantID, id engine.MediaID) (engine.MediaFile, error) {
	f, err := one(ctx, s.db, scanMedia, mediaQuery, tenant, id)
	return f, orNotFound(err, "file")
}

const mediaBySourceQuery = `SELECT ` + mediaColumns + mediaFrom + `WHERE f.tenant = $1 AND f.source = $2 AND f.source <> ''
AND f.state = 'stored' ORDER BY f.id LIMIT 1`

// MediaBySource returns the stored file that was made from a source; found
// says whether there is one.
func (s *Store) MediaBySource(ctx context.Context, tenant engine.TenantID, source string) (f engine.MediaFile, found bool, err error) {
	f, err = one(ctx, s.db, scanMedia, mediaBySourceQuery, tenant, source)
	if errors.Is(err, errNoRow) {
		return engine.MediaFile{}, false, nil
	}
	return f, err == nil, translate(err)
}

// changeMedia loads a file's row and lets change work on it, then saves what
// is known of it and shows every message that has it, if that looks different.
func (s *Store) changeMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID,
	change func(ctx context.Context, t *tx, f *engine.MediaFile) error,
) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		f, err := one(ctx, t, scanMedia, mediaQuery, tenant, id)
		if err != nil {
			return orNotFound(err, "file")
		}
		before, err := encodePart(f.Media)
		if err != nil {
			return err
		}
		if err := change(ctx, t, &f); err != nil {
			return err
		}
		after, err := encodePart(f.Media)
		if err != nil {
			return err
		}
		if err := t.saveMedia(ctx, &f, after); err != nil || before == after {
			return err
		}
		return t.showMedia(ctx, &f)
	})
}

const saveMediaQuery = `UPDATE media SET state = $3, about = $4, hash = $5, thumbnail = $6, path = $7, answer = $8, asked = $9,
asked_at = $10, stored_at = $11, preview = $12, parked = $13 WHERE tenant = $1 AND id = $2`

func (t *tx) saveMedia(ctx context.Context, f *engine.MediaFile, about string) error {
	_, err := t.exec(ctx, saveMediaQuery, t.tenant, f.ID, f.Media.State, about, f.Hash, f.Thumbnail, f.Path, f.Answer, f.Asked,
		millis(f.AskedAt), millis(f.StoredAt), f.Preview, f.Parked)
	return err
}

const (
	messagesOfMediaQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1
AND (m.id = $3 OR m.id IN (SELECT u.message FROM media_uses u WHERE u.tenant = $1 AND u.media = $2)) ORDER BY m.id`
	setContentQuery = `UPDATE messages SET content = $3 WHERE tenant = $1 AND id = $2`
)

// showMedia tells every message that has a file how it is now.
func (t *tx) showMedia(ctx context.Context, f *engine.MediaFile) error {
	messages, err := list(ctx, t, scanMessage, messagesOfMediaQuery, t.tenant, f.ID, f.Message)
	if err != nil {
		return err
	}
	for i := range messages {
		m := &messages[i]
		if m.Content == nil || m.Content.Media == nil {
			continue // it was deleted
		}
		media := f.Media
		if m.ID != f.Message { // sent under a name of its own, perhaps
			media.Name, media.Animated = m.Content.Media.Name, m.Content.Media.Animated
		}
		m.Content.Media = &media
		content, err := encodeContent(m.Content)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, setContentQuery, t.tenant, m.ID, content); err != nil {
			return err
		}
		if err := t.showMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// SetMediaStored records that the blob store has a file: its hash, that of its
// small picture if there is one, and what was found out about it.
func (s *Store) SetMediaStored(ctx context.Context, tenant engine.TenantID, id engine.MediaID, hash, thumbnail string, about engine.Media) error {
	return s.changeMedia(ctx, tenant, id, func(_ context.Context, t *tx, f *engine.MediaFile) error {
		about.ID, about.State, about.Note, about.Percent = f.ID, engine.MediaStored, "", 0
		about.Thumbnail = thumbnail != "" || len(f.Preview) > 0
		f.Media, f.Hash, f.Thumbnail, f.Answer, f.StoredAt = about, hash, thumbnail, nil, t.now
		return nil
	})
}

// SetMediaState records where a file is, with a sentence that says why.
func (s *Store) SetMediaState(ctx context.Context, tenant engine.TenantID, id engine.MediaID, state engine.MediaState, note string) error {
	return s.changeMedia(ctx, tenant, id, func(_ context.Context, _ *tx, f *engine.MediaFile) error {
		f.Media.State, f.Media.Note, f.Media.Percent = state, note, 0
		if state != engine.MediaWaiting {
			f.Answer = nil // it was read, if there was one
		}
		return nil
	})
}

// SetMediaPercent records how much of a file is here that is being fetched.
func (s *Store) SetMediaPercent(ctx context.Context, tenant engine.TenantID, id engine.MediaID, percent int) error {
	return s.changeMedia(ctx, tenant, id, func(_ context.Context, _ *tx, f *engine.MediaFile) error {
		if coming(f.Media.State) {
			f.Media.State, f.Media.Note, f.Media.Percent = engine.MediaLoading, "", percent
		}
		return nil
	})
}

// coming says whether a file is fetched, or is about to be.
func coming(state engine.MediaState) bool {
	return state == engine.MediaWaiting || state == engine.MediaLoading
}

// SetMediaAsked counts that the phone was asked for a file, with a sentence
// that says so, and lets the job look again at a time if no answer comes.
func (s *Store) SetMediaAsked(ctx context.Context, tenant engine.TenantID, id engine.MediaID, again time.Time, note string) error {
	return s.changeMedia(ctx, tenant, id, func(ctx context.Context, t *tx, f *engine.MediaFile) error {
		f.Asked, f.AskedAt, f.Answer = f.Asked+1, t.now, nil
		f.Media.State, f.Media.Note, f.Media.Percent = engine.MediaWaiting, note, 0
		return t.fetch(ctx, id, again)
	})
}

// SetMediaPath records where the phone has put a file.
func (s *Store) SetMediaPath(ctx context.Context, tenant engine.TenantID, id engine.MediaID, path string) error {
	return s.changeMedia(ctx, tenant, id, func(_ context.Context, _ *tx, f *engine.MediaFile) error {
		f.Path, f.Answer = clean(path), nil
		return nil
	})
}

const (
	unparkMediaQuery = `UPDATE media SET parked = false WHERE tenant = $1 AND seat = $2 AND parked RETURNING id`
	parkedSeatsQuery = `SELECT DISTINCT f.tenant, f.seat FROM media f WHERE f.parked`
)

const noteSeatRemoved = "The seat was removed before the file was fetched. Look at it on the phone."

// ParkMedia leaves a file until its seat has connected, with a sentence that
// says so: see [UnparkMedia]. That of a seat that was removed will not come.
func (s *Store) ParkMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID, note string) error {
	return s.changeMedia(ctx, tenant, id, func(ctx context.Context, t *tx, f *engine.MediaFile) error {
		if !coming(f.Media.State) {
			return nil
		}
		stays, err := one(ctx, t, column[int], seatStaysQuery, t.tenant, f.Seat.Seat)
		if err != nil {
			return err
		}
		if f.Media.Percent = 0; stays == 0 {
			f.Media.State, f.Media.Note, f.Answer = engine.MediaFailed, noteSeatRemoved, nil
			return nil
		}
		f.Media.State, f.Media.Note, f.Parked = engine.MediaWaiting, note, true
		return nil
	})
}

// UnparkMedia lets the files that a seat's connection was missing for be
// fetched, in a transaction of the store.
func UnparkMedia(ctx context.Context, within engine.Tx, seat engine.SeatKey) error {
	t, ok := within.(*tx)
	if !ok {
		return fmt.Errorf("not a transaction of the store: %T", within)
	}
	if err := t.lock(ctx, seat.Tenant); err != nil {
		return err
	}
	ids, err := list(ctx, t, column[engine.MediaID], unparkMediaQuery, seat.Tenant, seat.Seat)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.fetch(ctx, id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// UnparkMedia is the function of that name in a transaction of its own.
func (s *Store) UnparkMedia(ctx context.Context, seat engine.SeatKey) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error { return UnparkMedia(ctx, t, seat) })
}

// ParkedSeats returns the seats that files wait for.
func (s *Store) ParkedSeats(ctx context.Context) ([]engine.SeatKey, error) {
	seats, err := list(ctx, s.db, scanSeatKey, parkedSeatsQuery)
	return seats, translate(err)
}

const answerMediaQuery = `UPDATE media SET answer = $5 WHERE tenant = $1 AND seat = $2 AND state IN ('waiting', 'downloading', 'gone') AND message IN
(SELECT m.id FROM messages m WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = $4) RETURNING id`

// recordMediaAnswer keeps what the phone answered about a file, and lets the
// job go on with it.
func (t *tx) recordMediaAnswer(ctx context.Context, seat engine.SeatID, fact engine.MediaAnswer) error {
	direction := engine.Inbound
	if fact.FromMe {
		direction = engine.Outbound
	}
	ids, err := list(ctx, t, column[engine.MediaID], answerMediaQuery, t.tenant, seat, clean(fact.WhatsAppID), direction, fact.Answer)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.fetch(ctx, id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// AddUpload stores the row of a file that was uploaded to be sent and that the
// blob store is about to have.
func (s *Store) AddUpload(ctx context.Context, tenant engine.TenantID, f engine.MediaFile) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		about, err := encodePart(f.Media)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, insertMediaQuery, tenant, f.ID, "", "", "", "", "", "", f.Media.State, about, f.Hash, f.Thumbnail, f.Preview,
			clean(f.Source), millis(t.now), millis(t.now))
		return err
	})
}

const (
	uploadQuery     = `SELECT u.data FROM media_uploads u WHERE u.tenant = $1 AND u.media = $2 AND u.seat = $3 AND u.media_type = $4`
	keepUploadQuery = `INSERT INTO media_uploads (tenant, media, seat, media_type, data, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, media, seat, media_type) DO UPDATE SET data = excluded.data, at = excluded.at`
)

// Uploaded returns what a seat's upload of a file led to; found says whether
// there was one.
func (s *Store) Uploaded(ctx context.Context, seat engine.SeatKey, id engine.MediaID, mediaType string) (u engine.Upload, found bool, err error) {
	data, err := one(ctx, s.db, column[string], uploadQuery, seat.Tenant, id, seat.Seat, mediaType)
	if errors.Is(err, errNoRow) {
		return engine.Upload{}, false, nil
	}
	if err != nil {
		return engine.Upload{}, false, translate(err)
	}
	if err := json.Unmarshal([]byte(data), &u); err != nil {
		return engine.Upload{}, false, fmt.Errorf("decode an upload: %w", err)
	}
	return u, true, nil
}

// KeepUpload keeps what a seat's upload of a file led to.
func (s *Store) KeepUpload(ctx context.Context, seat engine.SeatKey, id engine.MediaID, u engine.Upload) error {
	data, err := encodePart(u)
	if err != nil {
		return err
	}
	_, err = s.db.exec(ctx, keepUploadQuery, seat.Tenant, id, seat.Seat, u.MediaType, data, millis(u.At))
	return translate(err)
}
