package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/myaibud/aibud/engine"
)

// What waits for a while has the time of its end in the database: turns of the
// assistant, its pauses, jobs that are repeated, what a seat has sent within an
// hour. When the clock is set these times are moved with it, so that nothing
// waits a day longer or ends early. What somebody chose a time for, which is
// when a message is to be sent, stays as it is: it is about the clock.

const (
	moveTurnsQuery  = `UPDATE turns SET due = due + $1, opened_at = opened_at + $1`
	movePausesQuery = `UPDATE conversations SET paused_until = paused_until + $1 WHERE paused_until > $2`
	allCountsQuery  = `DELETE FROM sent_counts RETURNING tenant, seat, hour, sent, replies, strangers, last_at`
	putCountQuery   = `INSERT INTO sent_counts (tenant, seat, hour, sent, replies, strangers, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)`
	sentHour = 3600 // seconds
)

// ClockWasSet moves what waits by as much as the clock was set.
func (s *Store) ClockWasSet(ctx context.Context, by time.Duration) error {
	jobs, err := s.jobsMoved(ctx, by)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, moveTurnsQuery, by.Milliseconds()); err != nil {
			return fmt.Errorf("move turns: %w", err)
		}
		// Those that had not ended before the clock was set.
		before := t.now.Add(-by)
		if _, err := t.exec(ctx, movePausesQuery, by.Milliseconds(), millis(before)); err != nil {
			return fmt.Errorf("move pauses: %w", err)
		}
		if err := t.moveCounts(ctx, by); err != nil {
			return fmt.Errorf("move what was sent: %w", err)
		}
		if err := t.moveJobs(ctx, jobs); err != nil {
			return fmt.Errorf("move jobs: %w", err)
		}
		_, err := t.exec(ctx, setSettingQuery, clockSetting, strconv.FormatInt(millis(t.now), 10))
		return err
	})
	if err != nil {
		return err
	}
	s.config.Log.Warn("the clock was set; what waits was moved with it", "by", by.Round(time.Second))
	s.jobs.committed()
	return nil
}

// count is a row of sent_counts.
type count struct {
	seat                           engine.SeatKey
	hour                           int64
	sent, replies, strangers, last int64
}

func scanWholeCount(row scanner, c *count) error {
	return row.Scan(&c.seat.Tenant, &c.seat.Seat, &c.hour, &c.sent, &c.replies, &c.strangers, &c.last)
}

// moveCounts moves what was sent, by whole hours.
func (t *tx) moveCounts(ctx context.Context, by time.Duration) error {
	counts, err := list(ctx, t, scanWholeCount, allCountsQuery)
	if err != nil {
		return err
	}
	hours := int64(by.Round(time.Hour) / time.Hour)
	for _, c := range counts {
		_, err := t.exec(ctx, putCountQuery, c.seat.Tenant, c.seat.Seat, c.hour+hours, c.sent, c.replies, c.strangers, c.last+by.Milliseconds())
		if err != nil {
			return err
		}
	}
	return nil
}

// Jobs whose time was not chosen by anybody.
const (
	waitingJobs          = ` WHERE state IN ('available', 'scheduled', 'retryable') AND kind <> 'send_later'`
	moveJobsPostgres     = `UPDATE river_job SET scheduled_at = scheduled_at + $1 * interval '1 millisecond'` + waitingJobs
	moveJobsSQLite       = `UPDATE river_job SET scheduled_at = strftime('%Y-%m-%d %H:%M:%f', scheduled_at, $1)` + waitingJobs
	databaseClockQuery   = `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)`
	databaseClockEnough  = time.Minute
	millisecondsInSecond = 1000
)

// moveJobs moves the times of jobs.
func (t *tx) moveJobs(ctx context.Context, by time.Duration) error {
	if by == 0 {
		return nil
	}
	var err error
	if t.store.db.dialect() == dialectSQLite {
		_, err = t.exec(ctx, moveJobsSQLite, fmt.Sprintf("%+.3f seconds", float64(by.Milliseconds())/millisecondsInSecond))
	} else {
		_, err = t.exec(ctx, moveJobsPostgres, by.Milliseconds())
	}
	return err
}

// jobsMoved is by how much the clock was set by which jobs become due. On
// PostgreSQL that is the database's own, which may be another machine's.
func (s *Store) jobsMoved(ctx context.Context, by time.Duration) (time.Duration, error) {
	if s.db.dialect() == dialectSQLite || s.jobsOurs {
		return by, nil
	}
	ahead, err := s.databaseAhead(ctx)
	if err != nil {
		return 0, err
	}
	moved := ahead - time.Duration(s.ahead.Swap(int64(ahead))) + by
	if moved > -databaseClockEnough && moved < databaseClockEnough {
		return 0, nil
	}
	return moved, nil
}

// databaseAhead is how far PostgreSQL's clock is ahead of ours.
func (s *Store) databaseAhead(ctx context.Context) (time.Duration, error) {
	now, err := one(ctx, s.db, column[int64], databaseClockQuery)
	if err != nil {
		return 0, translate(fmt.Errorf("read the database's clock: %w", err))
	}
	return fromMillis(now).Sub(s.now()), nil
}

// clockSetting is the setting in which the clock is kept, for the next process.
const clockSetting = "clock"

// clockKept is how often it is kept, about, and less than which is no jump.
const clockKept = time.Minute

// StartClock moves what waits if the clock was set back while no process ran,
// as far as that shows: to before what the last one saw of it. That it was set
// forward can't be told from a time in which nothing ran. It must be called
// before jobs are worked.
func (s *Store) StartClock(ctx context.Context) error {
	if s.db.dialect() != dialectSQLite {
		ahead, err := s.databaseAhead(ctx)
		if err != nil {
			return err
		}
		s.ahead.Store(int64(ahead))
	}
	kept, err := s.Setting(ctx, clockSetting)
	if err != nil {
		return err
	}
	last, err := strconv.ParseInt(kept, 10, 64)
	if err == nil {
		if by := s.now().Sub(fromMillis(last)); by < -clockKept {
			return s.clockWasSetBack(ctx, by)
		}
	}
	return s.KeepClock(ctx)
}

// clockWasSetBack is ClockWasSet at the start. On PostgreSQL jobs are moved
// only if the database's clock was set back too.
func (s *Store) clockWasSetBack(ctx context.Context, by time.Duration) error {
	if s.db.dialect() != dialectSQLite {
		// What the database's clock was then is not known: it is taken to have
		// moved with ours if the two agree now.
		ahead := time.Duration(s.ahead.Load())
		if ahead > -databaseClockEnough && ahead < databaseClockEnough {
			s.ahead.Store(int64(ahead))
		} else {
			s.ahead.Store(int64(ahead + by))
		}
	}
	return s.ClockWasSet(ctx, by)
}

// KeepClock keeps what the clock tells. It is to be called once a minute.
func (s *Store) KeepClock(ctx context.Context) error {
	return s.SetSetting(ctx, clockSetting, strconv.FormatInt(millis(s.now()), 10))
}
