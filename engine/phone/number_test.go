package phone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		text, region string
		want         phone.Number
	}{
		{"082 123 4567", "ZA", "27821234567"},
		{"0821234567", "ZA", "27821234567"},
		{"821234567", "ZA", "27821234567"},
		{"+27 (0)82-123-4567", "ZA", "27821234567"},
		{"27 82 123 4567", "ZA", "27821234567"},
		{"(+27) 82 123 4567", "US", "27821234567"},
		{"0027 82 123 4567", "ZA", "27821234567"},
		{" +27\u00a082\u00a0123\u00a04567 ", "ZA", "27821234567"},
		{"\u202a+27821234567\u202c", "ZA", "27821234567"}, // as copied from a page
		{"＋２７８２１２３４５６７", "ZA", "27821234567"},
		{"00 27 82 123 4567", "US", "27821234567"},
		{"011 784 1234", "ZA", "27117841234"},
		{"12025550142", "ZA", "12025550142"},
		{"4915112345678", "ZA", "4915112345678"},
		{"07400 123456", "GB", "447400123456"},
		{"(646) 555-0142", "US", "16465550142"}, // and not New Zealand's +64 6 555 0142
		{"011 15 2345-6789", "AR", "5491123456789"},
		{"+54 9 11 2345 6789", "ZA", "5491123456789"},
		{"+52 1 55 1234 5678", "ZA", "525512345678"},
		{"(11) 98765-4321", "BR", "5511987654321"},
		{"(84) 9912-3456", "BR", "558499123456"},
		{"0171 123 45 67", "DE", "491711234567"},
	} {
		got, err := phone.Parse(one.text, one.region)
		require.NoError(t, err, one.text)
		require.Equal(t, one.want, got, "%s in %s", one.text, one.region)
	}
	for _, bad := range []string{
		"", " ", "+", "12345", "082 123 456789", "+27 82 123 456789", "00", "99 99", "+999 123 4567", "0800 FLOWERS", "082 123 4567 ext 5", "tel:+27821234567",
		"082\n123x4567", strings.Repeat("1", 16), strings.Repeat("0", 100_000), "++27821234567", "27821234567@s.whatsapp.net", "\x00", "🏡",
	} {
		_, err := phone.Parse(bad, "ZA")
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), bad)
		require.Contains(t, engine.MessageOf(err), "+27 71 123 4567", "it shows what a number looks like")
	}
	_, err := phone.Parse("082 123 4567", "XX")
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
	require.True(t, phone.IsRegion("ZA"))
	require.False(t, phone.IsRegion("za"))
	require.False(t, phone.IsRegion("001"))
}

// A program's digits are what views have, whatever else they could be.
func TestCanonical(t *testing.T) {
	t.Parallel()
	got, err := phone.Canonical("6465550142", "US")
	require.NoError(t, err)
	require.Equal(t, phone.Number("6465550142"), got)
	got, err = phone.Canonical("082 123 4567", "ZA")
	require.NoError(t, err)
	require.Equal(t, phone.Number("27821234567"), got)
}

func TestInternational(t *testing.T) {
	t.Parallel()
	for number, shown := range map[phone.Number]string{
		"27821234567": "+27 82 123 4567", "12025550142": "+1 202-555-0142", "5511987654321": "+55 11 98765-4321",
		"447400123456": "+44 7400 123456", "1": "+1",
	} {
		require.Equal(t, shown, number.International())
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for number, also := range map[phone.Number]phone.Number{
		"5584999123456": "558499123456", "558499123456": "5584999123456",
		"525512345678": "5215512345678", "5215512345678": "525512345678",
		"5491123456789": "541123456789", "541123456789": "5491123456789",
	} {
		require.Equal(t, []phone.Number{number, also}, number.Forms())
	}
	for _, number := range []phone.Number{"27821234567", "551133334444", "12025550142", "5511"} {
		require.Equal(t, []phone.Number{number}, number.Forms())
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"082 123 4567", "+27821234567", "0027 82 123 4567", "+", "x"} {
		f.Add(seed, "ZA")
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		n, err := phone.Parse(text, region)
		if err != nil {
			require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
			return
		}
		require.True(t, phone.IsCanonical(string(n)))
		require.NoError(t, engine.CheckNumbers([]string{string(n)}))
		for _, form := range n.Forms() {
			require.True(t, phone.IsCanonical(string(form)))
		}
		require.NotEmpty(t, n.International())
	})
}
