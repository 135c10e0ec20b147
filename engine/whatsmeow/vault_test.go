package whatsmeow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

func TestReceivingIsSavedLater(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	k.requireSaved(t, them, "s0")
	require.Equal(t, "s1", k.session(t, them))
	require.NoError(t, k.stored(t.Context(), "a"))
	require.NoError(t, k.receive(t.Context(), them, "s2", "b"))
	require.NoError(t, k.stored(t.Context(), "b"))
	k.requireSaved(t, them, "s0")
	require.True(t, k.vault.look(time.Now()))
	k.requireSaved(t, them, "s2")
}

func TestFlusherSavesWithinASecond(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	require.Eventually(t, func() bool { session, _ := k.saved(t, them); return session == "s1" }, 5*time.Second, 20*time.Millisecond)
	require.NoError(t, k.receive(t.Context(), them, "s2", "b"))
	require.NoError(t, k.p.keeper.flusher.close())
	k.p.keeper.flusher = newFlusher() // which the provider closes
	k.requireSaved(t, them, "s2", "a", "b")
}

// What is not stored yet is saved in the same transaction as the session that
// can't decrypt it any more.
func TestSavedSessionsTakeTheirTextsAlong(t *testing.T) {
	t.Parallel()
	const other = "456_1:0"
	for name, save := range map[string]func(*testing.T, *kept){
		"flush": func(t *testing.T, k *kept) { t.Helper(); require.NoError(t, k.vault.flush()) },
		"send": func(t *testing.T, k *kept) {
			t.Helper()
			found, err := k.Sessions.GetManySessions(t.Context(), []string{them, other, "789_1:0"})
			require.NoError(t, err)
			require.Equal(t, map[string][]byte{them: []byte("s1"), other: []byte("o0"), "789_1:0": nil}, found)
			require.NoError(t, k.Sessions.PutManySessions(t.Context(), map[string][]byte{other: []byte("o1")}))
			session, _ := k.saved(t, other)
			require.Equal(t, "o1", session)
		},
		"delete": func(t *testing.T, k *kept) {
			t.Helper()
			require.NoError(t, k.Sessions.DeleteSession(t.Context(), other))
			require.Empty(t, k.session(t, other))
		},
		"identity change": func(t *testing.T, k *kept) {
			t.Helper()
			require.NoError(t, k.Sessions.DeleteAllSessions(t.Context(), "456_1"))
			require.Empty(t, k.session(t, other))
		},
		"new session": func(t *testing.T, k *kept) {
			t.Helper()
			require.NoError(t, k.receive(t.Context(), "789_1:0", "n1", "b"))
			require.NoError(t, k.stored(t.Context(), "b"))
			require.NoError(t, k.vault.flush())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(t)
			k.known(t, them, "s0")
			k.known(t, other, "o0")
			require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
			save(t, k)
			k.requireSaved(t, them, "s1", "a")

			// It comes again, in this process or another, and is stored at last.
			event, err := k.EventBuffer.GetBufferedEvent(t.Context(), sha256.Sum256([]byte("a")))
			require.NoError(t, err)
			require.Equal(t, "a", string(event.Plaintext))
			require.NoError(t, k.stored(t.Context(), "a"))
			event, err = k.EventBuffer.GetBufferedEvent(t.Context(), sha256.Sum256([]byte("a")))
			require.NoError(t, err)
			require.Nil(t, event.Plaintext)
			require.NoError(t, k.vault.flush())
			k.requireSaved(t, them, "s1")
		})
	}
}

