package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesAreWellFormed(t *testing.T) {
	t.Parallel()
	for a, kind := range map[Address]string{
		"27821234567@s.whatsapp.net":        "person",
		"123456789012345@lid":               "person",
		"120363012345678901@g.us":           "group",
		"27821234567-1580000000@g.us":       "group",
		"120363012345678901@newsletter":     "channel",
		"":                                  "",
		"@lid":                              "",
		"-1@g.us":                           "",
		"1-2@newsletter":                    "",
		"123@s.whatsapp.net":                "",
		"27821234567:1@s.whatsapp.net":      "",
		"status@broadcast":                  "",
		"27821234567@c.us":                  "",
		"278212345670000000@s.whatsapp.net": "",
		Address(strings.Repeat("1", maxAddress+1) + "@lid"): "",
	} {
		require.Equal(t, kind == "person", a.IsPerson(), a)
		require.Equal(t, kind == "group", a.IsGroup(), a)
		require.Equal(t, kind == "channel", a.IsChannel(), a)
		require.Equal(t, kind == "person", CheckPerson(a) == nil, a)
		require.Equal(t, kind == "group", CheckGroup(a) == nil, a)
		require.Equal(t, kind == "channel", CheckChannel(a) == nil, a)
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add("27821234567@s.whatsapp.net")
	f.Add("1-2@g.us")
	f.Add("\x00@lid")
	f.Fuzz(func(t *testing.T, text string) {
		a := Address(text)
		if !a.IsPerson() && !a.IsGroup() && !a.IsChannel() {
			return
		}
		require.LessOrEqual(t, len(text), maxAddress+len(serverPhone))
		require.True(t, printable(text))
		require.Equal(t, 1, strings.Count(text, "@"))
	})
}

func TestChecksOfWhatIsAsked(t *testing.T) {
	t.Parallel()
	long, name := strings.Repeat("ü", 3000), "Viewings"
	require.NoError(t, (&NewGroup{Subject: name}).Check())
	require.Error(t, (&NewGroup{Subject: "a\nb"}).Check())
	require.Error(t, (&NewGroup{Subject: name, Members: []Address{"1@lid", "1@lid"}}).Check(), "twice")
	require.NoError(t, (&GroupChange{Subject: &name}).Check())
	require.Error(t, (&GroupChange{Description: &long}).Check())
	require.NoError(t, CheckLink("https://chat.whatsapp.com/AbCd"))
	require.Error(t, CheckLink("https://chat.whatsapp.com/Ab Cd"))
	for link, kind := range map[string]LinkKind{
		"https://wa.me/qr/ABC": LinkContact, "https://api.whatsapp.com/message/ABC": LinkMessage,
		"https://wa.me/27821234567": "", "https://wa.me/qr/": "", "http://wa.me/qr/ABC": "", "ABC": "",
	} {
		got, err := LinkKindOf(link)
		require.Equal(t, kind, got, link)
		require.Equal(t, kind == "", err != nil, link)
	}
	for _, numbers := range [][]string{nil, {""}, {"+27821234567"}, {"0821234567"}, {"1234"}, make([]string, MaxNumbers+1)} {
		require.Equal(t, CodeInvalid, CodeOf(CheckNumbers(numbers)))
	}
	require.NoError(t, CheckNumbers([]string{"27821234567"}))
	require.NoError(t, CheckEmoji(""))
	require.NoError(t, CheckEmoji("👨‍👩‍👧‍👦"))
	require.Error(t, CheckEmoji("\x00"))
	require.Empty(t, PrivacyValues("nonsense"))
	require.Equal(t, Address("1@lid"), Person{Phone: "27821234567", LID: "1@lid"}.Address())
	require.Equal(t, PhoneAddress("27821234567"), Person{Phone: "27821234567"}.Address())
	require.Empty(t, Person{}.Address())
}
