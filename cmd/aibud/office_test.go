package main

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant/scripted"
	"github.com/myaibud/aibud/engine/simulator"
)

// office is a server with one connected seat and a lead.
type office struct {
	*process
	sim   *simulator.Server
	phone *simulator.Phone // the seat's own
	lead  *simulator.Phone
	seat  engine.SeatID
	ai    *scripted.Server // nil: none answers
}

// newOffice starts a server without an AI.
func newOffice(t *testing.T, database string) *office {
	t.Helper()
	return prepareOffice(t, database).open()
}

// newAnsweringOffice starts a server with the real Gemini client, which calls a
// local server in Gemini's wire format.
func newAnsweringOffice(t *testing.T, database string) *office {
	t.Helper()
	return prepareAnsweringOffice(t, database).open()
}

func prepareAnsweringOffice(t *testing.T, database string) *office {
	t.Helper()
	ai := scripted.New()
	gemini := httptest.NewServer(ai)
	t.Cleanup(gemini.Close)
	o := prepareOffice(t, database, "GEMINI_API_KEY=test", "GEMINI_BASE_URL="+gemini.URL, "AIBUD_ASSISTANT_QUIET=1s")
	o.ai = ai
	return o
}

// prepareOffice makes an office whose server is not started yet; settings are
// as newProcess takes them.
func prepareOffice(t *testing.T, database string, settings ...string) *office {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	o := &office{sim: sim, process: newProcess(t, sim, database, settings...)}
	o.phone = o.person("27825550100", "Office")
	o.lead = o.person("27825550200", "Thandi")
	return o
}

// open starts the server and links the seat.
func (o *office) open() *office {
	o.t.Helper()
	o.start()
	o.signUp()
	o.seat = o.pair(o.phone)
	return o
}

// person gives somebody a phone.
func (o *office) person(number, name string) *simulator.Phone {
	o.t.Helper()
	phone, err := o.sim.AddPhone(number, name)
	require.NoError(o.t, err)
	return phone
}

// write has the lead write to the seat.
func (o *office) write(text string) {
	o.t.Helper()
	_, err := o.lead.SendText(o.t.Context(), o.phone.Number(), text)
	require.NoError(o.t, err)
}

// received lists what the lead's phone shows from the seat.
func (o *office) received() []string {
	var texts []string
	for _, message := range o.lead.Messages(0) {
		if !message.FromMe {
			texts = append(texts, message.Text)
		}
	}
	return texts
}

// conversation is the only one.
func (o *office) conversation() engine.ConversationView {
	o.t.Helper()
	all := o.conversations()
	require.Len(o.t, all, 1)
	return all[0]
}
