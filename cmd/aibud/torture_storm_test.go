package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// The storm's gusts: each is a fault, or the end of the server.
const (
	gustPace  = 250 * time.Millisecond
	gusts     = int(tortureStorm / gustPace)
	killEvery = gusts / 4
	// patience is how long before the last kill the last fault is played that a
	// seat takes its time over, so that the storm has an end: who was killed
	// comes back at once.
	patience = int(6 * time.Second / gustPace)
)

// storm kills the server and plays faults for a while, each kind of them at
// least once.
func (x *torture) storm() {
	x.t.Helper()
	random := x.source(4, 0)
	kills := []int{ // a quarter of the storm apart, more or less; the last quarter has none
		random.IntN(killEvery), killEvery + random.IntN(killEvery), 2*killEvery + random.IntN(killEvery),
	}
	patient := kills[len(kills)-1] - patience
	outage := 1 + random.IntN(patient-1)
	faults := append(x.deck(random, patient, append(patientFaults(), quickFaults()...)), x.deck(random, gusts-patient, quickFaults())...)
	// A ban keeps a seat off for a minute, restarts included.
	faults[0] = simulator.Fault{Kind: simulator.FaultBanned, Number: x.desks[random.IntN(len(x.desks))].office.Number(), Seconds: 20, Times: 1}
	faults[outage] = simulator.Fault{Kind: simulator.FaultRestart, Seconds: 0.5}
	pace := time.NewTicker(gustPace)
	defer pace.Stop()
	for gust, fault := range faults {
		<-pace.C
		if slices.Contains(kills, gust) {
			x.p.kill()
			x.p.start()
		}
		require.NoError(x.t, x.sim.Inject(fault), "%+v", fault)
		x.restart()
	}
}

// deck deals some faults: all of them as often as they fit, each time in
// another order, and the seats in turn.
func (x *torture) deck(random *rand.Rand, count int, kinds []simulator.Fault) []simulator.Fault {
	var dealt []simulator.Fault
	var seats []int
	for len(dealt) < count {
		for _, i := range random.Perm(len(kinds)) {
			fault := kinds[i]
			if len(seats) == 0 {
				seats = random.Perm(len(x.desks))
			}
			if fault.Number != everybody {
				fault.Number, seats = x.desks[seats[0]].office.Number(), seats[1:]
			} else {
				fault.Number = ""
			}
			dealt = append(dealt, fault)
		}
	}
	return dealt[:count]
}

// everybody marks a fault that strikes whoever comes first.
const everybody = "everybody"

// patientFaults are those that a seat takes its time over: it must not hurry
// back, or has to find out first.
func patientFaults() []simulator.Fault {
	return []simulator.Fault{
		{Kind: simulator.FaultOutdated},
		{Kind: simulator.FaultReplaced},
		{Kind: simulator.FaultHalfOpen},
		{Kind: simulator.FaultRefuse, Times: 1},
		{Kind: simulator.FaultFailure, Times: 1},
		{Kind: simulator.FaultFailure, Code: 503, Times: 1},
		{Kind: simulator.FaultRateLimit},
		{Kind: simulator.FaultLoseAck},
	}
}

// quickFaults are all others but the one that unlinks the device, which only a
// new pairing could mend.
func quickFaults() []simulator.Fault {
	return []simulator.Fault{
		{Kind: simulator.FaultDrop},
		{Kind: simulator.FaultStreamError},
		{Kind: simulator.FaultStreamError, Code: 515},
		{Kind: simulator.FaultGarbage},
		{Kind: simulator.FaultSilent, Seconds: 2},
		{Kind: simulator.FaultSlow, Seconds: 3, Delay: 0.2},
		{Kind: simulator.FaultDelay, Delay: 1, Times: 3},
		{Kind: simulator.FaultReorder, Times: 3},
		{Kind: simulator.FaultNack, Times: 2},
		{Kind: simulator.FaultNack, Code: 479},
		{Kind: simulator.FaultDuplicate, Times: 3},
		{Kind: simulator.FaultUndecryptable, Times: 2},
		{Kind: simulator.FaultUnavailable},
		{Kind: simulator.FaultMediaGone, Number: everybody},
		{Kind: simulator.FaultMediaDamaged, Number: everybody},
		{Kind: simulator.FaultMediaRefused, Number: everybody},
		{Kind: simulator.FaultMediaLost, Number: everybody},
		{Kind: simulator.FaultStateDamaged, Number: everybody},
	}
}

