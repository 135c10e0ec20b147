package history_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/history"
)

// phone has one part of a history, and is the records and the client of it.
type phone struct {
	engine.Client

	part    engine.HistoryPart
	ended   bool
	failure string
	fetch   error // of what WhatsApp has now
	ask     error
	asked   int
}

var (
	_ history.Records      = (*phone)(nil)
	_ engine.Clients       = (*phone)(nil)
	_ engine.HistoryClient = (*phone)(nil)
)

func (p *phone) HistoryPart(context.Context, engine.TenantID, engine.HistoryID) (engine.HistoryPart, error) {
	if p.ended {
		return engine.HistoryPart{}, engine.Errorf(engine.CodeNotFound, "ended")
	}
	return p.part, nil
}

func (p *phone) ImportHistory(context.Context, engine.HistoryPart, []engine.Fact, float64) error {
	return nil
}

func (p *phone) AskedHistory(context.Context, engine.HistoryPart) error {
	p.part.Asks++
	p.part.Asked = time.Now()
	return nil
}

func (p *phone) EndHistory(_ context.Context, _ engine.HistoryPart, failure string) error {
	p.ended, p.failure = true, failure
	return nil
}

func (p *phone) WithClient(ctx context.Context, _ engine.SeatKey, fn func(ctx context.Context, client engine.Client) error) error {
	return fn(ctx, p)
}

func (p *phone) FetchHistory(context.Context, engine.HistoryNotice, func(ctx context.Context, facts []engine.Fact, done float64) error) error {
	return p.fetch
}

func (p *phone) AskForHistory(context.Context, engine.HistoryNotice) error {
	if p.ask == nil {
		p.asked++
	}
	return p.ask
}

func (p *phone) ForgetHistory(context.Context, engine.HistoryNotice) error { return nil }

// answers has the phone upload the part again.
func (p *phone) answers(fetch error) { p.part.Asked, p.fetch = time.Time{}, fetch }

// work works the part's job until it ends or so much time has passed.
func (p *phone) work(t *testing.T, limit time.Duration) {
	t.Helper()
	worker := history.New(p, p, slog.New(slog.DiscardHandler))
	job := &river.Job[engine.HistoryImportArgs]{JobRow: &rivertype.JobRow{CreatedAt: time.Now(), Attempt: 1, MaxAttempts: 20}}
	for begun := time.Now(); time.Since(begun) < limit; {
		err := worker.Work(t.Context(), job)
		var snooze *river.JobSnoozeError
		if !errors.As(err, &snooze) {
			require.NoError(t, err)
			return
		}
		<-time.After(max(snooze.Duration, time.Millisecond))
	}
}

var (
	errGone    = engine.Errorf(engine.CodeNotFound, "gone")
	errDamaged = engine.Errorf(engine.CodeInvalid, "damaged")
)

func TestAPartThatIsGoneIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]error{"gone": errGone, "damaged": errDamaged} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &phone{part: engine.HistoryPart{Linked: true}, fetch: lost}
				p.work(t, time.Hour)
				require.False(t, p.ended)
				require.Equal(t, 1, p.asked, "it has time to answer")
				p.answers(nil)
				p.work(t, time.Hour)
				require.True(t, p.ended)
				require.Empty(t, p.failure)
			})
		})
	}
}

func TestAPhoneThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &phone{part: engine.HistoryPart{Linked: true}, fetch: errGone}
		p.work(t, 13*time.Hour)
		require.Equal(t, 3, p.asked)
		p.work(t, 24*time.Hour)
		require.Equal(t, 4, p.asked)
		require.True(t, p.ended)
		require.Contains(t, p.failure, "has not sent it again")
	})
}

func TestAPartThatIsGoneAgainAndAgainIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &phone{part: engine.HistoryPart{Linked: true}, fetch: errGone}
		for range 10 {
			p.work(t, time.Hour)
			p.answers(errGone)
		}
		require.Equal(t, 4, p.asked)
		require.Equal(t, "gone", p.failure)
	})
}

func TestWhatCanNotBeReadTwiceIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &phone{part: engine.HistoryPart{Linked: true}, fetch: errDamaged}
		p.work(t, time.Hour)
		p.answers(errDamaged)
		p.work(t, time.Hour)
		require.Equal(t, 1, p.asked)
		require.Equal(t, "damaged", p.failure)
	})
}

func TestAPartThatCanNotBeAskedForIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &phone{part: engine.HistoryPart{Linked: true}, fetch: errDamaged, ask: engine.Errorf(engine.CodeNotConnected, "offline")}
		p.work(t, time.Hour)
		require.False(t, p.ended, "it is asked when the seat is connected")
		p.ask = engine.Errorf(engine.CodeUnsupported, "no key")
		p.work(t, time.Hour)
		require.Equal(t, "damaged", p.failure)
	})
}
