package assistant_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant"
)

// echo answers with what the lead said last.
func echo(_ context.Context, prompt assistant.Prompt) (string, error) {
	return "Re: " + prompt.Lines[len(prompt.Lines)-1].Text, nil
}

func TestBurstGetsOneReplyAfterTheLeadStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		start := time.Now()
		b.hear(t, "Hi")
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.work(t)
		}()
		for _, text := range []string{"I want", "to buy"} {
			wait(5 * time.Second)
			b.hear(t, text)
		}
		<-done
		require.Len(t, b.tx.args, 1)
		require.Equal(t, []string{"Re: Hi\nI want\nto buy"}, b.records.replies)
		require.Equal(t, 18*time.Second, b.records.times[0].Sub(start))
	})
}

func TestLeadWhoNeverStopsIsAnsweredAtTheLatest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		start := time.Now()
		b.hear(t, "0")
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.work(t)
		}()
		for range 8 {
			wait(5 * time.Second)
			b.hear(t, "more")
		}
		<-done
		require.Equal(t, 45*time.Second, b.records.times[0].Sub(start))
		b.hear(t, "and more")
		require.Len(t, b.tx.args, 2, "the next message is a new turn")
		b.work(t)
		require.Equal(t, "Re: and more", b.records.replies[1])
	})
}

func TestLeadSeesReadAndTyping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(func(ctx context.Context, prompt assistant.Prompt) (string, error) {
			wait(25 * time.Second)
			return echo(ctx, prompt)
		}), assistant.Config{})
		b.hear(t, "a")
		b.hear(t, "b")
		b.work(t)
		require.Equal(t, []string{"read wa-a,wa-b", "typing 8s", "typing 18s", "typing 28s", "clear 33s"}, b.seats.seen)
	})
}

func TestSeatThatHangsDoesNotStopTheReply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		b.seats.hang = true
		start := time.Now()
		b.hear(t, "Hi")
		b.work(t)
		require.Len(t, b.records.replies, 1)
		require.Less(t, b.records.times[0].Sub(start), 15*time.Second)
	})
}

func TestPersonWhoTakesOverWins(t *testing.T) {
	t.Parallel()
	t.Run("before the turn is due", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := setup(fakeModel(echo), assistant.Config{})
			b.hear(t, "Hi")
			b.records.takeOver()
			b.work(t)
			require.Empty(t, b.records.replies)
			require.Empty(t, b.seats.seen)
		})
	})
	t.Run("while the model writes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var b *bundle
			b = setup(fakeModel(func(ctx context.Context, prompt assistant.Prompt) (string, error) {
				b.records.takeOver()
				return echo(ctx, prompt)
			}), assistant.Config{})
			b.hear(t, "Hi")
			b.work(t)
			require.Empty(t, b.records.replies)
			require.Empty(t, b.records.why)
			require.Contains(t, b.seats.seen[len(b.seats.seen)-1], "clear")
		})
	})
}

func TestMessageWhileTheModelWritesIsAnsweredToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b *bundle
		calls := 0
		b = setup(fakeModel(func(ctx context.Context, prompt assistant.Prompt) (string, error) {
			if calls++; calls == 1 {
				b.hear(t, "wait, to rent")
			}
			return echo(ctx, prompt)
		}), assistant.Config{})
		start := time.Now()
		b.hear(t, "I want to buy")
		require.Zero(t, b.work(t))
		require.Equal(t, []string{"Re: I want to buy\nwait, to rent"}, b.records.replies)
		require.Equal(t, 16*time.Second, b.records.times[0].Sub(start))
		require.Len(t, b.tx.args, 1)
	})
}

func TestFailuresAreRetriedWithGrowingWaitsThenGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls []time.Duration
		start := time.Now()
		b := setup(fakeModel(func(context.Context, assistant.Prompt) (string, error) {
			calls = append(calls, time.Since(start))
			return "", &assistant.ModelError{Sentence: "Gemini is asleep.", Detail: "asleep", Retry: true}
		}), assistant.Config{})
		b.hear(t, "Hi")
		require.Equal(t, 4, b.work(t))
		require.Len(t, calls, 5)
		for i, want := range []time.Duration{4 * time.Second, 12 * time.Second, 36 * time.Second, 108 * time.Second} {
			require.InEpsilon(t, want, calls[i+1]-calls[i], 0.21)
		}
		require.Equal(t, []string{"The assistant could not answer: Gemini is asleep. Please reply to the lead yourself."}, b.records.why)
		require.Empty(t, b.records.replies, "the lead never sees an error")
	})
}

func TestWaitThatTheModelAsksForIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := 90 * time.Second
		b := setup(fakeModel(func(context.Context, assistant.Prompt) (string, error) {
			return "", &assistant.ModelError{Sentence: "Busy.", Detail: "busy", Retry: true, After: after}
		}), assistant.Config{})
		b.hear(t, "Hi")
		wait(10 * time.Second)
		job := job(1)
		require.ErrorContains(t, b.Worker().Work(t.Context(), job), "busy")
		retry := time.Until(b.Worker().NextRetry(job))
		require.GreaterOrEqual(t, retry, after)
		require.Less(t, retry, 2*after)
		after = time.Hour
		require.NoError(t, b.Worker().Work(t.Context(), job))
		require.Len(t, b.records.why, 1, "no lead waits for an hour")
	})
}

func TestPermanentFailureIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(func(context.Context, assistant.Prompt) (string, error) {
			return "", &assistant.ModelError{Sentence: "Gemini said no.", Detail: "blocked"}
		}), assistant.Config{})
		b.hear(t, "Hi")
		require.Zero(t, b.work(t))
		require.Len(t, b.records.why, 1)
		require.Contains(t, b.log.String(), "blocked")
	})
}

func TestTurnThatCannotBeEndedIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		b.hear(t, "Hi")
		b.records.turnErr, b.records.giveUpErr = errors.New("database is locked"), errors.New("database is locked")
		err := b.Worker().Work(t.Context(), job(5))
		_, snoozed := errors.AsType[*river.JobSnoozeError](err)
		require.True(t, snoozed, "got %v", err)
		b.records.giveUpErr = nil
		require.NoError(t, b.Worker().Work(t.Context(), job(5)))
		require.Equal(t, []string{"The assistant could not answer: something went wrong on our side. Please reply to the lead yourself."}, b.records.why)
		b.records.giveUpErr = engine.Errorf(engine.CodeNotFound, "There is no turn.")
		require.NoError(t, b.Worker().Work(t.Context(), job(5)), "somebody else ended it")
	})
}

func TestRecordsThatFailAreTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		b.hear(t, "Hi")
		wait(10 * time.Second)
		b.records.answerErr = errors.New("database is locked")
		require.ErrorIs(t, b.Worker().Work(t.Context(), job(1)), b.records.answerErr)
		b.records.answerErr = nil
		require.NoError(t, b.Worker().Work(t.Context(), job(2)))
		require.Len(t, b.records.replies, 1)
	})
}

func TestModelThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(func(ctx context.Context, _ assistant.Prompt) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}), assistant.Config{})
		start := time.Now()
		b.hear(t, "Hi")
		require.Equal(t, 4, b.work(t))
		require.Equal(t, []string{"The assistant could not answer: Gemini did not answer in time. Please reply to the lead yourself."}, b.records.why)
		require.InDelta(t, 5*time.Minute+160*time.Second, time.Since(start), float64(time.Minute))
	})
}

func TestServerThatStopsLeavesTheTurnForLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(func(ctx context.Context, _ assistant.Prompt) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}), assistant.Config{})
		b.hear(t, "Hi")
		wait(10 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := b.Worker().Work(ctx, job(5))
		snooze, snoozed := errors.AsType[*river.JobSnoozeError](err)
		require.True(t, snoozed, "got %v", err)
		require.Zero(t, snooze.Duration)
		require.Empty(t, b.records.why)
		require.NotNil(t, b.records.turn)
		require.Contains(t, b.seats.seen[len(b.seats.seen)-1], "clear")
	})
}

func TestJobThatAnAdministratorCancelsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		b := setup(fakeModel(func(ctx context.Context, _ assistant.Prompt) (string, error) {
			cancel(river.ErrJobCancelledRemotely)
			return "", ctx.Err()
		}), assistant.Config{})
		b.hear(t, "Hi")
		wait(10 * time.Second)
		require.NoError(t, b.Worker().Work(ctx, job(1)))
		require.Len(t, b.records.why, 1)
	})
}

func TestPanicIsOneFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(func(context.Context, assistant.Prompt) (string, error) { panic(leadText) }), assistant.Config{})
		b.hear(t, leadText)
		require.Equal(t, 4, b.work(t))
		require.Len(t, b.records.why, 1)
		require.NotContains(t, b.log.String()+strings.Join(b.records.why, ""), leadText)
	})
}

func TestTurnIsGivenUpWhenTheAssistantWasSwitchedOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(nil, assistant.Config{})
		event := b.records.add("Hi")
		_, _, err := b.records.OpenTurn(t.Context(), b.tx, tenant, conversation, event.Seq, time.Now(), 0, 0)
		require.NoError(t, err)
		require.NoError(t, b.Worker().Work(t.Context(), job(1)))
		require.Contains(t, b.records.why[0], "no Gemini API key")
	})
}

func TestWorkerGivesTheModelItsTime(t *testing.T) {
	t.Parallel()
	worker := setup(nil, assistant.Config{Timeout: time.Minute}).Worker()
	require.Greater(t, worker.Timeout(job(1)), time.Minute)
	require.Equal(t, "assistant_reply", assistant.ReplyArgs{}.Kind())
}

func TestNoReplyAmidWhatWaitedAtWhatsApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{})
		b.seats.setLate(true)
		b.hear(t, "one")
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.work(t)
		}()
		wait(time.Minute)
		require.Empty(t, b.records.replies)
		b.hear(t, "two")
		b.seats.setLate(false)
		<-done
		require.Equal(t, []string{"Re: one\ntwo"}, b.records.replies)
	})
}

func TestASeatThatStaysOfflineLeavesTheTurnToAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(fakeModel(echo), assistant.Config{Patience: 5 * time.Minute})
		b.seats.setLate(true)
		b.hear(t, "one")
		b.work(t)
		require.Empty(t, b.records.replies)
		require.Len(t, b.records.why, 1)
		require.Contains(t, b.records.why[0], "not connected")
	})
}
