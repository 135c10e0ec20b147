package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestNormalEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Thandi@Baobab.Example":             "thandi@baobab.example",
		"  a+b@c.co.za ":                    "a+b@c.co.za",
		"thandi":                            "",
		"":                                  "",
		"a@localhost":                       "",
		"a@.example":                        "",
		"Thandi <thandi@baobab.example>":    "",
		"\"a b\"@baobab.example":            "",
		"a@b.example, c@d.example":          "",
		"a\x00@b.example":                   "",
		"a@b\u200e.example\n":               "",
		strings.Repeat("a", 250) + "@b.com": "",
	} {
		got, err := normalEmail(text)
		require.Equal(t, want, got, "%.60q", text)
		require.Equal(t, want == "", err != nil, "%.60q", text)
	}
}

func FuzzNormalEmail(f *testing.F) {
	f.Add("Thandi@Baobab.Example")
	f.Fuzz(func(t *testing.T, text string) {
		email, err := normalEmail(text)
		if err != nil {
			return
		}
		again, err := normalEmail(email)
		require.NoError(t, err)
		require.Equal(t, email, again)
		require.True(t, printableText(email))
	})
}

func TestIsID(t *testing.T) {
	t.Parallel()
	require.True(t, isID(engine.NewID()))
	for _, text := range []string{"", "..", "a b", "a\x00b", "ä", strings.Repeat("a", 65), "'; drop table"} {
		require.False(t, isID(text), "%q", text)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	for _, one := range kinds() {
		require.GreaterOrEqual(t, one.status, 400, one.code)
		require.NotEmpty(t, one.title, one.code)
		require.Equal(t, one, kindOf(one.code))
	}
	require.Equal(t, 500, kindOf("a code of a later version").status)
}
