package api

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func cheap() PasswordCost { return PasswordCost{Memory: 64, Time: 1, Parallelism: 1} }

func TestPasswordsMatchOnlyTheirOwnHash(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap())
	hash, err := p.hash(t.Context(), "a few words in a row")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, hash)
	again, err := p.hash(t.Context(), "a few words in a row")
	require.NoError(t, err)
	require.NotEqual(t, hash, again, "each hash has its own salt")

	for password, want := range map[string]bool{
		"a few words in a row":        true,
		"a few words in a rov":        false,
		"":                            false,
		strings.Repeat("x", 1_000):    false,
		"a few words in a row\x00":    false,
		"A few words in a row":        false,
		"a few words in a row" + "\n": false,
	} {
		got, err := p.matches(t.Context(), hash, password)
		require.NoError(t, err)
		require.Equal(t, want, got, "%.40q", password)
	}
}

func TestPasswordsOfNobodyNeverMatch(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap())
	for _, password := range []string{"", "a few words in a row", strings.Repeat("x", 1_000)} {
		matches, err := p.matches(t.Context(), "", password)
		require.NoError(t, err)
		require.False(t, matches)
	}
}

func TestPasswordsRefuseForeignHashes(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap())
	for _, hash := range []string{
		"x", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=18$m=64,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=0,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$!$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$!", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=x$AAAA$AAAA",
	} {
		_, err := p.matches(t.Context(), hash, "a few words in a row")
		require.Error(t, err, hash)
		require.Equal(t, engine.CodeInternal, engine.CodeOf(err))
	}
}

func TestPasswordsHashAFewAtATime(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap())
	for range hashersAtOnce {
		p.places <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_, err := p.hash(ctx, "a few words in a row")
		require.ErrorIs(t, err, context.Canceled)
	})
	cancel()
	waiting.Wait()
	<-p.places
	_, err := p.hash(t.Context(), "a few words in a row")
	require.NoError(t, err)
}

func TestPasswordsThatAreTooEasy(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap())
	for _, password := range []string{
		"", "short", "123456789", strings.Repeat("ü", 9), strings.Repeat("x", 257), "Password123", "qwertyuiop",
		"aaaaaaaaaaaa", "thandi@baobab.example", " Thandi@Baobab.Example ",
	} {
		require.Equal(t, engine.CodeInvalid, codeOf(t, p.check(password, "thandi@baobab.example")), "%.40q", password)
	}
	for _, password := range []string{"a few words in a row", strings.Repeat("üö", 5), strings.Repeat("xy", 128)} {
		require.NoError(t, p.check(password, "thandi@baobab.example"), "%.40q", password)
	}
}

func codeOf(t *testing.T, err error) engine.Code {
	t.Helper()
	var problem *Problem
	require.ErrorAs(t, err, &problem)
	return problem.Code
}
