package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func pages(t *testing.T, b *bundle) {
	const count = 25
	at := now()
	for i := range count {
		m := b.text(engine.Party{Phone: engine.PhoneAddress(fmt.Sprintf("2782000%04d", i))}, "hi")
		m.At = at // all in one second
		b.record(m)
		more := b.text(thandi(), fmt.Sprint(i))
		more.At = at
		b.record(more)
	}
	seen := map[engine.ConversationID]bool{}
	var target engine.ConversationID
	for page := (engine.Page{Limit: 4}); ; {
		found, next, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{}, page)
		require.NoError(t, err)
		require.LessOrEqual(t, len(found), 4)
		for _, c := range found {
			require.False(t, seen[c.ID], "twice")
			seen[c.ID] = true
			if c.Contact.Phone == "27821234567" {
				target = c.ID
			}
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	require.Len(t, seen, count+1)

	var texts []string
	for page := (engine.Page{Limit: 7}); ; {
		found, next, err := b.rows.Messages(b.ctx(), target, page)
		require.NoError(t, err)
		for _, m := range found {
			texts = append(texts, m.Text)
		}
		// What comes meanwhile is newer than the cursor.
		b.record(b.text(thandi(), "new"))
		if page.Cursor = next; next == "" {
			break
		}
	}
	require.Len(t, texts, count)
	for i, text := range texts {
		require.Equal(t, fmt.Sprint(count-1-i), text)
	}
	for _, bad := range []string{"x", "!!", "bm9wZQ", "MTIz", "MTIzLng"} {
		_, _, err := b.rows.Messages(b.ctx(), target, engine.Page{Cursor: bad})
		requireCode(t, engine.CodeInvalid, err)
	}
	_, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{}, engine.Page{Cursor: "x"})
	requireCode(t, engine.CodeInvalid, err)
}

func logWithoutGaps(t *testing.T, b *bundle) {
	const writers, each = 40, 3
	before := b.lastSeq()
	c := b.talk("hello")
	before += 2
	// A reader that follows the log must see each number once and in order.
	stop := make(chan struct{})
	var reader sync.WaitGroup
	var seen []int64
	var readErr error
	reader.Go(func() {
		for last, ending := before, false; ; {
			select {
			case <-stop:
				ending = true
			default:
			}
			events, err := b.rows.Events(b.ctx(), last, 10)
			if err != nil {
				readErr = err
				return
			}
			for _, e := range events {
				seen, last = append(seen, e.Seq), e.Seq
			}
			if ending && len(events) == 0 {
				return
			}
		}
	})
	errs := make(chan error, writers*each)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for range each {
				fact := b.text(engine.Party{Phone: engine.PhoneAddress(fmt.Sprintf("2783000%04d", i))}, "hi")
				errs <- b.store.Record(b.ctx(), b.seat, []engine.Fact{fact, b.text(thandi(), "hi")})
			}
		})
	}
	all.Wait()
	close(stop)
	reader.Wait()
	require.NoError(t, readErr)
	for range writers * each {
		require.NoError(t, <-errs)
	}
	want := writers * (2*each + 1) // messages, and an event for each new conversation
	require.Len(t, seen, want)
	for i, seq := range seen {
		require.Equal(t, before+int64(i)+1, seq)
	}
	require.Equal(t, before+int64(want), b.lastSeq())
	require.Equal(t, writers*each+1, b.conversation(c.ID).Unread)
}

func readerExactlyOnce(t *testing.T, b *bundle) {
	behind, err := b.store.Behind(b.ctx(), "reader")
	require.NoError(t, err)
	require.Equal(t, []engine.TenantID{b.user.Tenant}, behind)
	b.record(b.text(thandi(), "hello"))
	total := int(b.lastSeq())

	crash := errors.New("crash")
	_, err = b.store.Advance(b.ctx(), "reader", b.user.Tenant, 2, func(ctx context.Context, tx engine.Tx, events []engine.Event) error {
		require.Len(t, events, 2)
		return crash
	})
	require.ErrorIs(t, err, crash)
	require.Panics(t, func() {
		_, _ = b.store.Advance(b.ctx(), "reader", b.user.Tenant, 2, func(context.Context, engine.Tx, []engine.Event) error { panic("crash") })
	})
	var seen []int64
	for {
		n, err := b.store.Advance(b.ctx(), "reader", b.user.Tenant, 2, func(_ context.Context, _ engine.Tx, events []engine.Event) error {
			for _, e := range events {
				seen = append(seen, e.Seq)
			}
			return nil
		})
		require.NoError(t, err)
		if n == 0 {
			break
		}
	}
	require.Len(t, seen, total)
	for i, seq := range seen {
		require.Equal(t, int64(i+1), seq)
	}
	behind, err = b.store.Behind(b.ctx(), "reader")
	require.NoError(t, err)
	require.Empty(t, behind)
	behind, err = b.store.Behind(b.ctx(), "another")
	require.NoError(t, err)
	require.Len(t, behind, 1)
	_, err = b.store.Advance(b.ctx(), "reader", "nobody", 1, nil)
	requireCode(t, engine.CodeNotFound, err)
}

func readersAtOnce(t *testing.T, b *bundle) {
	for range 10 {
		b.record(b.text(thandi(), "hi"))
	}
	var mu sync.Mutex
	counts := map[int64]int{}
	var all sync.WaitGroup
	errs := make(chan error, 100)
	for range 4 {
		all.Go(func() {
			for {
				n, err := b.store.Advance(b.ctx(), "r", b.user.Tenant, 3, func(_ context.Context, _ engine.Tx, events []engine.Event) error {
					mu.Lock()
					defer mu.Unlock()
					for _, e := range events {
						counts[e.Seq]++
					}
					return nil
				})
				errs <- err
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, counts, int(b.lastSeq()))
	for seq, n := range counts {
		require.Equal(t, 1, n, "event %d", seq)
	}
}
