package engine

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCheckText(t *testing.T) {
	for _, good := range []string{"a", " a ", "😀", "שלום", strings.Repeat("é", MaxTextLength)} {
		require.NoError(t, CheckText(good))
	}
	for text, want := range map[string]string{
		"":                                   "empty",
		"\n\t ":                              "empty",
		"\u00a0":                             "empty",
		"a\x00b":                             "not valid text",
		"a\xffb":                             "not valid text",
		strings.Repeat("é", MaxTextLength+1): "65537 characters",
	} {
		err := CheckText(text)
		code := CodeInvalid
		if strings.Contains(want, "65537") {
			code = CodeTooLong
		}
		require.Equal(t, code, CodeOf(err))
		require.Contains(t, MessageOf(err), want)
	}
}

func FuzzCheckText(f *testing.F) {
	for _, seed := range []string{"", "hello", "\x00", "\xff", " ", "😀", "\u200b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := CheckText(text)
		if err != nil {
			require.Equal(t, CodeInvalid, CodeOf(err))
			require.True(t, utf8.ValidString(MessageOf(err)))
			return
		}
		require.True(t, utf8.ValidString(text))
		require.NotEmpty(t, strings.TrimSpace(text))
		require.NotContains(t, text, "\x00")
		require.LessOrEqual(t, utf8.RuneCountInString(text), MaxTextLength)
	})
}

func TestDeliveryRanks(t *testing.T) {
	forward := []Delivery{Queued, Sending, Failed, Sent, Delivered, Read, Played}
	for i := range forward[1:] {
		require.Less(t, forward[i].Rank(), forward[i+1].Rank())
	}
	seen := make(map[int]string)
	for name, value := range constants(t, "message.go", "Delivery") {
		rank := Delivery(value).Rank()
		require.Positive(t, rank, name)
		require.Empty(t, seen[rank], name)
		seen[rank] = name
	}
	require.Zero(t, Delivery("new").Rank())
}

func TestAddresses(t *testing.T) {
	phone, lid := PhoneAddress("27821234567"), Address("123@lid")
	require.Equal(t, Address("27821234567@s.whatsapp.net"), phone)
	require.Equal(t, "27821234567", phone.Number())
	require.Empty(t, lid.Number())
	require.True(t, lid.IsLID())
	require.False(t, phone.IsLID())
	require.Equal(t, []Address{phone, lid}, Party{Phone: phone, LID: lid}.Addresses())
	require.Equal(t, []Address{lid}, Party{LID: lid}.Addresses())
	require.Empty(t, Party{Name: "Thandi"}.Addresses())
}

func TestIDs(t *testing.T) {
	require.Regexp(t, regexp.MustCompile(`^3EB0[0-9A-F]{18}$`), NewWhatsAppID())
	require.NotEqual(t, NewWhatsAppID(), NewWhatsAppID())
	first, second := NewID(), NewID()
	require.Len(t, first, 36)
	require.Less(t, first, second, "they sort by time")
}
