package simulator

import "strings"

// otherForm is the other form in which people know a mobile number of a country that changed how they are written, or
// "". An account keeps the form that it was registered with, and the server answers a contact list's question about
// either with that one's address (tulir/whatsmeow#874 for Brazil and Mexico, where "it's all server-side"; for Argentina
// the 9 that people leave out at home). Everything else that names an account needs its own form: a message to the
// other one reaches nobody (openclaw/openclaw#4168, wwebjs/whatsapp-web.js#1967).
func otherForm(number string) string {
	for _, country := range []struct {
		code, mark string
		area, rest int // digits before and after the mark
	}{
		{"55", "9", 2, 8}, // the ninth digit, since 2012 to 2016
		{"52", "1", 0, 10},
		{"54", "9", 0, 10},
	} {
		rest, ok := strings.CutPrefix(number, country.code)
		if !ok {
			continue
		}
		head, short := len(country.code)+country.area, country.area+country.rest
		switch {
		case len(rest) == short:
			return number[:head] + country.mark + number[head:]
		case len(rest) == short+1 && strings.HasPrefix(number[head:], country.mark):
			return number[:head] + number[head+1:]
		}
	}
	return ""
}

// listed finds the account that a contact list's entry means: the one with that number, or with its other form.
func (d *directory) listed(number string) *account {
	if a := d.number(number); a != nil {
		return a
	}
	if other := otherForm(number); other != "" {
		return d.number(other)
	}
	return nil
}
