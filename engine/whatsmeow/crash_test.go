package whatsmeow_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// crash ends a seat as a crash of the process would, and returns the seat that
// is started after it: what is in the database at one moment is all that is
// left of the keys. The sink lives on, as our store does.
func (w *world) crash(t *testing.T, s *seat) *seat {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	path := filepath.Join(t.TempDir(), "crashed.db")
	// While this transaction has the database, what must be saved before it is
	// sent is not sent. What may be acknowledged without is.
	conn, err := w.db.Conn(ctx)
	require.NoError(t, err)
	_, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	require.NoError(t, err)
	_, err = w.db.ExecContext(ctx, "VACUUM INTO ?", path)
	require.NoError(t, err)
	w.sim.Drop(agentNumber)
	await[engine.Disconnected](t, s.memory)
	_, err = conn.ExecContext(ctx, "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.NoError(t, s.Close())
	require.NoError(t, w.provider.Close())

	cfg := w.cfg
	cfg.DB = openFile(t, path)
	w.start(t, cfg)
	return w.open(t, s.device, s.memory)
}

// restarted connects a seat after a crash.
func (s *seat) restarted(t *testing.T) {
	t.Helper()
	s.connect(t)
	await[engine.Connected](t, s.memory)
}

// nothingUnreadable requires that no device had to ask for a message again.
func (w *world) nothingUnreadable(t *testing.T) {
	t.Helper()
	metrics := w.sim.Metrics()
	require.Zero(t, metrics.Retries, "a message was asked for again")
	require.Zero(t, metrics.Undecryptable, "a phone could not read a message")
}

func (w *world) write(t *testing.T, from *simulator.Phone, text string) {
	t.Helper()
	_, err := from.SendText(t.Context(), agentNumber, text)
	require.NoError(t, err)
}

func TestCrashAfterReceiving(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	for round := range 3 {
		for i := range 5 {
			w.write(t, lead, fmt.Sprintf("%d/%d", round, i))
		}
		s.message(t, fmt.Sprintf("%d/4", round))
		s = w.crash(t, s)
		s.restarted(t)
		// An answer makes the lead's phone begin a new chain of keys.
		to := s.message(t, fmt.Sprintf("%d/0", round)).Chat
		s.send(t, to, fmt.Sprintf("answer %d", round))
		sees(t, lead, fmt.Sprintf("answer %d", round))
	}
	w.write(t, lead, "The end")
	s.message(t, "The end")
	settled(t, w)
	w.nothingUnreadable(t)
}

func TestCrashAfterAFirstMessage(t *testing.T) {
	w := newWorld(t)
	agent, lead, third := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho"), w.phone(t, thirdNumber, "Anna")
	s := w.pair(t, agent)
	w.write(t, lead, "Stored")
	s.message(t, "Stored")
	s.set(func(m *memory) { m.failures, m.tries, m.only = 1, 0, messagesOnly })
	w.write(t, third, "Not stored") // uses up a key, and must not be lost
	s.until(t, "the failure", func() bool { return s.tries == 1 })
	s = w.crash(t, s)
	w.write(t, lead, "Meanwhile")
	w.write(t, third, "Meanwhile too")
	s.restarted(t)
	for _, text := range []string{"Not stored", "Meanwhile", "Meanwhile too"} {
		s.message(t, text)
	}
	settled(t, w)
	w.nothingUnreadable(t)
}

// A send saves the session. What was received in it and is not stored yet must
// be saved with it.
func TestCrashAfterSendingWhileAMessageIsNotStored(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	w.write(t, lead, "First")
	to := s.message(t, "First").Chat
	s.send(t, to, "Answer")
	sees(t, lead, "Answer")
	s.set(func(m *memory) { m.failures, m.tries, m.only = math.MaxInt, 0, messagesOnly }) // however often it comes
	w.write(t, lead, "Not stored")
	s.until(t, "the failure", func() bool { return s.tries > 0 })
	s.send(t, to, "Another answer")
	s = w.crash(t, s)
	s.set(func(m *memory) { m.failures = 0 })
	s.restarted(t)
	s.message(t, "Not stored")
	s.send(t, to, "A third")
	for _, text := range []string{"Another answer", "A third"} {
		sees(t, lead, text)
	}
	settled(t, w)
	w.nothingUnreadable(t)
}

func TestSinkFailsAndTheSameProcessGoesOn(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	const failures = 40 // more than are kept in memory
	w.write(t, lead, "First")
	s.message(t, "First")
	s.set(func(m *memory) { m.failures, m.tries, m.only = failures, 0, messagesOnly })
	for i := range failures {
		w.write(t, lead, fmt.Sprint("text ", i))
	}
	s.until(t, "the failures", func() bool { return s.tries == failures })
	s.reconnect(t)
	for i := range failures {
		s.message(t, fmt.Sprint("text ", i))
	}
	settled(t, w)
	s.reconnect(t)
	settled(t, w)
	s.set(func(m *memory) { require.Len(t, m.messages, failures+1, "nothing comes twice") })
	w.nothingUnreadable(t)
	var rows int
	require.Eventually(t, func() bool {
		return w.db.QueryRow(`SELECT count(*) FROM whatsmeow_event_buffer`).Scan(&rows) == nil && rows == 0
	}, waitLimit, 50*time.Millisecond, "what is stored goes from the buffer")
}

// traffic has leads write, and answers them, until it is stopped.
type traffic struct {
	world *world
	mu    sync.Mutex
	seat  *seat
	sent  map[string]bool // texts to the seat
	said  map[string]*simulator.Phone
}

func (f *traffic) write(ctx context.Context, lead *simulator.Phone) {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("%s writes %d", lead.Number(), n)
		if _, err := lead.SendText(context.WithoutCancel(ctx), agentNumber, text); err == nil {
			f.mu.Lock()
			f.sent[text] = true
			f.mu.Unlock()
		}
		pause(ctx, rand.N(8*time.Millisecond))
	}
}

