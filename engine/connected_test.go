package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnConnected(t *testing.T) {
	state := func(seat SeatID, data string) Event {
		return Event{Tenant: "tenant", Seat: seat, Kind: EventSeatState, Data: []byte(data)}
	}
	events := []Event{
		state("a", `{"status":{"state":"connected"}}`), state("a", `{"status":{"state":"retrying"}}`), state("a", `{"status":{"state":"connected"}}`),
		state("b", `{"status":{"state":"connecting"}}`), state("c", `{"status":{"state":"connected"}}`), state("d", `no JSON`),
		{Tenant: "tenant", Seat: "e", Kind: EventSeatUpdated, Data: []byte(`{"status":{"state":"connected"}}`)},
	}
	var first, second []SeatID
	failure := errors.New("made to fail")
	note := func(seats *[]SeatID, err error) func(context.Context, Tx, SeatKey) error {
		return func(_ context.Context, _ Tx, seat SeatKey) error {
			require.Equal(t, TenantID("tenant"), seat.Tenant)
			*seats = append(*seats, seat.Seat)
			return err
		}
	}
	require.NoError(t, OnConnected(note(&first, nil), note(&second, nil))(t.Context(), nil, events))
	require.ElementsMatch(t, []SeatID{"a", "c"}, first)
	require.ElementsMatch(t, first, second)
	require.ErrorIs(t, OnConnected(note(&first, failure))(t.Context(), nil, events), failure)
}