func TestFirstMessageIsSavedAtOnce(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	key, err := k.PreKeys.GenOnePreKey(t.Context())
	require.NoError(t, err)
	use := func(ctx context.Context) error { return k.PreKeys.RemovePreKey(ctx, key.KeyID) }

	// All of it or nothing.
	err = k.receive(t.Context(), them, "s1", "a", use, func(context.Context) error { return errors.New("damaged") })
	require.ErrorContains(t, err, "damaged")
	left, err := k.PreKeys.GetPreKey(t.Context(), key.KeyID)
	require.NoError(t, err)
	require.NotNil(t, left)
	require.Empty(t, k.session(t, them))

	require.NoError(t, k.receive(t.Context(), them, "s1", "a", use))
	k.requireSaved(t, them, "s1", "a")
	left, err = k.PreKeys.GetPreKey(t.Context(), key.KeyID)
	require.NoError(t, err)
	require.Nil(t, left)
	require.NoError(t, k.receive(t.Context(), them, "s2", "b"))
	k.requireSaved(t, them, "s1", "a")
}

func TestSenderKeyIsSavedWithItsMessage(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a", func(ctx context.Context) error {
		return k.SenderKeys.PutSenderKey(ctx, "120363@g.us", them, []byte("g1"))
	}))
	k.requireSaved(t, them, "s1", "a")
	key, err := k.SenderKeys.GetSenderKey(t.Context(), "120363@g.us", them)
	require.NoError(t, err)
	require.Equal(t, "g1", string(key))
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	trusted := func(ctx context.Context, key byte) bool {
		ok, err := k.Identities.IsTrustedIdentity(ctx, them, [32]byte{key})
		require.NoError(t, err)
		return ok
	}
	require.True(t, trusted(t.Context(), 1), "nobody is known yet")
	require.NoError(t, k.Identities.PutIdentity(t.Context(), them, [32]byte{1}))
	require.True(t, trusted(t.Context(), 1))
	require.False(t, trusted(t.Context(), 2))
	k.vault.empty()
	require.False(t, trusted(t.Context(), 2), "it is in the database")

	// A new phone: the library deletes session and identity and decrypts anew
	// (message.go, clearUntrustedIdentity).
	k.known(t, them, "s0")
	change := func(ctx context.Context) error {
		require.NoError(t, k.Identities.DeleteIdentity(ctx, them))
		require.NoError(t, k.Sessions.DeleteSession(ctx, them))
		found, err := k.Sessions.HasSession(ctx, them)
		require.NoError(t, err)
		require.False(t, found)
		require.True(t, trusted(ctx, 2))
		require.NoError(t, k.Identities.PutIdentity(ctx, them, [32]byte{2}))
		require.False(t, trusted(ctx, 1))
		return nil
	}
	require.Error(t, k.receive(t.Context(), them, "s1", "a", change, func(context.Context) error { return errors.New("damaged") }))
	require.True(t, trusted(t.Context(), 1))
	k.requireSaved(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a", change))
	require.True(t, trusted(t.Context(), 2))
	require.Equal(t, "s1", k.session(t, them))
	k.requireSaved(t, them, "s1", "a")
	k.vault.empty()
	require.True(t, trusted(t.Context(), 2))
	require.False(t, trusted(t.Context(), 1))

	require.NoError(t, k.Identities.DeleteAllIdentities(t.Context(), "123_1"))
	require.True(t, trusted(t.Context(), 1))
}

