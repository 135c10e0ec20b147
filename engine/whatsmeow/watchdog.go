package whatsmeow

import (
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

// watchdog finds connections whose socket is open but dead: nothing was heard
// for longer than the library's pings are apart, and a ping of our own gets no
// answer. One goroutine looks after all connections, so that an idle one costs
// a place in a map.
type watchdog struct {
	silence time.Duration // after which a connection is asked whether it lives
	answer  time.Duration // how long it may take to answer
	every   time.Duration

	mu       sync.Mutex
	sessions map[*session]*watched
	stop     chan struct{}
	done     sync.WaitGroup
}

// watched is what the watchdog knows of a connection.
type watched struct {
	asked time.Duration // when it was asked, see monotonic; 0: it wasn't
}

func newWatchdog(silence, answer time.Duration) *watchdog {
	d := &watchdog{
		silence: silence, answer: answer, every: max(min(silence, answer)/4, 10*time.Millisecond),
		sessions: make(map[*session]*watched), stop: make(chan struct{}),
	}
	d.done.Go(d.run)
	return d
}

// began is when the clock of monotonic begins.
var began = time.Now() //nolint:gochecknoglobals // constant

// monotonic is a time by the clock that never jumps.
func monotonic() time.Duration { return time.Since(began) }

// add watches a connection from now on.
func (d *watchdog) add(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions[s] = &watched{}
}

// remove watches a connection no more.
func (d *watchdog) remove(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sessions, s)
}

func (d *watchdog) run() {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	pulse := pulse{every: d.every, mono: monotonic(), wall: time.Now().UnixNano()}
	for {
		select {
		case <-tick.C:
		case <-d.stop:
			return
		}
		now := monotonic()
		d.look(now, pulse.skipped(now, time.Now().UnixNano()))
	}
}

func (d *watchdog) close() {
	close(d.stop)
	d.done.Wait()
}

// look looks at each connection once. After the machine slept none is taken
// for alive, nor for dead because time went by in which it could not answer:
// all are asked.
func (d *watchdog) look(now time.Duration, slept bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for s, w := range d.sessions {
		heard := s.wire.heard()
		switch {
		case slept || w.asked == 0 && now-heard >= d.silence:
			w.asked = now
			s.client.provider.background(s.ping)
		case w.asked == 0:
		case heard > w.asked:
			w.asked = 0
		case now-w.asked >= d.answer:
			delete(d.sessions, s)
			s.client.provider.background(s.dead)
		}
	}
}

// ping asks the server for a sign of life. What it answers is seen by wire.
func (s *session) ping() {
	_ = safely(func() error { sendPing(s.ctx, s.wm); return nil })
}

// dead ends a connection that gave no sign of life.
func (s *session) dead() {
	s.client.log.Warn("the connection is open but dead; it is made anew")
	s.finish(engine.Disconnected{Detail: "WhatsApp stopped answering."})
}

// pulse notices that time was skipped: the machine slept, the process was
// stopped, or the clock was set.
type pulse struct {
	every time.Duration
	mono  time.Duration // at the last beat
	wall  int64         // at the last beat, in nanoseconds
}

// skew is by how much clocks may differ from beat to beat before time counts
// as skipped: clocks are corrected a little all the time.
const skew = 5 * time.Second

func (p *pulse) skipped(mono time.Duration, wall int64) bool {
	late := mono-p.mono > 4*p.every+skew
	apart := time.Duration(wall-p.wall) - (mono - p.mono)
	p.mono, p.wall = mono, wall
	return late || apart > skew || apart < -skew
}
