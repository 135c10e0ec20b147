package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
)

// TestBusinessClientChangesProfile does what Baileys' updateBussinesProfile does; whatsmeow has no such call.
func TestBusinessClientChangesProfile(t *testing.T) {
	t.Parallel()
	s, d, _ := channelFuzz(t)
	change := func(children ...binary.Node) *queryError {
		_, failure := s.query(d, "w:biz", "set", &binary.Node{Tag: "iq", Content: []binary.Node{{
			Tag: "business_profile", Attrs: binary.Attrs{"v": "3", "mutation_type": "delta"}, Content: children,
		}}})
		return failure
	}
	address := binary.Node{Tag: "address", Content: []byte("2 Quay Street")}
	require.Equal(t, errForbidden, change(address), "a person has no profile of this kind")
	p := d.account.phone
	require.NoError(t, p.SetBusiness(t.Context(), Business{Name: "Harbour Café", Email: "hello@harbour.example", Websites: []string{"https://old.example"}}))
	require.Nil(t, change(address,
		binary.Node{Tag: "website", Content: []byte("https://a.example")}, binary.Node{Tag: "website", Content: []byte("https://b.example")},
		binary.Node{Tag: "business_hours", Attrs: binary.Attrs{"timezone": "UTC"}, Content: []binary.Node{
			{Tag: "business_hours_config", Attrs: binary.Attrs{"day_of_week": "tue", "mode": "specific_hours", "open_time": "60", "close_time": "120"}},
		}}))
	b, ok := p.Business()
	require.True(t, ok)
	require.Equal(t, Business{
		Name: "Harbour Café", Address: "2 Quay Street", Email: "hello@harbour.example", Timezone: "UTC",
		Websites: []string{"https://a.example", "https://b.example"}, Hours: []BusinessHours{{Day: "tue", Mode: "specific_hours", Open: 60, Close: 120}},
	}, b)
	require.Equal(t, errBadRequest, change(binary.Node{Tag: "email", Content: []byte("nowhere")}))
	require.Equal(t, errBadRequest, change(binary.Node{Tag: "colour"}))
}
