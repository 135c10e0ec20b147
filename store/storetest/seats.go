package storetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func seats(t *testing.T, b *bundle) {
	for _, name := range []string{"", "  ", strings.Repeat("é", 81)} {
		_, err := b.rows.CreateSeat(b.ctx(), name)
		requireCode(t, engine.CodeInvalid, err)
		_, err = b.rows.RenameSeat(b.ctx(), b.seat.Seat, name)
		requireCode(t, engine.CodeInvalid, err)
	}
	seq := b.lastSeq()
	seat, err := b.rows.CreateSeat(b.ctx(), " "+strings.Repeat("é", 80)+" ")
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("é", 80), seat.Name)
	require.Equal(t, engine.StateStopped, seat.Status.State)
	require.Contains(t, seat.Status.Sentence, "No phone is linked yet")
	require.False(t, seat.Linked)
	seat, err = b.rows.RenameSeat(b.ctx(), seat.ID, "Sales")
	require.NoError(t, err)
	require.Equal(t, "Sales", seat.Name)

	seat, err = b.rows.SetDesired(b.ctx(), seat.ID, engine.DesiredRunning)
	require.NoError(t, err)
	require.Equal(t, engine.StateStarting, seat.Status.State)
	require.Equal(t, []engine.EventKind{
		engine.EventSeatCreated, engine.EventSeatUpdated, engine.EventSeatState, engine.EventSeatUpdated,
	}, b.since(seq), "the last one is how the supervisor hears of the wish")
	loaded, err := b.rows.Seat(b.ctx(), seat.ID)
	require.NoError(t, err)
	require.Equal(t, seat, loaded)
	all, err := b.rows.Seats(b.ctx())
	require.NoError(t, err)
	require.Len(t, all, 2)

	key := engine.SeatKey{Tenant: b.seat.Tenant, Seat: seat.ID}
	connected := engine.Status{State: engine.StateConnected, Since: now()}
	require.NoError(t, b.store.SetStatus(b.ctx(), key, connected, ""))
	seat, err = b.rows.SetDesired(b.ctx(), seat.ID, engine.DesiredRunning)
	require.NoError(t, err)
	require.Equal(t, engine.StateConnected, seat.Status.State, "a seat that runs goes on")

	// The next process has not connected it yet.
	theirs := b.newAgency("others").seat
	require.NoError(t, b.store.SetStatus(b.ctx(), theirs, connected, ""))
	seq = b.lastSeq()
	require.NoError(t, b.store.Disconnected(b.ctx()))
	require.Equal(t, []engine.EventKind{engine.EventSeatState}, b.since(seq))
	all, err = b.rows.Seats(b.ctx())
	require.NoError(t, err)
	for _, each := range all {
		require.NotEqual(t, engine.StateConnected, each.Status.State)
	}
	run, err := b.store.SeatsToRun(b.ctx(), key, theirs)
	require.NoError(t, err)
	require.Len(t, run, 2)
	for _, each := range run {
		require.Equal(t, engine.StateConnecting, each.Status.State)
		require.WithinDuration(t, time.Now(), each.Status.Since, time.Minute)
	}
	seq = b.lastSeq()
	require.NoError(t, b.store.Disconnected(b.ctx()))
	require.Empty(t, b.since(seq))
	_, err = b.rows.SetDesired(b.ctx(), seat.ID, "flying")
	requireCode(t, engine.CodeInvalid, err)
}

func removeSeat(t *testing.T, b *bundle) {
	conversation := b.talk("hello")
	sent := b.send(conversation.ID, "never sent")
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account("27820000001")))
	seq := b.lastSeq()
	_, err := b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRemoved)
	require.NoError(t, err)
	_, err = b.rows.Seat(b.ctx(), b.seat.Seat)
	requireCode(t, engine.CodeNotFound, err)
	_, err = b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRunning)
	requireCode(t, engine.CodeNotFound, err)
	all, err := b.rows.Seats(b.ctx())
	require.NoError(t, err)
	require.Empty(t, all)

	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Len(t, run, 1, "its device is to be unlinked")
	require.Equal(t, engine.DesiredRemoved, run[0].Desired)
	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, engine.Status{State: engine.StateStopped, Since: now()}, engine.DesiredStopped))
	require.NoError(t, b.store.ClearDevice(b.ctx(), b.seat))
	require.NoError(t, b.store.Removed(b.ctx(), b.seat))
	run, err = b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Empty(t, run)

	require.Equal(t, []engine.EventKind{engine.EventSeatRemoved, engine.EventMessageUpdated}, b.since(seq), "removed once, and hidden from then on")
	require.Equal(t, engine.Failed, b.message(conversation.ID, sent.ID).Delivery)
	_, err = b.rows.Send(b.ctx(), conversation.ID, engine.NewMessage{User: b.user.ID, Text: "too late"})
	requireCode(t, engine.CodeConflict, err)
}

