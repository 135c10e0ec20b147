package whatsmeow_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// What a lead's client should never send holds up nothing of what others send.
func TestAbsurdMessages(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	poll := &waE2E.PollCreationMessage{Name: proto.String("Which?")}
	for range 5000 {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String("this")})
	}
	for _, message := range []*waE2E.Message{
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(math.NaN()), DegreesLongitude: proto.Float64(math.Inf(1))}},
		{PollCreationMessage: poll},
		{Conversation: proto.String(strings.Repeat("long ", 30_000) + "end")},
	} {
		_, err := lead.Send(t.Context(), agentNumber, simulator.Raw{Message: message})
		require.NoError(t, err)
	}
	_, err := lead.SendText(t.Context(), agentNumber, "Still there?")
	require.NoError(t, err)
	s.message(t, "Still there?")
	var all []engine.Incoming
	s.set(func(m *memory) { all = slices.Clone(m.messages) })
	require.Len(t, all, 4)
	require.Equal(t, engine.KindUnknown, all[0].Kind)
	require.NotEmpty(t, all[0].Raw)
	require.Len(t, all[1].Content.Poll.Options, 300)
	require.Len(t, all[2].Text, engine.MaxTextLength)
	require.NotEmpty(t, all[2].Raw, "what is cut off is kept in the encoding")
}
