package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func pairingSteps(t *testing.T, b *bundle) {
	seat, err := b.rows.Pair(b.ctx(), b.seat.Seat, "27820000001")
	require.NoError(t, err)
	require.Equal(t, engine.StateStarting, seat.Status.State)
	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Equal(t, "27820000001", run[0].PairPhone)
	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, engine.Status{State: engine.StatePairing, Since: now()}, ""))

	expires := now().Add(time.Minute)
	shows := func(code engine.PairingCode, want engine.PairingView) {
		t.Helper()
		code.Expires = expires
		want.Seat, want.ExpiresAt = b.seat.Seat, expires
		require.NoError(t, b.store.SetPairingCode(b.ctx(), b.seat, code))
		seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
		require.NoError(t, err)
		require.Equal(t, &want, seat.Pairing)
		events, err := b.rows.Events(b.ctx(), b.lastSeq()-1, 1)
		require.NoError(t, err)
		var told engine.PairingView
		require.NoError(t, json.Unmarshal(events[0].Data, &told))
		require.Equal(t, want, told)
	}
	shows(engine.PairingCode{Step: engine.PairCode, Text: "ABCD-EFGH"},
		engine.PairingView{Step: engine.PairCode, Code: "ABCD-EFGH", Phone: "27820000001"})
	shows(engine.PairingCode{Step: engine.PairPasskey, Text: `{"challenge":"AAEC","rpId":"whatsapp.com","timeout":1000}`},
		engine.PairingView{Step: engine.PairPasskey, Passkey: &engine.PasskeyOptions{Challenge: "AAEC", RelyingParty: "whatsapp.com", Timeout: 1000}})
	shows(engine.PairingCode{Step: engine.PairConfirm, Text: "ABCD-EFGH"},
		engine.PairingView{Step: engine.PairConfirm, Code: "ABCD-EFGH"})
	shows(engine.PairingCode{Text: "2@abc"}, engine.PairingView{Step: engine.PairQR, Code: "2@abc"})

	_, err = b.rows.Pair(b.ctx(), b.seat.Seat, "")
	require.NoError(t, err)
	run, err = b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Empty(t, run[0].PairPhone)
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account("27820000001")))
	_, err = b.rows.Pair(b.ctx(), b.seat.Seat, "")
	requireCode(t, engine.CodeConflict, err)
	_, err = b.newAgency("strangers").rows.Pair(b.ctx(), b.seat.Seat, "")
	requireCode(t, engine.CodeNotFound, err)
}

func proxy(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	seat, err := b.rows.SetProxy(b.ctx(), b.seat.Seat, "socks5://me:secret@proxy.example:1080")
	require.NoError(t, err)
	require.Equal(t, &engine.ProxyView{URL: "socks5://proxy.example:1080", Credentials: true}, seat.Proxy)
	require.Equal(t, []engine.EventKind{engine.EventSeatUpdated}, b.since(seq))
	events, err := b.rows.Events(b.ctx(), seq, 1)
	require.NoError(t, err)
	require.NotContains(t, string(events[0].Data), "secret")
	_, err = b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRunning)
	require.NoError(t, err)
	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Equal(t, "socks5://me:secret@proxy.example:1080", run[0].Proxy)

	_, err = b.rows.SetProxy(b.ctx(), b.seat.Seat, "proxy")
	requireCode(t, engine.CodeInvalid, err)
	_, err = b.newAgency("strangers").rows.SetProxy(b.ctx(), b.seat.Seat, "")
	requireCode(t, engine.CodeNotFound, err)
	seat, err = b.rows.SetProxy(b.ctx(), b.seat.Seat, "")
	require.NoError(t, err)
	require.Nil(t, seat.Proxy)
}

func restriction(t *testing.T, b *bundle) {
	limit := engine.Restriction{Kind: "DEFAULT", Until: now().Add(time.Hour)}
	seq := b.lastSeq()
	require.NoError(t, b.store.SetRestriction(b.ctx(), b.seat, limit))
	require.Equal(t, []engine.EventKind{engine.EventSeatUpdated}, b.since(seq))
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, &engine.RestrictionView{Type: "DEFAULT", Until: limit.Until, Sentence: limit.Sentence()}, seat.Restriction)
	_, err = b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRunning)
	require.NoError(t, err)
	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Equal(t, limit, run[0].Restriction)
	require.NoError(t, b.store.SetRestriction(b.ctx(), b.seat, engine.Restriction{Kind: "DEFAULT", Until: now().Add(-time.Hour)}))
	seat, err = b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Nil(t, seat.Restriction, "it has ended")
}

func activity(t *testing.T, b *bundle) {
	other := b.newSeat(b.agency, "other")
	at, today := now(), now().Local().Format(time.DateOnly)
	seq := b.lastSeq()
	require.NoError(t, b.store.SaveActivity(b.ctx(), []engine.SeatActivity{
		{Key: b.seat, Activity: engine.Activity{LastFrame: at, LastMessage: at.Add(-time.Minute), Day: today, Reconnects: 3}},
		{Key: engine.SeatKey{Tenant: b.seat.Tenant, Seat: "gone"}, Activity: engine.Activity{LastFrame: at}},
		{Key: other, Activity: engine.Activity{LastFrame: at, Day: "2020-01-01", Reconnects: 9}},
	}))
	require.Equal(t, seq, b.lastSeq(), "nobody is told")
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, at, *seat.LastFrameAt)
	require.Equal(t, at.Add(-time.Minute), *seat.LastMessageAt)
	require.Equal(t, 3, seat.ReconnectsToday)
	seat, err = b.rows.Seat(b.ctx(), other.Seat)
	require.NoError(t, err)
	require.Nil(t, seat.LastMessageAt)
	require.Zero(t, seat.ReconnectsToday, "that was another day")
	_, err = b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRunning)
	require.NoError(t, err)
	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Equal(t, engine.Activity{LastFrame: at, LastMessage: at.Add(-time.Minute), Day: today, Reconnects: 3}, run[0].Activity)

	one, err := b.store.SeatsToRun(b.ctx(), engine.SeatKey{Tenant: b.seat.Tenant, Seat: "gone"}, b.seat, other)
	require.NoError(t, err)
	require.Equal(t, run, one, "the other is not to run")
	none, err := b.store.SeatsToRun(b.ctx(), engine.SeatKey{Tenant: "strangers", Seat: b.seat.Seat})
	require.NoError(t, err)
	require.Empty(t, none)
}
