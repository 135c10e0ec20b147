package reads_test

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
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/reads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the records, the clients and the client of one seat.
type world struct {
	engine.Client

	read    engine.ReadMessages
	load    error // of ReadMessages
	reach   error // of WithClient
	mark    error // of marking, while it is set
	unable  bool  // the client can't mark what was read in rooms
	reached int
	told    []told
}

type told struct {
	chat, sender engine.Party
	ids          []string
}

var (
	_ reads.Records     = (*world)(nil)
	_ engine.Clients    = (*world)(nil)
	_ engine.RoomReader = room{}
)

func (w *world) ReadMessages(context.Context, engine.ReadMarkArgs) (engine.ReadMessages, error) {
	return w.read, w.load
}

func (w *world) WithClient(ctx context.Context, _ engine.SeatKey, fn func(context.Context, engine.Client) error) error {
	w.reached++
	if w.reach != nil {
		return w.reach
	}
	if w.unable {
		return fn(ctx, w)
	}
	return fn(ctx, room{w})
}

func (w *world) MarkRead(_ context.Context, chat engine.Party, ids []string) error {
	return w.tell(told{chat: chat, ids: ids})
}

func (w *world) tell(t told) error {
	if w.mark == nil {
		w.told = append(w.told, t)
	}
	return w.mark
}

type room struct{ *world }

func (r room) MarkReadFrom(_ context.Context, chat, sender engine.Party, ids []string) error {
	return r.tell(told{chat, sender, ids})
}

func (w *world) worker() *reads.Worker { return reads.New(w, w, slog.New(slog.DiscardHandler)) }

func job(age time.Duration) *river.Job[engine.ReadMarkArgs] {
	return &river.Job[engine.ReadMarkArgs]{JobRow: &rivertype.JobRow{CreatedAt: time.Now().Add(-age), Attempt: 1, MaxAttempts: 3}}
}

// snoozed says for how long a job waits.
func snoozed(t *testing.T, err error) time.Duration {
	t.Helper()
	snooze, ok := errors.AsType[*river.JobSnoozeError](err)
	require.True(t, ok, "%v", err)
	return snooze.Duration
}

var (
	lead      = engine.Party{Phone: engine.PhoneAddress("27825550100")}
	group     = engine.Party{Room: "120363000000000001@g.us"}
	errAway   = engine.Errorf(engine.CodeNotConnected, "away")
	inGroup   = engine.ReadMessages{Chat: group, Senders: []engine.SenderMessages{{Sender: lead, WhatsAppIDs: []string{"A"}}, {WhatsAppIDs: []string{"B", "C"}}}}
	ofTheLead = engine.ReadMessages{Chat: lead, WhatsAppIDs: []string{"A", "B"}}
)

func TestReadMarksAreTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		read engine.ReadMessages
		want []told
	}{
		"a lead's":                  {ofTheLead, []told{{lead, engine.Party{}, []string{"A", "B"}}}},
		"in a group":                {inGroup, []told{{group, lead, []string{"A"}}, {group, engine.Party{}, []string{"B", "C"}}}},
		"of messages that are gone": {engine.ReadMessages{Chat: lead}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{read: test.read}
			require.NoError(t, w.worker().Work(t.Context(), job(0)))
			require.Equal(t, test.want, w.told)
		})
	}
}

func TestNobodyIsToldOfARemovedSeat(t *testing.T) {
	t.Parallel()
	w := &world{load: engine.Errorf(engine.CodeNotFound, "gone")}
	require.NoError(t, w.worker().Work(t.Context(), job(0)))
	require.Zero(t, w.reached)
	w.load = errors.New("the database is gone")
	require.ErrorIs(t, w.worker().Work(t.Context(), job(0)), w.load)
}

// While a seat is offline its jobs look ever more rarely: they are resumed when
// it connects.
func TestReadMarksWaitForTheSeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{read: ofTheLead, reach: errAway}
		waiting := job(0)
		for begun := time.Now(); time.Since(begun) < 7*24*time.Hour; {
			<-time.After(snoozed(t, w.worker().Work(t.Context(), waiting)))
		}
		require.Less(t, w.reached, 300, "in a week")
		require.Equal(t, time.Hour, snoozed(t, w.worker().Work(t.Context(), waiting)))
		w.reach = engine.Errorf(engine.CodeBusy, "busy")
		require.Equal(t, time.Second, snoozed(t, w.worker().Work(t.Context(), waiting)), "that passes soon, however old the job is")
		w.reach = nil
		require.NoError(t, w.worker().Work(t.Context(), waiting))
		require.Len(t, w.told, 1)
	})
}

func TestReadMarksThatFail(t *testing.T) {
	t.Parallel()
	w := &world{read: ofTheLead, mark: engine.Errorf(engine.CodeTimeout, "no answer")}
	again := job(0)
	require.ErrorIs(t, w.worker().Work(t.Context(), again), w.mark)
	again.Attempt = again.MaxAttempts
	require.NoError(t, w.worker().Work(t.Context(), again), "given up")

	w.mark = engine.Errorf(engine.CodeInvalid, "no such message")
	require.NoError(t, w.worker().Work(t.Context(), job(0)), "it never will")

	w = &world{read: inGroup, unable: true}
	require.NoError(t, w.worker().Work(t.Context(), job(0)), "this client never can")
	require.Empty(t, w.told)
}

// Neither the end of the server nor of the seat is a failure.
func TestReadMarksWhileSomethingStops(t *testing.T) {
	t.Parallel()
	w := &world{read: ofTheLead, mark: context.Canceled}
	require.Equal(t, time.Second, snoozed(t, w.worker().Work(t.Context(), job(0))))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Zero(t, snoozed(t, w.worker().Work(ctx, job(0))))
}
