package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inPairing runs a test with a seat that shows a QR code.
func inPairing(t *testing.T, test func(t *testing.T, w *world, seat SeatKey, client *fakeClient)) {
	t.Helper()
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) { s.Device = "" })
		w.start()
		require.Equal(t, StatePairing, w.state(seat))
		test(t, w, seat, w.provider.client(seat))
	})
}

func TestPairing(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
		client.sink.Signal(PairingCode{Text: "second", Expires: time.Now().Add(20 * time.Second)})
		synctest.Wait()
		codes := w.rows.seat(seat).codes
		require.Equal(t, "code", codes[0].Text)
		require.Equal(t, "second", codes[1].Text)

		account := Account{Device: "new-device", Phone: "27821234567@s.whatsapp.net"}
		require.NoError(t, client.sink.Claim(t.Context(), account))
		client.linked.Store(true)
		w.rows.mu.Lock() // so that the seat has both before it connects again
		client.sink.Signal(Linked{Account: account})
		client.sink.Signal(Disconnected{}) // of the connection that ends with the link
		w.rows.mu.Unlock()
		synctest.Wait()
		require.Equal(t, StateConnected, w.state(seat), "it logs in at once")
		require.EqualValues(t, 2, client.connects.Load())
		require.Equal(t, "new-device", w.rows.seat(seat).Device)

		client.disconnect = func() { panic("made to panic") } // so that it is opened anew
		client.sink.Signal(Disconnected{})
		after(5 * time.Second)
		require.Equal(t, "new-device", w.provider.client(seat).device)
		require.Equal(t, StateConnected, w.state(seat))
	})
}

func TestPairingThatEnds(t *testing.T) {
	for _, end := range []PairingEnded{
		{Reason: ReasonPairingTimedOut},
		{Reason: ReasonNumberTaken, Detail: "Front desk"},
		{Reason: ReasonPairingFailed},
		{Reason: ReasonPasskeyRequired},
	} {
		inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
			client.sink.Signal(end)
			after(time.Hour)
			row := w.rows.seat(seat)
			require.Equal(t, StateStopped, row.Status.State)
			require.Equal(t, end.Reason, row.Status.Reason)
			require.Equal(t, end.Detail, row.Status.Detail)
			require.Equal(t, DesiredStopped, row.Desired)
			require.EqualValues(t, 1, client.connects.Load(), "nobody may be looking")
			w.wish(seat, DesiredRunning)
			require.Equal(t, StatePairing, w.state(seat))
		})
	}
}

// A client that forgets to say that the last code has expired doesn't leave
// the seat pairing for ever.
func TestPairingOfASilentClient(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, _ *fakeClient) {
		after(time.Minute)
		require.Equal(t, StatePairing, w.state(seat))
		after(time.Minute)
		require.Equal(t, ReasonPairingTimedOut, w.rows.seat(seat).Status.Reason)
	})
}

func TestPairingGivesUpAfterAFewLostConnections(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
		for range pairingConnections {
			client.sink.Signal(Disconnected{})
			after(15 * time.Second)
			require.Equal(t, StatePairing, w.state(seat))
		}
		client.sink.Signal(Disconnected{})
		after(time.Minute)
		require.Equal(t, ReasonPairingTimedOut, w.rows.seat(seat).Status.Reason)
		require.EqualValues(t, 1+pairingConnections, client.connects.Load())
	})
}

func TestQRCodeThatCannotBeRecorded(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
		w.rows.failing("SetPairingCode")
		client.sink.Signal(PairingCode{Text: "a secret"})
		synctest.Wait()
		require.Equal(t, StatePairing, w.state(seat))
		require.NotContains(t, w.log.String(), "a secret")
	})
}

func TestClaim(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, _ SeatKey, client *fakeClient) {
		taken := Errorf(CodeNumberTaken, "Front desk")
		w.rows.setHook(func(context.Context, string) error { return taken })
		require.Equal(t, CodeNumberTaken, CodeOf(client.sink.Claim(t.Context(), Account{})))
		w.rows.setHook(func(context.Context, string) error { panic("made to panic") })
		require.Error(t, client.sink.Claim(t.Context(), Account{}))
		require.Empty(t, w.rows.claimed)
	})
}

func TestPairingByCode(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
		require.Equal(t, "", client.byCode.Load())
		w.rows.change(seat, func(s *fakeSeat) { s.PairPhone = "27821234567" })
		w.sv.Wake()
		synctest.Wait()
		require.EqualValues(t, 1, client.closes.Load())
		row := w.rows.seat(seat)
		require.Equal(t, StatePairing, row.Status.State)
		require.Equal(t, ReasonTypeCode, row.Status.Reason)
		require.Equal(t, PairingCode{Step: PairCode, Text: "for 27821234567", Expires: time.Now().Add(time.Minute)}, row.codes[1])
		for _, status := range row.history {
			require.NotEqual(t, StateStopped, status.State, "it only changes its way")
		}

		client = w.provider.client(seat)
		client.sink.Signal(PairingEnded{Reason: ReasonCodeLimit})
		after(time.Hour)
		require.Equal(t, ReasonCodeLimit, w.rows.seat(seat).Status.Reason)
		require.EqualValues(t, 1, client.connects.Load())
	})
}

// How a phone was to be linked is of no interest once one is.
func TestPairingWayOfALinkedSeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.rows.change(seat, func(s *fakeSeat) { s.PairPhone = "27821234567" })
		w.sv.Wake()
		after(time.Minute)
		require.Len(t, w.provider.opened(seat), 1)
	})
}

func TestPairingWithAPasskey(t *testing.T) {
	inPairing(t, func(t *testing.T, w *world, seat SeatKey, client *fakeClient) {
		client.sink.Signal(PairingCode{Step: PairPasskey, Text: "{}", Expires: time.Now().Add(5 * time.Minute)})
		synctest.Wait()
		require.Equal(t, ReasonPasskeyRequired, w.rows.seat(seat).Status.Reason)
		require.NoError(t, w.sv.AnswerPasskey(t.Context(), seat, PasskeyAnswer{ID: "it"}))
		require.Equal(t, "it", (<-client.answers).ID)
		client.sink.Signal(PairingCode{Step: PairConfirm, Text: "ABCD-EFGH", Expires: time.Now().Add(5 * time.Minute)})
		synctest.Wait()
		require.Equal(t, ReasonConfirmCode, w.rows.seat(seat).Status.Reason)
		require.NoError(t, w.sv.ConfirmPasskey(t.Context(), seat))
		require.EqualValues(t, 1, client.confirms.Load())

		client.sink.Signal(PairingEnded{Reason: ReasonPasskeyRequired})
		synctest.Wait()
		require.Equal(t, CodeConflict, CodeOf(w.sv.ConfirmPasskey(t.Context(), seat)), "nobody is linking a phone any more")
		require.Equal(t, CodeConflict, CodeOf(w.sv.AnswerPasskey(t.Context(), SeatKey{}, PasskeyAnswer{})))
	})
}

func TestPasskeyOfAConnectedSeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		require.Equal(t, CodeConflict, CodeOf(w.sv.ConfirmPasskey(t.Context(), seat)))
	})
}