func (f *traffic) answer(ctx context.Context, lead *simulator.Phone) {
	for n := 0; ctx.Err() == nil; n++ {
		f.mu.Lock()
		s := f.seat
		f.mu.Unlock()
		text := fmt.Sprintf("answer %d to %s", n, lead.Number())
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := s.Send(limited, engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number(lead.Number()), Text: text})
		cancel()
		if err == nil {
			f.mu.Lock()
			f.said[text] = lead
			f.mu.Unlock()
		}
		pause(ctx, rand.N(30*time.Millisecond))
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// acquaint gives the seat and each lead one session with the other. Two that
// each begin one at the same moment are another matter: libsignal spoils the
// state that it tries a message of the other with (session.DecryptWithState
// changes it before it checks the message), which a message sent again mends.
func (w *world) acquaint(t *testing.T, s *seat, leads []*simulator.Phone) {
	t.Helper()
	for _, lead := range leads {
		hello := "Hello from " + lead.Number()
		w.write(t, lead, hello)
		s.send(t, s.message(t, hello).Chat, "Hello "+lead.Number())
		sees(t, lead, "Hello "+lead.Number())
	}
}

// Crashes at any moment lose nothing and leave nothing unreadable, on either
// side, while messages come and go and the sink fails now and then.
func TestCrashesUnderTraffic(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	leads := []*simulator.Phone{w.phone(t, leadNumber, "Sipho"), w.phone(t, thirdNumber, "Anna"), w.phone(t, "27821110009", "Ben")}
	f := &traffic{world: w, seat: w.pair(t, agent), sent: map[string]bool{}, said: map[string]*simulator.Phone{}}
	w.acquaint(t, f.seat, leads[1:])
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var running sync.WaitGroup
	for i, lead := range leads {
		running.Go(func() { f.write(ctx, lead) })
		if i > 0 { // the first gets no answer
			running.Go(func() { f.answer(ctx, lead) })
		}
	}
	for range 8 {
		pause(t.Context(), 20*time.Millisecond+rand.N(1500*time.Millisecond))
		f.seat.set(func(m *memory) { m.failures = rand.N(3) })
		s := w.crash(t, f.seat)
		s.restarted(t)
		f.mu.Lock()
		f.seat = s
		f.mu.Unlock()
	}
	stop()
	running.Wait()
	f.seat.set(func(m *memory) { m.failures = 0 })
	f.seat.reconnect(t) // what the sink has refused comes again
	for text := range f.sent {
		f.seat.message(t, text)
	}
	for text, lead := range f.said {
		sees(t, lead, text)
	}
	settled(t, w)
	w.nothingUnreadable(t)
	t.Logf("%d texts in, %d out", len(f.sent), len(f.said))
}