func seatRecords(t *testing.T, b *bundle) {
	run, err := b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Empty(t, run)
	_, err = b.rows.SetDesired(b.ctx(), b.seat.Seat, engine.DesiredRunning)
	require.NoError(t, err)
	pairing := engine.Status{State: engine.StatePairing, Since: now(), Until: now().Add(time.Minute), Detail: "x", Reason: engine.ReasonPairingFailed}
	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, pairing, ""))
	seq := b.lastSeq()
	code := engine.PairingCode{Text: "2@abc", Expires: now().Add(time.Minute)}
	require.NoError(t, b.store.SetPairingCode(b.ctx(), b.seat, code))
	require.Equal(t, []engine.EventKind{engine.EventSeatPairing}, b.since(seq))
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, &engine.PairingView{Seat: b.seat.Seat, Step: engine.PairQR, Code: "2@abc", ExpiresAt: code.Expires}, seat.Pairing)
	require.Equal(t, pairing.View(), seat.Status)

	run, err = b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Equal(t, []engine.SeatRecord{{Key: b.seat, Name: "first's seat", Desired: engine.DesiredRunning, Status: pairing}}, run)

	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, engine.Status{State: engine.StateConnecting, Since: now()}, ""))
	seat, err = b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Nil(t, seat.Pairing, "another state clears the code")

	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, engine.Status{State: engine.StateRetrying, Since: now()}, engine.DesiredStopped))
	run, err = b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Len(t, run, 1, "it has not been recorded that it stopped")
	require.NoError(t, b.store.SetStatus(b.ctx(), b.seat, engine.Status{State: engine.StateStopped, Since: now()}, ""))
	run, err = b.store.SeatsToRun(b.ctx())
	require.NoError(t, err)
	require.Empty(t, run)

	requireCode(t, engine.CodeNotFound, b.store.SetStatus(b.ctx(), engine.SeatKey{Tenant: b.seat.Tenant, Seat: "no"}, pairing, ""))
}

func account(number string) engine.Account {
	phone := engine.PhoneAddress(number)
	return engine.Account{Device: number + ":1@s.whatsapp.net", Phone: phone, LID: "9" + engine.Address(number) + "@lid", Name: "Agency"}
}

func claims(t *testing.T, b *bundle) {
	other := b.newSeat(b.agency, "other")
	strangers := b.newAgency("strangers")
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account("27820000001")))
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account("27820000001")), "one's own number may be claimed again")
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.True(t, seat.Linked)
	require.Equal(t, "27820000001", seat.Phone)
	require.Equal(t, "Agency", seat.PushName)

	err = b.store.Claim(b.ctx(), other, account("27820000001"))
	requireCode(t, engine.CodeNumberTaken, err)
	require.Equal(t, "first's seat", engine.MessageOf(err))
	err = b.store.Claim(b.ctx(), strangers.seat, account("27820000001"))
	requireCode(t, engine.CodeNumberTaken, err)
	require.Empty(t, engine.MessageOf(err), "whose it is, is nobody's business")
	requireCode(t, engine.CodeInvalid, b.store.Claim(b.ctx(), other, engine.Account{Device: "x"}))

	require.NoError(t, b.store.ClearDevice(b.ctx(), b.seat))
	seat, err = b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.False(t, seat.Linked)
	require.Equal(t, "27820000001", seat.Phone, "the number stays known")
	require.NoError(t, b.store.Claim(b.ctx(), strangers.seat, account("27820000001")), "and free for others")
	requireCode(t, engine.CodeNumberTaken, b.store.Claim(b.ctx(), b.seat, account("27820000001")))

	_, err = strangers.rows.SetDesired(b.ctx(), strangers.seat.Seat, engine.DesiredRemoved)
	require.NoError(t, err)
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account("27820000001")), "a removed seat holds nothing")
	requireCode(t, engine.CodeConflict, b.store.Claim(b.ctx(), strangers.seat, account("27820000009")))
}

func claimsAtOnce(t *testing.T, b *bundle) {
	const tries = 6
	keys := make([]engine.SeatKey, tries)
	for i := range keys {
		keys[i] = b.newAgency(string(rune('a' + i))).seat
	}
	errs := make([]error, tries)
	var all sync.WaitGroup
	for i, key := range keys {
		all.Go(func() { errs[i] = b.store.Claim(b.ctx(), key, account("27820000001")) })
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		requireCode(t, engine.CodeNumberTaken, err)
	}
	require.Equal(t, 1, done)
}
