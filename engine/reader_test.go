package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeLog is the event log with its cursors.
type fakeLog struct {
	feed Feed

	mu       sync.Mutex
	events   map[TenantID][]Event
	cursors  map[TenantID]int
	advances int
	behind   func() error
}

func newFakeLog() *fakeLog {
	return &fakeLog{events: make(map[TenantID][]Event), cursors: make(map[TenantID]int)}
}

// commit appends an event without telling anybody.
func (l *fakeLog) commit(tenant TenantID, kind EventKind) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	event := Event{Tenant: tenant, Kind: kind, Seq: int64(len(l.events[tenant]) + 1)}
	l.events[tenant] = append(l.events[tenant], event)
	return event
}

func (l *fakeLog) publish(tenant TenantID, kind EventKind) {
	l.feed.Publish([]Event{l.commit(tenant, kind)})
}

func (l *fakeLog) advanced() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.advances
}

func (l *fakeLog) Behind(context.Context, string) ([]TenantID, error) {
	if l.behind != nil {
		if err := l.behind(); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var tenants []TenantID
	for tenant, events := range l.events {
		if l.cursors[tenant] < len(events) {
			tenants = append(tenants, tenant)
		}
	}
	return tenants, nil
}

func (l *fakeLog) Advance(ctx context.Context, _ string, tenant TenantID, limit int,
	handle func(ctx context.Context, tx Tx, events []Event) error,
) (int, error) {
	l.mu.Lock()
	l.advances++
	cursor := l.cursors[tenant]
	events := l.events[tenant][cursor:]
	l.mu.Unlock()
	events = events[:min(limit, len(events))]
	if len(events) == 0 {
		return 0, ctx.Err()
	}
	if err := handle(ctx, nil, events); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cursors[tenant] = cursor + len(events)
	return len(events), ctx.Err()
}

// handled collects what a reader handled.
type handled struct {
	mu   sync.Mutex
	seqs map[TenantID][]int64
	fail func(Event) error
}

func (h *handled) handle(_ context.Context, _ Tx, events []Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range events {
		if h.fail != nil {
			if err := h.fail(event); err != nil {
				return err
			}
		}
	}
	for _, event := range events {
		h.seqs[event.Tenant] = append(h.seqs[event.Tenant], event.Seq)
	}
	return nil
}

func (h *handled) of(tenant TenantID) []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seqs[tenant]
}

func upTo(n int) []int64 {
	seqs := make([]int64, n)
	for i := range seqs {
		seqs[i] = int64(i + 1)
	}
	return seqs
}

// inLog runs a test with a reader that is not started yet.
func inLog(t *testing.T, test func(t *testing.T, l *fakeLog, h *handled, r *Reader), change ...func(*ReaderConfig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, h := newFakeLog(), &handled{seqs: make(map[TenantID][]int64)}
		cfg := ReaderConfig{
			Name: "test", Log: slog.New(slog.DiscardHandler), Records: l, Feed: &l.feed, Handle: h.handle,
		}
		for _, change := range change {
			change(&cfg)
		}
		r := NewReader(cfg)
		t.Cleanup(r.Stop)
		test(t, l, h, r)
	})
}

func TestReaderHandlesEachEventOnce(t *testing.T) {
	inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
		for range 3 * readerBatch { // from before it started
			l.commit("a", EventMessageCreated)
		}
		r.Start(t.Context())
		synctest.Wait()
		require.Equal(t, upTo(3*readerBatch), h.of("a"))
		for range 10 {
			l.publish("a", EventMessageCreated)
			l.publish("b", EventMessageCreated)
			after(30 * time.Millisecond)
		}
		require.Equal(t, upTo(3*readerBatch+10), h.of("a"))
		require.Equal(t, upTo(10), h.of("b"))
	})
}

func TestReaderLingers(t *testing.T) {
	inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
		r.Start(t.Context())
		synctest.Wait()
		for range 50 {
			l.publish("a", EventMessageCreated)
		}
		synctest.Wait()
		require.Empty(t, h.of("a"))
		after(20 * time.Millisecond)
		require.Equal(t, upTo(50), h.of("a"))
		require.LessOrEqual(t, l.advanced(), 2, "few transactions")
	})
}

func TestReaderWakesForWhatIsInteresting(t *testing.T) {
	inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
		r.Start(t.Context())
		synctest.Wait()
		l.publish("a", EventSeatState)
		after(time.Second)
		require.Empty(t, h.of("a"))
		l.publish("a", EventMessageCreated)
		after(time.Second)
		require.Equal(t, upTo(2), h.of("a"), "in order, the others included")
		l.publish("a", EventSeatState)
		after(time.Minute)
		require.Equal(t, upTo(3), h.of("a"), "sooner or later")
	}, func(cfg *ReaderConfig) {
		cfg.Interesting = func(event Event) bool { return event.Kind == EventMessageCreated }
	})
}

