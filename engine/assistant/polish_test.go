package assistant

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestPolish(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"plain":          {"  Hello there!\n", "Hello there!"},
		"bold":           {"a **very** nice **3 bed** house", "a *very* nice *3 bed* house"},
		"whatsapp bold":  {"a *very* nice house", "a *very* nice house"},
		"underscores":    {"a __very__ nice house", "a *very* nice house"},
		"names":          {"write to my__dear__friend", "write to my__dear__friend"},
		"struck":         {"~~R2m~~ R1.9m", "~R2m~ R1.9m"},
		"heading":        {"## **Next** steps ##\nCall us", "*Next steps*\nCall us"},
		"list":           {"Choose:\n* buy\n+ sell\n- rent\n  * long", "Choose:\n- buy\n- sell\n- rent\n  - long"},
		"link":           {"See [our site](https://protea.example/a?b=c).", "See our site (https://protea.example/a?b=c)."},
		"link to itself": {"[https://a.example](https://a.example)", "https://a.example"},
		"image":          {"![house](https://a.example/x.jpg)", "house (https://a.example/x.jpg)"},
		"rule":           {"a\n---\nb\n***\nc", "a\nb\nc"},
		"fence":          {"```text\nHello\n```", "Hello"},
		"empty lines":    {"a\r\n\r\n\r\n\r\nb", "a\n\nb"},
		"controls":       {"a\x00b\x1b[1m\tc", "ab[1m\tc"},
		"not UTF-8":      {"a\xffb", "ab"},
		"times":          {"2 * 3 * 4", "2 * 3 * 4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := polish(test.in)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestPolishRefusesWhatHoldsNoText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "  \n", "\x00", "---", "```\n```", "\u200b\u200b"} {
		_, err := polish(text)
		failure, ok := errors.AsType[*ModelError](err)
		require.True(t, ok, "%q", text)
		require.True(t, failure.Retry)
	}
}

func TestCutEndsWhereSomethingEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"One two three.\n\nFour five", 20, "One two three."},
		{"One two. Three four five six", 14, "One two."},
		{"one two three four", 12, "one two"},
		{"onetwothreefour", 6, "onetwo"},
		{"éééééééé", 3, "ééé"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, cut(test.text, test.limit))
	}
	long, err := polish(strings.Repeat("A sentence of some length. ", 5_000))
	require.NoError(t, err)
	require.NoError(t, engine.CheckText(long))
	require.True(t, strings.HasSuffix(long, "length."))
}

func FuzzPolish(f *testing.F) {
	f.Add("**Hello** [there](https://a.example)\n\n\n# Heading\n* item\n```go\nx\n```")
	f.Add("****\n__a__ ~~~~ \xff\x00")
	f.Add("# ***")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := polish(text)
		if err != nil {
			if _, ok := errors.AsType[*ModelError](err); !ok || got != "" {
				t.Fatalf("polish(%q) = %q, %v", text, got, err)
			}
			return
		}
		if err := engine.CheckText(got); err != nil {
			t.Fatalf("polish(%q) = %q: %v", text, got, err)
		}
		if got != strings.TrimSpace(got) || utf8.RuneCountInString(got) > utf8.RuneCountInString(text)+2*strings.Count(text, "\n")+2 {
			t.Fatalf("polish(%q) = %q", text, got)
		}
	})
}