func TestMigrationMovesWhatIsNotSaved(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	pn, lid := types.NewJID("27821110009", types.DefaultUserServer), types.NewJID("123", types.HiddenUserServer)
	k.known(t, "27821110009:0", "s0")
	k.known(t, them, "an older one")
	require.NoError(t, k.receive(t.Context(), "27821110009:0", "s1", "a"))
	require.NoError(t, k.Sessions.MigratePNToLID(t.Context(), pn, lid))
	require.Equal(t, "s1", k.session(t, them))
	require.Empty(t, k.session(t, "27821110009:0"))
	k.requireSaved(t, them, "s1", "a")
	// Once for each connection, since the other side's later messages are many.
	require.NoError(t, k.receive(t.Context(), them, "s2", "b"))
	require.NoError(t, k.Sessions.MigratePNToLID(t.Context(), pn, lid))
	k.requireSaved(t, them, "s1", "a")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	for i := range 2 * maxSessions {
		k.known(t, fmt.Sprintf("%d_1:0", i), "s0")
	}
	require.LessOrEqual(t, len(k.vault.sessions), maxSessions)
	// All of them are behind; more than there is room for.
	for i := range 2 * maxSessions {
		text := fmt.Sprint("text ", i)
		require.NoError(t, k.receive(t.Context(), fmt.Sprintf("%d_1:0", i), "s1", text))
		if i%2 == 0 {
			require.NoError(t, k.stored(t.Context(), text))
		}
		require.Less(t, len(k.vault.inbox.pending), maxPending)
		require.LessOrEqual(t, len(k.vault.sessions), maxSessions+1)
	}
	require.LessOrEqual(t, len(k.vault.inbox.handled), maxHandled)
	require.NoError(t, k.vault.flush())
	session, texts := k.saved(t, "200_1:0")
	require.Equal(t, "s1", session)
	require.Len(t, texts, maxSessions)

	big := string(make([]byte, maxPendingBytes))
	require.NoError(t, k.receive(t.Context(), "1_1:0", "s2", big))
	require.Empty(t, k.vault.inbox.pending)
	k.known(t, "1_1:0", string(make([]byte, 2*maxSessionBytes)))
	k.known(t, "2_1:0", "s2")
	require.LessOrEqual(t, k.vault.size, maxSessionBytes)

	for i := range 2 * maxIdentities {
		require.NoError(t, k.Identities.PutIdentity(t.Context(), fmt.Sprintf("%d_1:0", i), [32]byte{1}))
	}
	require.LessOrEqual(t, len(k.vault.identities), maxIdentities)

	require.True(t, k.vault.look(time.Now()))
	require.False(t, k.vault.look(time.Now().Add(2*restAfter)))
	require.Empty(t, k.vault.sessions)
	require.Empty(t, k.vault.identities)
	require.Zero(t, k.vault.size)
	require.False(t, k.vault.awake)
}

func TestASessionIsNeverFarAhead(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	saves, last := 0, "s0"
	for i := range 3 * saveAfter {
		text := fmt.Sprint("text ", i)
		require.NoError(t, k.receive(t.Context(), them, text, text))
		require.NoError(t, k.stored(t.Context(), text))
		require.Less(t, k.vault.unsaved, saveAfter)
		if session, _ := k.saved(t, them); session != last {
			saves, last = saves+1, session
		}
	}
	require.GreaterOrEqual(t, saves, 3)
}

