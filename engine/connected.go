package engine

import (
	"context"
	"encoding/json"
)

// HasConnected says whether an event tells that a seat has connected.
func HasConnected(event Event) bool {
	if event.Kind != EventSeatState {
		return false
	}
	var seat struct {
		Status struct {
			State State `json:"state"`
		} `json:"status"`
	}
	return json.Unmarshal(event.Data, &seat) == nil && seat.Status.State == StateConnected
}

// OnConnected is the Handle of a [Reader] that goes on with what waits for
// seats: it calls each of do for every seat that has connected.
func OnConnected(do ...func(context.Context, Tx, SeatKey) error) func(context.Context, Tx, []Event) error {
	return func(ctx context.Context, tx Tx, events []Event) error {
		seats := map[SeatKey]bool{}
		for _, event := range events {
			if HasConnected(event) {
				seats[SeatKey{Tenant: event.Tenant, Seat: event.Seat}] = true
			}
		}
		for seat := range seats {
			for _, each := range do {
				if err := each(ctx, tx, seat); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