// What fails comes again, with growing waits, whatever else is published; and
// it keeps no other tenant waiting.
func TestReaderWhileHandleFails(t *testing.T) {
	for name, fail := range map[string]func() error{
		"fails":  func() error { return errFake },
		"panics": func() error { panic("made to panic") },
	} {
		t.Run(name, func(t *testing.T) {
			inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
				tries, mended := 0, false
				h.fail = func(event Event) error {
					if event.Tenant != "bad" || mended {
						return nil
					}
					tries++
					return fail()
				}
				r.Start(t.Context())
				for i := range 600 {
					l.publish("bad", EventMessageCreated)
					l.publish("good", EventMessageCreated)
					after(time.Second)
					require.Len(t, h.of("good"), i+1, "within the second")
				}
				require.Less(t, tries, 25)
				require.Empty(t, h.of("bad"))
				h.mu.Lock()
				mended = true
				h.mu.Unlock()
				after(90 * time.Second)
				require.Equal(t, upTo(600), h.of("bad"))
			})
		})
	}
}

func TestReaderWhileTheLogCannotBeListed(t *testing.T) {
	for name, fail := range map[string]func() error{
		"fails":  func() error { return errFake },
		"panics": func() error { panic("made to panic") },
	} {
		t.Run(name, func(t *testing.T) {
			inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
				var works atomic.Bool
				l.behind = func() error {
					if works.Load() {
						return nil
					}
					return fail()
				}
				l.commit("a", EventMessageCreated)
				r.Start(t.Context())
				synctest.Wait()
				require.Empty(t, h.of("a"))
				works.Store(true)
				after(time.Minute)
				require.Equal(t, upTo(1), h.of("a"))
			})
		})
	}
}

func TestReaderStopsInTheMiddle(t *testing.T) {
	inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
		for range 10 {
			l.commit("a", EventMessageCreated)
		}
		r.Start(t.Context())
		synctest.Wait()
		r.Stop()
		r.Stop() // again: nothing happens
		require.Empty(t, h.of("a"))
		require.Zero(t, l.cursors["a"])
		l.publish("a", EventMessageCreated) // nobody listens
		after(time.Hour)

		next := NewReader(ReaderConfig{Name: "test", Log: r.cfg.Log, Records: l, Feed: &l.feed, Handle: h.handle})
		next.Start(t.Context())
		synctest.Wait()
		next.Stop()
		require.Equal(t, upTo(11), h.of("a"))
	}, func(cfg *ReaderConfig) {
		cfg.Handle = func(ctx context.Context, _ Tx, _ []Event) error { <-ctx.Done(); return ctx.Err() }
	})
}

func TestReaderThatNeverStarted(t *testing.T) {
	NewReader(ReaderConfig{}).Stop()
}

// An Interesting that panics leaves the reader usable; the panic is its
// caller's.
func TestReaderWithAPanickyInterest(t *testing.T) {
	inLog(t, func(t *testing.T, l *fakeLog, h *handled, r *Reader) {
		r.Start(t.Context())
		require.Panics(t, func() { l.publish("a", EventSeatState) })
		l.publish("a", EventMessageCreated)
		after(time.Second)
		require.Equal(t, upTo(2), h.of("a"))
	}, func(cfg *ReaderConfig) {
		cfg.Interesting = func(event Event) bool {
			if event.Kind == EventSeatState {
				panic("made to panic")
			}
			return true
		}
	})
}

// For the race detector, in real time.
func TestReadersAndWriters(t *testing.T) {
	l, h := newFakeLog(), &handled{seqs: make(map[TenantID][]int64)}
	r := NewReader(ReaderConfig{
		Name: "test", Log: slog.New(slog.DiscardHandler), Records: l, Feed: &l.feed,
		Handle: h.handle, Linger: time.Millisecond,
	})
	r.Start(t.Context())
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 200 {
				l.publish(TenantID(fmt.Sprint("tenant-", i%3)), EventMessageCreated)
			}
		})
	}
	writers.Wait()
	for i, want := range []int{600, 600, 400} {
		tenant := TenantID(fmt.Sprint("tenant-", i))
		require.Eventually(t, func() bool { return len(h.of(tenant)) == want }, time.Minute, time.Millisecond)
		require.Equal(t, upTo(want), h.of(tenant))
	}
	r.Stop()
}
