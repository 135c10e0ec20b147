package phone

import "strings"

// Forms returns the forms in which WhatsApp may know the account of a number,
// the likeliest first. Accounts keep the form in which they were registered,
// while three countries have changed how mobile numbers are written:
//
//   - Brazil put a ninth digit, a 9, before its mobile numbers from 2012 to
//     2016. Whoever had WhatsApp before has an account without it.
//   - Mexico had a 1 after the country code of a mobile number until 2019.
//   - Argentina has a 9 there, which people in the country leave out.
//
// WhatsApp's answer to a question about one form has the address of the account
// that exists (tulir/whatsmeow#874), but not always for each form
// (wwebjs/whatsapp-web.js#201602, evolution-foundation/evolution-api#447). So
// all are asked about.
func (n Number) Forms() []Number {
	digits := string(n)
	forms := []Number{n}
	also := func(other string) { forms = append(forms, Number(other)) }
	switch {
	case strings.HasPrefix(digits, "55") && len(digits) == 13 && digits[4] == '9':
		also(digits[:4] + digits[5:])
	case brazilian.MatchString(digits):
		also(digits[:4] + "9" + digits[4:])
	case strings.HasPrefix(digits, "521") && len(digits) == 13:
		also("52" + digits[3:])
	case strings.HasPrefix(digits, "52") && len(digits) == 12:
		also("521" + digits[2:])
	case strings.HasPrefix(digits, "549") && len(digits) == 13:
		also("54" + digits[3:])
	case strings.HasPrefix(digits, "54") && len(digits) == 12:
		also("549" + digits[2:])
	}
	return forms
}
