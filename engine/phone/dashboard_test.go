package phone_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/phone"
)

var update = flag.Bool("update", false, "write the dashboard's files anew")

// The dashboard writes numbers by the tables that the API reads them by: this
// writes those tables, with examples that its own test goes through. They
// change with the library: go test ./engine/phone -update.
func TestDashboardFormats(t *testing.T) {
	t.Parallel()
	all, err := phonenumbers.MetadataCollection()
	require.NoError(t, err)
	formats := map[string][][3]string{} // by country code: which numbers, how they begin, how they are written
	for _, meta := range all.GetMetadata() {
		code := int(meta.GetCountryCode())
		if main := phonenumbers.GetRegionCodeForCountryCode(code); main != meta.GetId() {
			continue
		}
		list := meta.GetIntlNumberFormat()
		if len(list) == 0 {
			list = meta.GetNumberFormat()
		}
		rows := [][3]string{}
		for _, one := range list {
			begins := ""
			if leading := one.GetLeadingDigitsPattern(); len(leading) > 0 {
				begins = leading[len(leading)-1]
			}
			rows = append(rows, [3]string{one.GetPattern(), begins, one.GetFormat()})
		}
		formats[strconv.Itoa(code)] = rows
	}
	examples := map[phone.Number]string{}
	regions := map[string]int{}
	for region := range phonenumbers.GetSupportedRegions() {
		regions[region] = phonenumbers.GetCountryCodeForRegion(region)
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			number := phone.Number(phonenumbers.Format(example, phonenumbers.E164)[1:])
			examples[number] = number.International()
		}
	}
	require.NotEmpty(t, examples)
	kept(t, "lib/phone-formats.json", formats)
	kept(t, "lib/phone-regions.json", regions)
	kept(t, "test/phone-examples.json", examples)
}

// kept checks a file of the dashboard, one line for each key, or writes it.
func kept[K ~string, V any](t *testing.T, name string, table map[K]V) {
	t.Helper()
	path := filepath.Join("..", "..", "web", "src", filepath.FromSlash(name))
	names := make([]K, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	var text bytes.Buffer
	text.WriteString("{\n")
	for i, name := range names {
		line, err := json.Marshal(map[K]V{name: table[name]})
		require.NoError(t, err)
		text.WriteString("  ")
		text.Write(line[1 : len(line)-1])
		if i < len(names)-1 {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString("}\n")
	if *update {
		require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
	}
	found, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text.String(), string(found), "%s is out of date: go test ./engine/phone -update", name)
}
