package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestSeats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	require.Empty(t, get[api.SeatList](c, "/v1/seats").Items)
	seat := c.seat("  Sales Sandton ")
	require.Equal(t, "Sales Sandton", seat.Name)
	require.Equal(t, engine.StateStopped, seat.Status.State)
	require.False(t, seat.Linked)
	path := "/v1/seats/" + string(seat.ID)
	require.Equal(t, seat, get[engine.SeatView](c, path))
	require.Equal(t, []engine.SeatView{seat}, get[api.SeatList](c, "/v1/seats").Items)

	var renamed engine.SeatView
	c.do("PATCH", path, api.SeatName{Name: "Rentals"}).is(200).into(&renamed)
	require.Equal(t, "Rentals", renamed.Name)

	c.do("DELETE", path, nil).is(204)
	c.do("GET", path, nil).problem(404, engine.CodeNotFound)
	c.do("DELETE", path, nil).problem(404, engine.CodeNotFound)
	require.Empty(t, get[api.SeatList](c, "/v1/seats").Items)
}

func TestPairIsForSeatsWithoutPhoneAndStartForThoseWithOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/seats/" + string(seat.ID)
	c.do("POST", path+"/start", nil).problem(409, engine.CodeConflict)
	var started engine.SeatView
	c.do("POST", path+"/pair", nil).is(202).into(&started)
	require.Equal(t, engine.StateStarting, started.Status.State)
	c.do("POST", path+"/stop", nil).is(202)

	c.link(seat.ID, "27821234567")
	c.do("POST", path+"/pair", nil).problem(409, engine.CodeConflict)
	c.do("POST", path+"/start", nil).is(202).into(&started)
	require.True(t, started.Linked)
	require.Equal(t, "27821234567", started.Phone)
}

func TestSeatsShowTheCodeToScanAsPicture(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/seats/" + string(seat.ID)
	c.do("POST", path+"/pair", nil).is(202)
	require.NoError(t, b.store.SetStatus(t.Context(), c.key(seat.ID), engine.Status{State: engine.StatePairing, Since: time.Now()}, ""))
	code := engine.PairingCode{Text: "2@" + strings.Repeat("abc,", 60), Expires: time.Now().Add(time.Minute)}
	require.NoError(t, b.store.SetPairingCode(t.Context(), c.key(seat.ID), code))
	for _, shown := range []engine.SeatView{get[engine.SeatView](c, path), get[api.SeatList](c, "/v1/seats").Items[0]} {
		require.Equal(t, code.Text, shown.Pairing.Code)
		require.True(t, strings.HasPrefix(shown.Pairing.PNG, "data:image/png;base64,"))
	}
	require.NotContains(t, b.log.String(), code.Text)
}

func TestRefusedSeatNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	for _, name := range []string{"", "   ", "a\x00b", "a\nb", strings.Repeat("x", 81)} {
		c.do("POST", "/v1/seats", api.SeatName{Name: name}).problem(422, engine.CodeInvalid)
		problem := c.do("PATCH", "/v1/seats/"+string(seat.ID), api.SeatName{Name: name}).problem(422, engine.CodeInvalid)
		require.Equal(t, "body.name", problem.Errors[0].Field)
	}
	require.Len(t, get[api.SeatList](c, "/v1/seats").Items, 1)
	c.do("POST", "/v1/seats", api.SeatName{Name: strings.Repeat("ü", 80)}).is(201)
}
