package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func signUp(t *testing.T, b *bundle) {
	require.True(t, b.user.Admin, "the first account is the administrator's")
	empty, err := b.store.Empty(b.ctx())
	require.NoError(t, err)
	require.False(t, empty)

	account := engine.NewAccount{Agency: "Two", Name: "B", Email: "two@example.com", PasswordHash: "h"}
	_, err = b.store.SignUp(b.ctx(), account, false)
	requireCode(t, engine.CodeForbidden, err)
	second, err := b.store.SignUp(b.ctx(), account, true)
	require.NoError(t, err)
	require.False(t, second.Admin)
	require.NotEqual(t, b.user.Tenant, second.Tenant)
	_, err = b.store.SignUp(b.ctx(), account, true)
	requireCode(t, engine.CodeConflict, err)

	byEmail, err := b.store.UserByEmail(b.ctx(), "two@example.com")
	require.NoError(t, err)
	require.Equal(t, second, byEmail)
	byID, err := b.store.User(b.ctx(), b.user.ID)
	require.NoError(t, err)
	require.Equal(t, b.user, byID)
	_, err = b.store.UserByEmail(b.ctx(), "nobody@example.com")
	requireCode(t, engine.CodeNotFound, err)
	_, err = b.store.User(b.ctx(), "nobody")
	requireCode(t, engine.CodeNotFound, err)
}

func signUpAtOnce(t *testing.T, b *bundle) {
	const tries = 8
	errs := make([]error, tries)
	var all sync.WaitGroup
	for i := range tries {
		all.Go(func() {
			_, errs[i] = b.store.SignUp(b.ctx(), engine.NewAccount{
				Agency: "A", Name: fmt.Sprint(i), Email: "same@example.com", PasswordHash: "h",
			}, true)
		})
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		requireCode(t, engine.CodeConflict, err)
	}
	require.Equal(t, 1, done, "one of them has the address")
}

func sessions(t *testing.T, b *bundle) {
	s := b.store.SessionStore()
	later := time.Now().Add(time.Hour)
	require.NoError(t, s.CommitCtx(b.ctx(), "token", []byte("one"), later))
	require.NoError(t, s.CommitCtx(b.ctx(), "token", []byte("two"), later))
	require.NoError(t, s.CommitCtx(b.ctx(), "old", []byte("x"), time.Now().Add(-time.Second)))
	data, found, err := s.FindCtx(b.ctx(), "token")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "two", string(data))
	for _, token := range []string{"old", "nothing", "", "\x00\xff"} {
		_, found, err = s.FindCtx(b.ctx(), token)
		require.NoError(t, err)
		require.False(t, found, "%q", token)
	}

	all, err := s.AllCtx(b.ctx())
	require.NoError(t, err)
	require.Len(t, all, 1)
	for name := range all {
		require.NotContains(t, name, "token")
		_, found, err = s.FindCtx(b.ctx(), name)
		require.NoError(t, err)
		require.False(t, found, "nobody signs in with what the database holds")
		require.NoError(t, s.DeleteCtx(b.ctx(), name))
	}
	require.NoError(t, s.DeleteCtx(b.ctx(), "token"))
	_, found, err = s.FindCtx(b.ctx(), "token")
	require.NoError(t, err)
	require.False(t, found)
}

func settings(t *testing.T, b *bundle) {
	value, err := b.store.Setting(b.ctx(), "version")
	require.NoError(t, err)
	require.Empty(t, value)
	require.NoError(t, b.store.SetSetting(b.ctx(), "version", "1"))
	require.NoError(t, b.store.SetSetting(b.ctx(), "version", "2"))
	value, err = b.store.Setting(b.ctx(), "version")
	require.NoError(t, err)
	require.Equal(t, "2", value)
	require.NoError(t, b.store.Ping(b.ctx()))

	db, dialect, err := b.store.KeysDB(b.ctx())
	require.NoError(t, err)
	require.Contains(t, []string{"sqlite3", "postgres"}, dialect)
	again, _, err := b.store.KeysDB(b.ctx())
	require.NoError(t, err)
	require.Same(t, db, again)
	_, err = db.ExecContext(b.ctx(), "CREATE TABLE keys_test (id integer)")
	require.NoError(t, err)
}

func exclusive(t *testing.T, b *bundle) {
	release, _, err := b.store.Exclusive(b.ctx())
	require.NoError(t, err)
	require.NoError(t, release())
	release, _, err = b.store.Exclusive(b.ctx())
	require.NoError(t, err, "it was given back")
	_, _, err = b.store.Exclusive(b.ctx())
	requireCode(t, engine.CodeConflict, err)
	require.NoError(t, b.store.Ping(b.ctx()), "others may use the database")
	require.NoError(t, release())
}
