package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/myaibud/aibud/engine"
)

// composeMedia completes what a message that is to be sent says of its file,
// from the file's row.
func (t *tx) composeMedia(ctx context.Context, m *message) error {
	if m.Content == nil || m.Content.Media == nil {
		return nil
	}
	f, err := one(ctx, t, scanMedia, mediaQuery, t.tenant, m.Content.Media.ID)
	if err != nil {
		return orNotFound(err, "file")
	}
	if f.Media.State != engine.MediaStored {
		return engine.Errorf(engine.CodeConflict, "That file is not here, or not any more. Upload it again.")
	}
	content, media := *m.Content, f.Media
	if name := m.Content.Media.Name; name != "" {
		media.Name = clean(name)
	}
	media.Animated = m.Content.Media.Animated
	content.Media, m.Content = &media, &content
	return nil
}

const useMediaQuery = `INSERT INTO media_uses (tenant, message, media) VALUES ($1, $2, $3)`

// useMedia notes that a message that we send has a file.
func (t *tx) useMedia(ctx context.Context, m *message) error {
	if m.Content == nil || m.Content.Media == nil || m.file != nil {
		return nil
	}
	_, err := t.exec(ctx, useMediaQuery, t.tenant, m.ID, m.Content.Media.ID)
	return err
}

// DownloadMedia implements api.Tenant.
func (n *Tenant) DownloadMedia(ctx context.Context, id engine.ConversationID, messageID engine.MessageID) (engine.MessageView, error) {
	var view engine.MessageView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		_, m, err := t.messageIn(ctx, id, messageID)
		if err != nil {
			return err
		}
		if err := downloadable(&m); err != nil {
			return err
		}
		f, err := one(ctx, t, scanMedia, mediaQuery, n.id, m.Content.Media.ID)
		if err != nil {
			return orNotFound(err, "file")
		}
		if f.Message != m.ID { // ours: there is nobody to fetch it from
			return engine.Errorf(engine.CodeConflict, "The file was sent from here and is not kept any more. Look at it on the phone.")
		}
		view = m.view()
		if coming(f.Media.State) {
			return nil // it is being fetched
		}
		f.Media.State, f.Media.Note, f.Asked, f.AskedAt, f.Answer = engine.MediaWaiting, "", 0, time.Time{}, nil
		about, err := encodePart(f.Media)
		if err != nil {
			return err
		}
		if err := t.saveMedia(ctx, &f, about); err != nil {
			return err
		}
		if err := t.fetch(ctx, f.ID, time.Time{}); err != nil {
			return err
		}
		media, content := f.Media, *m.Content
		content.Media = &media
		view.Content = &content
		return t.showMedia(ctx, &f)
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}

// downloadable says why a message's file can't be fetched, or nil.
func downloadable(m *message) error {
	switch {
	case m.Content == nil || m.Content.Media == nil:
		return engine.Errorf(engine.CodeConflict, "That message has no file.")
	case m.Content.Media.State == engine.MediaViewOnce:
		return engine.Errorf(engine.CodeForbidden, "Its sender wants it to be seen once. Open it on the phone.")
	case m.Content.Media.State == engine.MediaStored:
		return engine.Errorf(engine.CodeConflict, "The file is here already.")
	case m.Content.Media.ID == "":
		return engine.Errorf(engine.CodeConflict, "The message came without what is needed to fetch its file.")
	}
	return nil
}

// linkKeyPrefix names a tenant's key that signs links to files, in settings.
const linkKeyPrefix = "media-links/"

// LinkKey implements api.Tenant.
func (n *Tenant) LinkKey(ctx context.Context) ([]byte, error) {
	value, err := n.store.Setting(ctx, linkKeyPrefix+string(n.id))
	if err != nil {
		return nil, err
	}
	if value == "" {
		return n.newLinkKey(ctx, false)
	}
	return decodeLinkKey(value)
}

// NewLinkKey implements api.Tenant.
func (n *Tenant) NewLinkKey(ctx context.Context) error {
	_, err := n.newLinkKey(ctx, true)
	return err
}

// newLinkKey makes a key, unless there is one already and it is not to be
// replaced.
func (n *Tenant) newLinkKey(ctx context.Context, replace bool) (key []byte, err error) {
	err = n.inTx(ctx, func(ctx context.Context, t *tx) error {
		name := linkKeyPrefix + string(n.id)
		value, err := one(ctx, t, column[string], settingQuery, name)
		if err != nil && !errors.Is(err, errNoRow) {
			return err
		}
		if err == nil && !replace {
			key, err = decodeLinkKey(value)
			return err
		}
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails, says its documentation
		_, err = t.exec(ctx, setSettingQuery, name, base64.StdEncoding.EncodeToString(key))
		return err
	})
	return key, err
}

func decodeLinkKey(value string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(value)
	if err == nil && len(key) != 32 {
		err = errors.New("it has not 32 bytes")
	}
	if err != nil {
		return nil, fmt.Errorf("the key that signs links is damaged: %w", err)
	}
	return key, nil
}
