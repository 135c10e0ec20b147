package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestPairByCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/seats/" + string(seat.ID)
	for _, bad := range []string{"12345", "+27 82 555 01x2", "1234567890123456"} {
		problem := c.do("POST", path+"/pair", api.SeatPairing{Phone: bad}).problem(422, engine.CodeInvalid)
		require.Equal(t, "body.phone", problem.Errors[0].Field)
	}
	c.do("POST", path+"/pair", api.SeatPairing{Phone: "082 555 0142"}).is(202)
	c.do("POST", path+"/pair", api.SeatPairing{Phone: "+27 (82) 555-0142"}).is(202)
	run, err := b.store.SeatsToRun(t.Context())
	require.NoError(t, err)
	require.Equal(t, "27825550142", run[0].PairPhone)

	require.NoError(t, b.store.SetStatus(t.Context(), c.key(seat.ID), engine.Status{State: engine.StatePairing, Since: time.Now()}, ""))
	code := engine.PairingCode{Step: engine.PairCode, Text: "ABCD-EFGH", Expires: time.Now().Add(time.Minute)}
	require.NoError(t, b.store.SetPairingCode(t.Context(), c.key(seat.ID), code))
	shown := get[engine.SeatView](c, path).Pairing
	require.Equal(t, engine.PairCode, shown.Step)
	require.Equal(t, "ABCD-EFGH", shown.Code)
	require.Equal(t, "27825550142", shown.Phone)
	require.Empty(t, shown.PNG, "it is not to be scanned")
	require.NotContains(t, b.log.String(), code.Text)
	require.NotContains(t, b.log.String(), "27825550142")

	c.do("POST", path+"/pair", `{}`).is(202)
	run, err = b.store.SeatsToRun(t.Context())
	require.NoError(t, err)
	require.Empty(t, run[0].PairPhone)
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/seats/" + string(seat.ID)
	c.do("POST", path+"/pair", nil).is(202)
	require.NoError(t, b.store.SetStatus(t.Context(), c.key(seat.ID), engine.Status{State: engine.StatePairing, Since: time.Now()}, ""))
	require.NoError(t, b.store.SetPairingCode(t.Context(), c.key(seat.ID), engine.PairingCode{
		Step: engine.PairPasskey, Expires: time.Now().Add(time.Minute),
		Text: `{"challenge":"AAEC","rpId":"whatsapp.com","allowCredentials":[{"id":"Y3I","type":"public-key"}],"extensions":{"a":{"b":1}}}`,
	}))
	shown := get[engine.SeatView](c, path).Pairing
	require.Equal(t, engine.PairPasskey, shown.Step)
	require.Equal(t, "AAEC", shown.Passkey.Challenge)
	require.Equal(t, "Y3I", shown.Passkey.AllowCredentials[0].ID)

	answer := engine.PasskeyAnswer{ID: "Y3I", RawID: "Y3I", Type: "public-key"}
	answer.Response.ClientDataJSON, answer.Response.AuthenticatorData, answer.Response.Signature = "e30", "AA", "AA"
	c.do("POST", path+"/passkey", answer).is(202)
	require.Equal(t, []engine.PasskeyAnswer{answer}, b.seats.answers)
	c.do("POST", path+"/passkey/confirm", nil).is(202)
	require.Equal(t, 1, b.seats.confirmed)
	c.do("POST", path+"/passkey", `{"id":"x"}`).problem(422, engine.CodeInvalid)

	b.seats.fail = engine.Errorf(engine.CodeForbidden, "The wrong one.")
	c.do("POST", path+"/passkey", answer).problem(403, engine.CodeForbidden)
	b.seats.fail = engine.Errorf(engine.CodeConflict, "Nobody asks.")
	c.do("POST", path+"/passkey/confirm", nil).problem(409, engine.CodeConflict)
}

func TestProxyIsNeverShownWithItsPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/seats/" + string(seat.ID)
	set := c.do("PUT", path+"/proxy", api.SeatProxy{URL: "socks5://me:hush-hush@proxy.example:1080"}).is(200)
	require.NotContains(t, string(set.body), "hush-hush")
	set.into(&seat)
	require.Equal(t, &engine.ProxyView{URL: "socks5://proxy.example:1080", Credentials: true}, seat.Proxy)
	require.Equal(t, seat, get[engine.SeatView](c, path))
	problem := c.do("PUT", path+"/proxy", api.SeatProxy{URL: "ftp://me:hush-hush@proxy.example"}).problem(422, engine.CodeInvalid)
	require.Equal(t, "body.url", problem.Errors[0].Field)
	require.NotContains(t, b.log.String(), "hush-hush")

	var without engine.SeatView
	c.do("PUT", path+"/proxy", api.SeatProxy{}).is(200).into(&without)
	require.Nil(t, without.Proxy)
}

func TestSeatsShowWhatTheirConnectionsDidLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	now := time.Now().UTC().Truncate(time.Millisecond)
	today := now.Local().Format(time.DateOnly)
	require.NoError(t, b.store.SaveActivity(t.Context(), []engine.SeatActivity{{
		Key: c.key(seat.ID), Activity: engine.Activity{LastFrame: now.Add(-time.Hour), LastMessage: now.Add(-time.Hour), Day: today, Reconnects: 1},
	}}))
	require.Equal(t, now.Add(-time.Hour), *get[engine.SeatView](c, "/v1/seats/"+string(seat.ID)).LastFrameAt)
	b.seats.activity = map[engine.SeatKey]engine.Activity{c.key(seat.ID): {LastFrame: now, Day: today, Reconnects: 2}}
	for _, shown := range []engine.SeatView{get[engine.SeatView](c, "/v1/seats/"+string(seat.ID)), get[api.SeatList](c, "/v1/seats").Items[0]} {
		require.Equal(t, now, *shown.LastFrameAt)
		require.Equal(t, now.Add(-time.Hour), *shown.LastMessageAt)
		require.Equal(t, 2, shown.ReconnectsToday)
	}
}