func TestFailedWriteIsACrash(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	_, err := k.db.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON whatsmeow_event_buffer BEGIN SELECT RAISE(ABORT, 'full'); END`)
	require.NoError(t, err)
	require.Error(t, k.Sessions.PutManySessions(t.Context(), map[string][]byte{"456_1:0": []byte("o1")}))
	require.Len(t, k.broken, 1, "the connection ends")
	k.requireSaved(t, them, "s0")
	require.Equal(t, "s0", k.session(t, them), "as the database has it")
	require.Empty(t, k.session(t, "456_1:0"))

	// Until it works again, nothing is left in memory only.
	require.ErrorContains(t, k.receive(t.Context(), them, "s1", "a"), "full")
	require.Len(t, k.broken, 2)
	_, err = k.db.ExecContext(t.Context(), `DROP TRIGGER full`)
	require.NoError(t, err)
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	k.requireSaved(t, them, "s1", "a")
	require.NoError(t, k.receive(t.Context(), them, "s2", "b"))
	k.requireSaved(t, them, "s1", "a")
	require.Len(t, k.broken, 2)
}

func TestFailedReadEndsTheConnection(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	_, err := k.db.ExecContext(t.Context(), `ALTER TABLE whatsmeow_sessions RENAME TO gone`)
	require.NoError(t, err)
	require.Error(t, k.receive(t.Context(), them, "s1", "a"))
	require.Len(t, k.broken, 1)
	require.Empty(t, k.vault.inbox.pending)
}

// A connection that has ended must neither acknowledge nor forget anything.
func TestEndedConnectionChangesNothing(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, k.stored(ended, "a"), context.Canceled)
	require.ErrorIs(t, k.receive(ended, them, "s2", "b"), context.Canceled)
	ending, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, k.receive(ending, them, "s2", "b", func(context.Context) error { cancel(); return nil }), context.Canceled)
	require.Equal(t, "s1", k.session(t, them))
	k.connect() // a new connection has the same memory
	event, err := k.EventBuffer.GetBufferedEvent(t.Context(), sha256.Sum256([]byte("a")))
	require.NoError(t, err)
	require.Equal(t, "a", string(event.Plaintext))
	require.Empty(t, k.broken)
}

func TestForgottenDeviceIsNotWritten(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	require.NoError(t, k.p.forget(t.Context(), *k.ID))
	require.ErrorIs(t, k.receive(t.Context(), them, "s2", "b"), store.ErrDeviceDeleted)
	require.ErrorIs(t, k.Sessions.PutSession(t.Context(), them, []byte("s3")), store.ErrDeviceDeleted)
	require.ErrorIs(t, k.Save(t.Context()), store.ErrDeviceDeleted)
	require.NoError(t, k.vault.flush())
	require.False(t, k.vault.look(time.Now()))
	k.requireSaved(t, them, "")
	require.NotSame(t, k.vault, k.p.keeper.vault(*k.ID), "a new device of the same name starts anew")
	require.Empty(t, k.broken)
}

// Databases of the library alone have the hashes of two weeks.
func TestManyOldEvents(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	old := sha256.Sum256([]byte("0"))
	tx, err := k.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for i := range maxRows + 10 {
		h := sha256.Sum256([]byte(fmt.Sprint(i)))
		_, err := tx.ExecContext(t.Context(), `INSERT INTO whatsmeow_event_buffer VALUES (?, ?, NULL, 1, 1)`, k.ID.String(), h[:])
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	event, err := k.EventBuffer.GetBufferedEvent(t.Context(), old)
	require.NoError(t, err)
	require.NotNil(t, event)
	require.Nil(t, event.Plaintext)
	require.True(t, k.vault.inbox.rows.many)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	require.NoError(t, k.vault.flush())
	event, err = k.EventBuffer.GetBufferedEvent(t.Context(), sha256.Sum256([]byte("a")))
	require.NoError(t, err)
	require.Equal(t, "a", string(event.Plaintext))
}

// What comes in while a message is encrypted must not be undone by saving what
// it was encrypted with.
func TestSendingNeverUndoesReceiving(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	s := offline(t, &recorder{})
	attempts := 0
	_, err := attempt(t.Context(), s, func(ctx context.Context) (struct{}, error) {
		attempts++
		_, ctx, err := k.WithCachedSessions(ctx, []string{them, "456_1:0"})
		require.NoError(t, err)
		if attempts == 1 {
			require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
		}
		return struct{}{}, k.Sessions.PutManySessions(ctx, map[string][]byte{them: []byte("sent"), "456_1:0": []byte("o1")})
	})
	require.NoError(t, err)
	require.Equal(t, 2, attempts)
	k.requireSaved(t, them, "sent", "a")

	attempts = 0
	_, err = attempt(t.Context(), s, func(ctx context.Context) (struct{}, error) {
		attempts++
		_, err := k.Sessions.GetManySessions(ctx, []string{them})
		require.NoError(t, err)
		require.NoError(t, k.receive(t.Context(), them, fmt.Sprint("r", attempts), fmt.Sprint("text ", attempts)))
		return struct{}{}, k.Sessions.PutManySessions(ctx, map[string][]byte{them: []byte("sent")})
	})
	require.ErrorIs(t, err, errMoved)
	require.Equal(t, sendAttempts, attempts)
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(requestError(err)))
}

// Nor must a message that is sent again to a device that asks. The question is
// not acknowledged then, so that it comes again.
func TestAnsweringNeverUndoesReceiving(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	_, err := k.Sessions.GetSession(t.Context(), them)
	require.NoError(t, err)
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	err = k.Sessions.PutSession(t.Context(), them, []byte("answered"))
	require.ErrorIs(t, err, errMoved)
	require.ErrorIs(t, err, context.Canceled, "the library acknowledges nothing for that")
	session, err := k.Sessions.GetSession(t.Context(), them)
	require.NoError(t, err)
	require.Equal(t, "s1", string(session))
	require.NoError(t, k.Sessions.PutSession(t.Context(), them, []byte("answered")))
}

// What was made of a session that the database never got would take the
// messages along that come again.
func TestAnsweringNeverSavesWhatWasLost(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	require.NoError(t, k.receive(t.Context(), them, "s1", "a"))
	session, err := k.Sessions.GetSession(t.Context(), them)
	require.NoError(t, err)
	require.Equal(t, "s1", string(session))
	k.vault.mu.Lock()
	k.vault.empty() // as after a write that failed
	k.vault.mu.Unlock()
	require.ErrorIs(t, k.Sessions.PutSession(t.Context(), them, []byte("answered")), errMoved)
	k.requireSaved(t, them, "s0")
}

func TestNestedCallsFailInsteadOfWaiting(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	err := k.receive(t.Context(), them, "s1", "a", func(ctx context.Context) error { return k.Sessions.DeleteAllSessions(ctx, "123_1") })
	require.ErrorIs(t, err, errNested)
}

// TestNewKeysAreStoredFirst sees that a key is replaced only after it was told.
func TestNewKeysAreStoredFirst(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	ctx := t.Context()
	old, fresh := [32]byte{1}, [32]byte{2}
	k.known(t, them, "old")
	require.NoError(t, k.Identities.PutIdentity(ctx, them, old))
	trusted := func(key [32]byte) bool {
		ok, err := k.Identities.IsTrustedIdentity(ctx, them, key)
		require.NoError(t, err)
		return ok
	}
	replace := func(ctx context.Context) error {
		return errors.Join(k.Identities.DeleteIdentity(ctx, them), k.Sessions.DeleteSession(ctx, them), k.Identities.PutIdentity(ctx, them, fresh))
	}
	k.refusal = errors.New("the sink is full")
	require.ErrorIs(t, k.receive(ctx, them, "new", "hello", replace), k.refusal)
	require.True(t, trusted(old))
	require.False(t, trusted(fresh))
	require.Equal(t, "old", k.session(t, them))

	broken := errors.New("it can't be decrypted with that one either")
	require.ErrorIs(t, k.receive(ctx, them, "new", "hello", replace, func(context.Context) error { return broken }), broken)
	require.Equal(t, []string{them + "true"}, k.renewed, "whoever sent that may not be who they say")

	k.refusal = nil
	require.NoError(t, k.receive(ctx, them, "new", "hello", replace))
	require.True(t, trusted(fresh))
	k.requireSaved(t, them, "new", "hello")
	require.NoError(t, k.Identities.DeleteIdentity(ctx, them)) // as it is when the seat writes to somebody
	require.Equal(t, []string{them + "true", them + "true", them + "false"}, k.renewed)
}

func TestHolder(t *testing.T) {
	t.Parallel()
	for _, jid := range []types.JID{
		types.NewJID("27821110001", types.DefaultUserServer), types.NewJID("99887766", types.HiddenUserServer),
	} {
		device := jid
		device.Device = 300
		require.Equal(t, jid, holder(device.SignalAddress().String()))
	}
	require.Equal(t, types.DefaultUserServer, holder("").Server)
}
