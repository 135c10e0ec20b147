package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// How much the torture test does. Each lead belongs to one seat, and each seat
// has a group with its leads.
const (
	tortureSeats = 40
	tortureLeads = 2 // of each seat
	tortureStorm = 40 * time.Second
	// tortureTurns is how many seats' worth of work is done at a time outside
	// of the storm: pairing, and checking at the end.
	tortureTurns = 8
)

// tortureSeed is the setting that repeats a run's choices.
const tortureSeed = "AIBUD_TORTURE_SEED"

// TestTorture lets many seats and leads write to each other in every way that
// they can, while the server is killed and the network fails in every way that
// it can. In the end store and phones must agree about everything.
func TestTorture(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			if text := os.Getenv(tortureSeed); text != "" {
				var err error
				seed, err = strconv.ParseUint(text, 10, 64)
				require.NoError(t, err, tortureSeed)
			}
			t.Logf("%s=%d makes the same choices again", tortureSeed, seed)
			newTorture(t, database(t), seed).run()
		})
	}
}

// torture is one run.
type torture struct {
	t     *testing.T
	seed  uint64
	sim   *simulator.Server
	p     *process
	desks []*desk
}

// desk is a seat with its phone, its leads and its group.
type desk struct {
	seat    engine.SeatID
	office  *simulator.Phone
	devices []int // that the phone had linked before the storm
	leads   []*simulator.Phone
	group   string

	agent  *person
	people []*person // the leads
	clerk  *clerk
}

// source returns a source of random choices of its own for each part, so that
// what one part does is not changed by the pace of another.
func (x *torture) source(part, number int) *rand.Rand {
	return rand.New(rand.NewPCG(x.seed, uint64(part)<<32|uint64(number)))
}

func newTorture(t *testing.T, database string, seed uint64) *torture {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	x := &torture{t: t, seed: seed, sim: sim, p: newProcess(t, sim, database)}
	x.p.start()
	x.p.signUp()
	picture := garden(t)
	file := x.p.upload("garden.jpg", int64(len(picture)), bytes.NewReader(picture)).ID
	for i := range tortureSeats {
		x.desks = append(x.desks, x.newDesk(i, file))
	}
	x.inTurns(func(ctx context.Context, d *desk) error {
		var err error
		if d.seat, err = x.link(ctx, d.office); err != nil {
			return err
		}
		d.clerk.seat, d.devices = d.seat, ids(d.office.Devices())
		return nil
	})
	for _, d := range x.desks {
		x.gather(d)
	}
	return x
}

// newDesk makes the phones of a desk and those who write with them.
func (x *torture) newDesk(i int, file engine.MediaID) *desk {
	x.t.Helper()
	phone := func(number, name string) *simulator.Phone {
		p, err := x.sim.AddPhone(number, name)
		require.NoError(x.t, err)
		return p
	}
	d := &desk{office: phone(fmt.Sprintf("2782111%04d", i), fmt.Sprintf("Desk %d", i))}
	for n := range tortureLeads {
		lead := phone(fmt.Sprintf("2783%03d%04d", n, i), fmt.Sprintf("Lead %d of desk %d", n, i))
		d.leads = append(d.leads, lead)
		d.people = append(d.people, newPerson(x.source(1, i*tortureLeads+n), lead, d.office))
	}
	d.agent = newPerson(x.source(2, i), d.office, nil)
	d.clerk = &clerk{random: x.source(3, i), p: x.p, name: d.office.Name(), file: file}
	return d
}

// gather makes the desk's group and tells everybody where they write.
func (x *torture) gather(d *desk) {
	x.t.Helper()
	var members []string
	for _, lead := range d.leads {
		members = append(members, lead.Number())
	}
	group, _, err := d.office.CreateGroup(x.t.Context(), simulator.NewGroup{Subject: "Viewings of " + d.office.Name(), Members: members})
	require.NoError(x.t, err)
	d.group = group.JID
	for _, p := range d.people {
		p.chats = []string{d.office.Number(), d.office.Number(), d.group}
	}
	d.agent.chats = append(slices.Clone(members), d.group)
}

// tortureLimit is how long anything may take to settle.
const tortureLimit = 2 * time.Minute

// inTurns does something for every desk, some at a time. All of it has to
// settle within the limit.
func (x *torture) inTurns(do func(ctx context.Context, d *desk) error) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), tortureLimit)
	defer cancel()
	failures := make([]error, len(x.desks))
	group := new(errgroup.Group)
	group.SetLimit(tortureTurns)
	for i, d := range x.desks {
		group.Go(func() error {
			if failures[i] = do(ctx, d); failures[i] != nil {
				failures[i] = fmt.Errorf("%s: %w", d.office.Name(), failures[i])
			}
			return nil
		})
	}
	_ = group.Wait() // the failures are told together
	require.NoError(x.t, errors.Join(failures...))
}

// run lets everybody write while the storm rages, and checks what is left.
func (x *torture) run() {
	t := x.t
	t.Helper()
	begun := time.Now()
	over, end := context.WithCancel(t.Context())
	defer end()
	writing, ctx := errgroup.WithContext(t.Context())
	for _, d := range x.desks {
		for _, p := range append([]*person{d.agent}, d.people...) {
			writing.Go(func() error { return p.write(ctx, over) })
		}
		writing.Go(func() error { return d.clerk.write(ctx, over) })
	}
	x.storm()
	end()
	require.NoError(t, writing.Wait())
	t.Logf("%s: the storm is over", time.Since(begun).Round(time.Second))
	x.calm()
	t.Logf("%s: every seat is connected", time.Since(begun).Round(time.Second))
	x.check()
	t.Logf("%s: all agree", time.Since(begun).Round(time.Second))
	x.afterwards()
	t.Logf("%s: all go on", time.Since(begun).Round(time.Second))
}
