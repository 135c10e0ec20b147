package whatsmeow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

// However people write the number of an account that kept its old form, it is
// found, and a message reaches it.
func TestNumbersInOtherForms(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	for registered, others := range map[string][]string{
		"558499123456":  {"(84) 99912-3456", "+55 84 9912 3456", "+55 84 99912 3456"},
		"5511987654321": {"(11) 98765-4321", "+55 11 8765 4321"},
		"5215512345678": {"+52 55 1234 5678", "+52 1 55 1234 5678"},
		"5491123456789": {"+54 11 2345 6789", "+54 9 11 2345-6789"},
	} {
		ana := w.phone(t, registered, "Ana")
		for _, written := range others {
			number, err := phone.Parse(written, "BR")
			require.NoError(t, err)
			found, err := phone.Lookup(t.Context(), s.able(t), []phone.Number{number})
			require.NoError(t, err)
			require.Equal(t, []engine.NumberInfo{{Number: string(number), OnWhatsApp: true, Person: new(person(ana))}}, found, written)
			text := "for " + written
			s.send(t, engine.Party{Phone: engine.PhoneAddress(found[0].Person.Phone), LID: found[0].Person.LID}, text)
			sees(t, ana, text)
		}
	}
}
