package phone

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/myaibud/aibud/engine"
)

// DefaultRegion is where numbers without a country code belong unless a tenant
// says otherwise: South Africa.
const DefaultRegion = "ZA"

// maxText bounds what is read as a number at all, in bytes.
const maxText = 64

// Number is a phone number that can exist, in the form of E.164: digits with
// the country code and without a plus.
type Number string

// IsRegion says whether numbers of a region, by its ISO 3166 code of two
// capital letters, are known.
func IsRegion(region string) bool { return phonenumbers.GetSupportedRegions()[region] }

// canonical is a number as views have it.
var canonical = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// written is what people write in a number: digits of any script, what they
// put between them, and a plus. Letters are none, and so no extension is.
var written = regexp.MustCompile(`^[\s\p{Zs}\p{Cf}(]*[+＋]?[\p{Nd}\s\p{Zs}\p{Cf}().\-–/]+$`)

// Parse reads a number as somebody in a region writes it: with a plus or 00 and
// the country code, or without, as one dials it at home. What can only be a
// number with its country code is one without a plus too. A number that cannot
// exist is [engine.CodeInvalid], with a sentence that says what to do.
//
// Of a number with its country code only the length must be possible: countries
// open new ranges faster than anybody's tables, and WhatsApp knows who is
// there. One without must be of a kind that is in use.
func Parse(text, region string) (Number, error) {
	if len(text) > maxText || !written.MatchString(text) {
		return "", engine.Errorf(engine.CodeInvalid, "A phone number has digits only, such as %s. Check what was given.", example(region))
	}
	text = abroad.ReplaceAllString(strings.Map(seen, text), "+")
	n, used := read(text, region)
	if !used && !strings.ContainsAny(text, "+＋") {
		n, _ = read("+"+text, region)
	}
	if n == "" {
		return "", engine.Errorf(engine.CodeInvalid, "That is no phone number that can exist. Write it with its country code, such as %s.", example(region))
	}
	return n, nil
}

// abroad is how most countries dial what others write as a plus.
var abroad = regexp.MustCompile(`^\s*00`)

// seen drops what can't be seen, such as the marks of direction around a number
// that was copied from a page.
func seen(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// Canonical reads what names a number to a program: digits with the country
// code, as views have them. Anything else is read as by [Parse].
func Canonical(text, region string) (Number, error) {
	if canonical.MatchString(text) {
		return Number(text), nil
	}
	return Parse(text, region)
}

// IsCanonical says whether a text is a number as views have it, so that no
// region is needed to read it.
func IsCanonical(text string) bool { return canonical.MatchString(text) }

// mexican is a mobile number of Mexico as it was written until 2019, and as
// WhatsApp goes on writing it: with a 1 that belongs to the number no more.
var mexican = regexp.MustCompile(`^\+521([0-9]{10})$`)

// brazilian is a mobile number of Brazil as it was before its ninth digit.
// People and WhatsApp go on writing those too.
var brazilian = regexp.MustCompile(`^55[1-9][1-9][6-9][0-9]{7}$`)

// read returns a number that is possible, and whether it is of a kind that is
// in use; "" for one that can't exist.
func read(text, region string) (n Number, used bool) {
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil {
		return "", false
	}
	if old := mexican.FindStringSubmatch(phonenumbers.Format(parsed, phonenumbers.E164)); old != nil {
		return read("+52"+old[1], region)
	}
	if !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	digits := strings.TrimPrefix(phonenumbers.Format(parsed, phonenumbers.E164), "+")
	if !canonical.MatchString(digits) {
		return "", false
	}
	return Number(digits), phonenumbers.IsValidNumber(parsed) || brazilian.MatchString(digits)
}

// example is a mobile number of a region, as one writes it abroad.
func example(region string) string {
	number := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
	if number == nil {
		number = phonenumbers.GetExampleNumberForType(DefaultRegion, phonenumbers.MOBILE)
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}

// International writes a number for people: +27 82 123 4567.
func (n Number) International() string {
	parsed, err := phonenumbers.Parse("+"+string(n), "")
	if err != nil {
		return "+" + string(n)
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}