// restart starts seats whose place another program has taken, as their
// sentence tells a person to.
func (x *torture) restart() {
	var seats struct{ Items []engine.SeatView }
	if status, err := x.p.try("GET", "/v1/seats", nil, &seats); err != nil || status != http.StatusOK {
		return // the next gust tries again
	}
	for _, seat := range seats.Items {
		if seat.Status.State == engine.StateReplaced {
			_, _ = x.p.try("POST", "/v1/seats/"+string(seat.ID)+"/start", nil, nil)
		}
	}
}

// calm ends the storm and returns when every seat is connected and nothing is
// on its way to it any more.
func (x *torture) calm() {
	x.t.Helper()
	fired := x.sim.Metrics().Faults
	played := append(patientFaults(), quickFaults()...)
	played = append(played, simulator.Fault{Kind: simulator.FaultBanned}, simulator.Fault{Kind: simulator.FaultRestart})
	for _, fault := range played {
		require.Positive(x.t, fired[string(fault.Kind)], "%s was never played", fault.Kind)
	}
	x.sim.Disarm("", "")
	x.inTurns(func(ctx context.Context, d *desk) error {
		err := x.eventually(ctx, fmt.Sprintf("the seat of %s is connected", d.office.Name()), func() (bool, error) { return x.connected(d) })
		if err != nil {
			return err
		}
		return x.eventually(ctx, fmt.Sprintf("nothing waits for %s at WhatsApp", d.office.Name()), func() (bool, error) {
			return x.sim.Pending(d.office.Number()) == 0, nil
		})
	})
}

// connected says whether a seat is connected.
func (x *torture) connected(d *desk) (bool, error) {
	var seat engine.SeatView
	if _, err := x.p.try("GET", "/v1/seats/"+string(d.seat), nil, &seat); err != nil {
		return false, err
	}
	if seat.Status.State == engine.StateReplaced {
		x.restart()
	}
	return seat.Status.State == engine.StateConnected, nil
}

// link pairs a phone, as process.pair does, for use beside others.
func (x *torture) link(ctx context.Context, phone *simulator.Phone) (engine.SeatID, error) {
	var seat engine.SeatView
	if err := x.must("POST", "/v1/seats", map[string]string{"name": phone.Name()}, &seat); err != nil {
		return "", err
	}
	if err := x.must("POST", "/v1/seats/"+string(seat.ID)+"/pair", nil, nil); err != nil {
		return "", err
	}
	state := func(met func() bool) func() (bool, error) {
		return func() (bool, error) {
			err := x.must("GET", "/v1/seats/"+string(seat.ID), nil, &seat)
			return err == nil && met(), err
		}
	}
	if err := x.eventually(ctx, "a QR code is shown", state(func() bool { return seat.Pairing != nil })); err != nil {
		return "", err
	}
	if _, err := phone.Scan(ctx, seat.Pairing.Code); err != nil {
		return "", err
	}
	return seat.ID, x.eventually(ctx, "the seat is connected", state(func() bool { return seat.Status.State == engine.StateConnected }))
}

func (x *torture) must(method, path string, body, answer any) error {
	status, err := x.p.try(method, path, body, answer)
	if err == nil && status >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: status %d", method, path, status)
	}
	return err
}

// eventually waits for a condition, outside of the test's own goroutine too.
func (x *torture) eventually(ctx context.Context, what string, met func() (bool, error)) error {
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		done, err := met()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("waited in vain until " + what)
		case <-pace.C:
		}
	}
}
