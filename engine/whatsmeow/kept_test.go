package whatsmeow

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

const them = "123_1:0"

// kept is a device whose keys are kept in memory, without a connection.
type kept struct {
	*store.Device
	vault  *vault
	p      *Provider
	db     *sql.DB
	broken []error

	renewed []string // who had new keys, and whether a message showed it
	refusal error    // what storing that returns
}

func newKept(t *testing.T) *kept {
	t.Helper()
	s := offline(t, &recorder{})
	k := &kept{p: s.client.provider, db: s.client.provider.cfg.DB}
	k.Device = k.p.container.NewDevice()
	jid := types.NewADJID("27821110001", 0, 7)
	k.ID = &jid
	k.Account = &waAdv.ADVSignedDeviceIdentity{
		Details: []byte{1}, AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
	}
	require.NoError(t, k.p.container.PutDevice(t.Context(), k.Device))
	k.connect()
	return k
}

// connect wraps the stores as a connection does.
func (k *kept) connect() {
	inner, ok := k.Sessions.(store.AllSessionSpecificStores)
	if !ok {
		inner = k.vault.inner
	}
	k.SetAllStores(inner)
	k.p.wrap(k.Device, func(err error) { k.broken = append(k.broken, err) }, func(address string, received bool) error {
		k.renewed = append(k.renewed, fmt.Sprint(address, received))
		return k.refusal
	})
	k.vault = k.p.keeper.vault(*k.ID)
}

// known makes a session that is saved.
func (k *kept) known(t *testing.T, address, session string) {
	t.Helper()
	require.NoError(t, k.Sessions.PutSession(t.Context(), address, []byte(session)))
}

// receive decrypts a message as the library does.
func (k *kept) receive(ctx context.Context, address, session, text string, more ...func(context.Context) error) error {
	h := sha256.Sum256([]byte(text))
	event, err := k.EventBuffer.GetBufferedEvent(ctx, h)
	if err != nil || event != nil {
		return errors.Join(err, fmt.Errorf("buffered: %v", event))
	}
	return k.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		if _, err := k.Sessions.HasSession(ctx, address); err != nil {
			return err
		}
		for _, m := range more {
			if err := m(ctx); err != nil {
				return err
			}
		}
		if err := k.Sessions.PutSession(ctx, address, []byte(session)); err != nil {
			return err
		}
		return k.EventBuffer.PutBufferedEvent(ctx, h, []byte(text), time.Now())
	})
}

func (k *kept) stored(ctx context.Context, text string) error {
	return k.EventBuffer.ClearBufferedEventPlaintext(ctx, sha256.Sum256([]byte(text)))
}

// saved returns the session and the texts that the database has.
func (k *kept) saved(t *testing.T, address string) (session string, texts []string) {
	t.Helper()
	err := k.db.QueryRowContext(t.Context(), `SELECT session FROM whatsmeow_sessions WHERE their_id = ?`, address).Scan(&session)
	if !errors.Is(err, sql.ErrNoRows) {
		require.NoError(t, err)
	}
	found, err := k.db.QueryContext(t.Context(), `SELECT plaintext FROM whatsmeow_event_buffer ORDER BY plaintext`)
	require.NoError(t, err)
	defer func() { require.NoError(t, found.Close()) }()
	for found.Next() {
		var text string
		require.NoError(t, found.Scan(&text))
		texts = append(texts, text)
	}
	require.NoError(t, found.Err())
	return session, texts
}

func (k *kept) requireSaved(t *testing.T, address, session string, texts ...string) {
	t.Helper()
	gotSession, gotTexts := k.saved(t, address)
	require.Equal(t, session, gotSession)
	require.Equal(t, texts, gotTexts)
}

func (k *kept) session(t *testing.T, address string) string {
	t.Helper()
	session, err := k.Sessions.GetSession(t.Context(), address)
	require.NoError(t, err)
	return string(session)
}
