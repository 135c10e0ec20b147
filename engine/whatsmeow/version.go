package whatsmeow

import (
	"context"
	"fmt"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"

	"github.com/myaibud/aibud/engine"
)

// Versions keeps the version of the web client from one start to the next.
type Versions interface {
	// LoadVersion returns what was saved, or "".
	LoadVersion(ctx context.Context) (string, error)
	// SaveVersion saves a version such as "2.3000.1023456789".
	SaveVersion(ctx context.Context, version string) error
}

// versionTimeout bounds the request for WhatsApp's version.
const versionTimeout = 20 * time.Second

// loadVersion takes the version from the settings, so that a start without
// WhatsApp's web page uses the last one known.
func (p *Provider) loadVersion(ctx context.Context) error {
	if p.cfg.VersionOverride != "" {
		version, err := store.ParseVersion(p.cfg.VersionOverride)
		if err != nil {
			return engine.Errorf(engine.CodeInvalid, "The WhatsApp version %q is not three numbers with dots between them. Correct the setting.", p.cfg.VersionOverride)
		}
		p.version.Store(&version)
		return nil
	}
	if p.cfg.Versions == nil {
		return nil
	}
	text, err := p.cfg.Versions.LoadVersion(ctx)
	if err != nil {
		return fmt.Errorf("load WhatsApp's version: %w", err)
	}
	if version, err := store.ParseVersion(text); err == nil {
		p.use(version)
	}
	return nil
}

// use takes a version unless the library comes with a newer one: WhatsApp
// refuses old ones, and a saved one may be older than the program.
func (p *Provider) use(version store.WAVersionContainer) {
	if version.LessThan(store.GetWAVersion()) {
		return
	}
	p.version.Store(&version)
}

// Refresh implements [engine.Provider]. It reads the version from WhatsApp's
// web page. When that fails, the version known before stays in use. Calls that
// come while one is under way share its answer: all seats are told at once
// that they are outdated.
//
// The version is one for all seats, so it is asked for in the server's own way
// (HTTPS_PROXY counts) and not through any seat's proxy: the page is asked by
// nobody in particular and learns of no seat, and no proxy has to work for it.
func (p *Provider) Refresh(ctx context.Context) error {
	if p.cfg.VersionOverride != "" {
		return nil
	}
	answer := make(chan error, 1)
	started := p.background(func() {
		_, err, _ := p.refresh.Do("", func() (any, error) { return nil, p.askVersion(p.life) })
		answer <- err
	})
	if !started {
		return errClosed()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return errTimeout(ctx.Err())
	}
}

// askVersion reads the version from WhatsApp's web page and saves it.
func (p *Provider) askVersion(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	latest, err := wm.GetLatestVersion(ctx, p.pages)
	if err != nil {
		return &engine.Error{
			Code:    engine.CodeUnavailable,
			Message: "WhatsApp's web page did not tell its version. The version known before stays in use.",
			// The library puts the whole page into its error.
			Err: shortened(err),
		}
	}
	// The server's word counts, even if it is older than the library's.
	p.version.Store(latest)
	if p.cfg.Versions == nil {
		return nil
	}
	if err := p.cfg.Versions.SaveVersion(ctx, latest.String()); err != nil {
		return fmt.Errorf("save WhatsApp's version: %w", err)
	}
	return nil
}

// payload returns what a device says of itself in the handshake, with our
// version in it. The library's own way, store.SetWAVersion, writes variables
// that connecting clients read meanwhile.
func (p *Provider) payload(device *store.Device) *waWa6.ClientPayload {
	payload := device.GetClientPayload()
	version := p.version.Load()
	if version == nil {
		return payload
	}
	payload.UserAgent.AppVersion = version.ProtoAppVersion()
	if pairing := payload.GetDevicePairingData(); pairing != nil {
		hash := version.Hash()
		pairing.BuildHash = hash[:]
	}
	return payload
}

// shortened returns an error whose text is not longer than a log line.
func shortened(err error) error {
	const limit = 200
	if text := err.Error(); len(text) > limit {
		return fmt.Errorf("%.*s…", limit, text)
	}
	return err
}
