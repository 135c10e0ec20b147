package engine

import (
	"context"
	"maps"
	"slices"
	"time"
)

const (
	// sendsAtOnce is how many messages of a seat may be on their way at a time,
	// each to another conversation, so that one whose acknowledgement is lost
	// doesn't hold up the others.
	sendsAtOnce = 4
	// noticeable is how long a message must wait for people to be told why.
	noticeable = 3 * time.Second
	// toldAtOnce is how many waits are told about at a time.
	toldAtOnce = 32
	// rereadAfter is how long all of the outbox's rows are not looked at again
	// while something in hand may go: with many messages waiting, each new one
	// would have all of them read.
	rereadAfter = 200 * time.Millisecond
	// rereadLate is after how long all rows are looked at again though nothing
	// has told of a change.
	rereadLate = 30 * time.Second
	// lateTime is how long after its time a scheduled message is still sent.
	lateTime = 12 * time.Hour
)

// dispatch is what a seat's outbox has in hand. All of it belongs to the
// outbox's goroutine; sends run in others and answer by outcomes.
type dispatch struct {
	outbox   *outbox
	lanes    []*lane
	readAt   time.Time               // when the outbox's rows were read
	readBy   time.Time               // when they are to be read again at the latest; zero: they have not changed
	full     bool                    // there may be more conversations than were read
	last     urgency                 // if there are, that of the last that was read: no other comes before it
	laid     int                     // how many lanes were read
	more     map[ConversationID]bool // of those in hand, which have more than was read
	stale    map[ConversationID]bool // which are to be read, by themselves
	limit    int                     // grows while what is in hand has to wait
	failures int                     // to read, in a row
	held     retries[ConversationID]
	busy     map[ConversationID]MessageID // what is under way, by the conversation that it was of when it went
	typing   map[MessageID]time.Time      // until when it shows
	outcomes chan outcome                 // has room for all that can be under way
}

// outcome is what came of a send.
type outcome struct {
	draft  Draft
	reach  Reach // as which the gate counted it; empty: not at all
	result result
}

// result is what to do after a send.
type result int

const (
	resultDone    result = iota // it is dealt with, one way or the other
	resultUnsent                // dealt with, but nothing was sent
	resultAgain                 // it has to be tried again
	resultSlower                // the same, and more slowly
	resultRefused               // dealt with: WhatsApp doesn't want strangers to be written to
)

func newDispatch(o *outbox) *dispatch {
	return &dispatch{
		outbox: o, readBy: time.Now(), limit: outboxBatch,
		held: newRetries[ConversationID](o.seat.timing.Resend),
		busy: make(map[ConversationID]MessageID), more: make(map[ConversationID]bool), stale: make(map[ConversationID]bool),
		typing:   make(map[MessageID]time.Time),
		outcomes: make(chan outcome, sendsAtOnce),
	}
}

// run sends until the outbox is empty or the seat is not connected.
func (d *dispatch) run(ctx context.Context) {
	defer d.finish()
	for ctx.Err() == nil && d.outbox.seat.connected.Load() {
		if d.outbox.fresh.Swap(false) {
			clear(d.held.failed)
		}
		if d.due(time.Now()) && !d.read(ctx) {
			continue
		}
		d.refill(ctx)
		next := d.start(ctx, time.Now())
		if len(d.stale) > 0 {
			continue
		}
		if len(d.busy) < sendsAtOnce && !d.readBy.IsZero() {
			d.readBy = time.Now() // whatever is in hand has to wait
			continue
		}
		switch {
		case len(d.busy) > 0:
		case len(d.lanes) == 0 && d.full:
			d.readBy = time.Now()
			continue
		case len(d.lanes) == 0:
			return
		}
		if d.full && len(d.busy) < sendsAtOnce && (d.limit < outboxMost || len(d.lanes) <= d.laid/2) {
			d.limit, d.readBy = min(2*d.limit, outboxMost), time.Now() // others may be behind those that wait
			continue
		}
		d.rest(ctx, next)
	}
}

// due says whether to read the outbox before anything else is sent.
func (d *dispatch) due(now time.Time) bool { return !d.readBy.IsZero() && !now.Before(d.readBy) }

// woken has what is new read: one conversation by itself, or all of the
// outbox soon if anything may have changed, and at once if nothing in hand may
// go. What is new in a conversation that is in hand comes after what is in hand
// of it, and hurries that if a person wrote it, or if the lead did.
func (d *dispatch) woken() {
	for conversation, news := range d.outbox.takeNews() {
		l := d.lane(conversation)
		switch {
		case conversation == "":
			if d.readBy.IsZero() {
				d.readBy = d.readAt.Add(rereadAfter)
			}
		case !news && (l == nil || !l.waited):
		case l != nil && l.urgent && !l.waited:
			d.more[conversation] = true
		default:
			d.stale[conversation] = true
		}
	}
}

// refill reads single conversations anew. A lane keeps its place, and a new one
// goes behind the others of its kind. If that fails, all of the outbox is read,
// which is tried again.
func (d *dispatch) refill(ctx context.Context) {
	for conversation := range d.stale {
		drafts, err := d.outbox.readOf(ctx, conversation)
		if err != nil {
			clear(d.stale)
			d.readBy = time.Now()
			return
		}
		delete(d.stale, conversation)
		d.replace(conversation, drafts)
	}
}

// finish waits for what is under way.
func (d *dispatch) finish() {
	d.outbox.awaits.Store(false)
	for len(d.busy) > 0 {
		d.take(<-d.outcomes)
	}
}

// read reads the outbox, and the gate's settings if they may have changed. It
// reports false if it failed, after a wait.
func (d *dispatch) read(ctx context.Context) bool {
	o := d.outbox
	o.takeNews() // it is about to be read
	err := o.openGate(ctx)
	var drafts []Draft
	if err == nil {
		drafts, err = o.read(ctx, d.limit)
	}
	if err != nil {
		o.seat.log.Error("outbox could not be read; it is tried again", "error", err)
		d.failures++
		if o.seat.awaitStore(ctx) {
			d.failures = 1
		}
		d.rest(ctx, time.Now().Add(o.seat.timing.Resend.Wait(d.failures)))
		return false
	}
	d.failures, d.readAt, d.readBy, d.full = 0, time.Now(), time.Time{}, len(drafts) == d.limit
	clear(d.more)
	clear(d.stale)
	d.lanes = d.lanes[:0]
	fresh := lanesOf(drafts)
	if d.laid = len(fresh); d.full {
		d.last = fresh[d.laid-1].urgency(d.readAt)
	}
	d.lay(0, fresh)
	return true
}

// start sends what may go now, and returns when the next of those that wait
// may; zero if none waits for a time. One whose wait has ended is to be read
// anew before it goes.
func (d *dispatch) start(ctx context.Context, now time.Time) (next time.Time) {
	defer d.forget(now)
	var waits waits
	defer func() { d.tell(ctx, waits) }()
	ahead := map[Reach]int{}
	for _, l := range d.lanes {
		if len(l.drafts) == 0 || d.underWay(l) {
			continue
		}
		draft := &l.drafts[0]
		wait := d.waitFor(draft, now, ahead)
		if wait.Until.IsZero() {
			if l.waited && len(d.busy) < sendsAtOnce {
				d.stale[l.conversation] = true
				return now
			}
			until := d.showBefore(ctx, draft, now)
			switch {
			case until.After(now):
				wait.Until = until // and no reason to tell
			case len(d.busy) == sendsAtOnce:
				return time.Time{} // one of those that end first makes room
			default:
				d.send(ctx, *draft, draft.reach(now), now)
				continue
			}
		}
		if next.IsZero() || wait.Until.Before(next) {
			next = wait.Until
		}
		l.waited = l.waited || wait.Reason != ""
		waits.add(draft, wait, now)
	}
	d.outbox.awaits.Store(!next.IsZero())
	return next
}

// underWay says whether a lane has to wait for the end of a message. That may
// have gone out under a conversation which has become part of this one since.
func (d *dispatch) underWay(l *lane) bool {
	if d.busy[l.conversation] != "" {
		return true
	}
	for _, id := range d.busy {
		if id == l.drafts[0].ID {
			return true
		}
	}
	return false
}

// forget drops what was due and is not in hand any more: it is gone.
func (d *dispatch) forget(now time.Time) {
	maps.DeleteFunc(d.held.failed, func(of ConversationID, failed retry) bool {
		return !failed.at.After(now) && d.busy[of] == "" && d.lane(of) == nil
	})
}

// waitFor says what a draft waits for, or nothing.
func (d *dispatch) waitFor(draft *Draft, now time.Time, ahead map[Reach]int) Waiting {
	if d.held.held(draft.Conversation, now) {
		return Waiting{WaitAgain, d.held.failed[draft.Conversation].at}
	}
	reach := draft.reach(now)
	if until := d.outbox.seat.restrictedUntil(); reach == ReachStranger && until.After(now) {
		return Waiting{WaitRestricted, until}
	}
	before := ahead[ReachKnown]
	if reach == ReachStranger {
		before = ahead[ReachStranger]
	}
	wait := d.outbox.gate.admit(reach, now, before)
	if wait.Reason != "" {
		ahead[ReachKnown]++
		if reach == ReachStranger {
			ahead[ReachStranger]++
		}
	}
	return wait
}

// showBefore shows 'typing…' before a draft is sent, and returns until when.
func (d *dispatch) showBefore(ctx context.Context, draft *Draft, now time.Time) time.Time {
	if until, begun := d.typing[draft.ID]; begun {
		return until
	}
	length := d.outbox.gate.typing(draft)
	if length <= 0 {
		return now
	}
	until := now.Add(length)
	d.typing[draft.ID] = until
	d.outbox.showTyping(ctx, draft.To)
	return until
}

// send hands a draft over in a goroutine of its own.
func (d *dispatch) send(ctx context.Context, draft Draft, reach Reach, now time.Time) {
	o := d.outbox
	d.busy[draft.Conversation] = draft.ID
	delete(d.typing, draft.ID)
	if draft.tooLate(now) {
		go func() { d.outcomes <- outcome{draft: draft, result: o.giveUp(ctx, draft, errLate())} }()
		return
	}
	o.gate.take(reach, now)
	go func() { d.outcomes <- outcome{draft, reach, o.send(ctx, draft, reach)} }()
}

// take takes note of what came of a send.
func (d *dispatch) take(end outcome) {
	conversation, now := end.draft.Conversation, time.Now()
	delete(d.busy, conversation)
	gate := d.outbox.gate
	if end.result != resultDone && end.reach != "" {
		gate.giveBack(end.reach, now)
	}
	switch end.result {
	case resultAgain:
		d.again(end.draft)
		return
	case resultSlower:
		gate.refused(now)
		d.outbox.keepSlowed()
		d.again(end.draft)
		return
	case resultRefused:
		if end.reach == ReachStranger {
			gate.restricted(now)
			d.outbox.keepSlowed()
		}
	case resultDone, resultUnsent:
	}
	d.held.succeed(conversation)
	d.lanes = slices.DeleteFunc(d.lanes, func(l *lane) bool {
		if len(l.drafts) > 0 && l.drafts[0].ID == end.draft.ID {
			l.drafts = l.drafts[1:]
		}
		return len(l.drafts) == 0
	})
	if d.more[conversation] && d.lane(conversation) == nil {
		d.stale[conversation] = true
	}
}

// again holds a conversation until its first message may be tried once more.
func (d *dispatch) again(draft Draft) {
	d.held.fail(draft.Conversation)
	for _, l := range d.lanes {
		l.waited = l.waited || l.drafts[0].ID == draft.ID
	}
}

// rest waits until something may have changed: a send has ended, there is
// something new or a new connection, or it is somebody's turn.
func (d *dispatch) rest(ctx context.Context, next time.Time) {
	var turn <-chan time.Time
	if late := d.readAt.Add(rereadLate); d.failures == 0 && d.full && len(d.lanes) < d.laid && next.After(late) {
		next = late // others that were not read may go, if those in hand wait for another try
	}
	if !next.IsZero() {
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		turn = timer.C
	}
	select {
	case <-ctx.Done():
	case end := <-d.outcomes:
		d.take(end)
	case <-d.outbox.wakes:
		d.woken()
	case <-turn:
		if time.Since(d.readAt) >= rereadLate {
			d.readBy = time.Now()
		}
	}
}

// tooLate says whether a draft was to be sent so long ago that it would
// surprise.
func (d *Draft) tooLate(now time.Time) bool {
	return !d.SendAt.IsZero() && d.Attempts == 0 && now.Sub(d.SendAt) > lateTime
}

func errLate() *Error {
	return Errorf(CodeLate, "The seat could not send it within 12 hours of its time. Send it again if it still makes sense.")
}

// waits are waits that people are to be told about.
type waits map[Waiting][]MessageID

// add notes a wait that is worth telling and not told yet.
func (w *waits) add(draft *Draft, wait Waiting, now time.Time) {
	if wait.Reason == "" || wait.Until.Sub(now) < noticeable || len(*w) >= toldAtOnce {
		return
	}
	told := draft.Waiting
	if told.Reason == wait.Reason && told.Until.Sub(wait.Until).Abs() < max(noticeable, wait.Until.Sub(now)/10) {
		return
	}
	if *w == nil {
		*w = make(waits)
	}
	wait.Until = wait.Until.Round(0).Truncate(time.Second)
	draft.Waiting = wait
	(*w)[wait] = append((*w)[wait], draft.ID)
}

// tell records why messages wait. It is for people to know only, so nothing
// depends on it.
func (d *dispatch) tell(ctx context.Context, waits waits) {
	s := d.outbox.seat
	for wait, ids := range waits {
		tellCtx, cancel := context.WithTimeout(ctx, recordTimeout)
		err := s.messages.SetWaiting(tellCtx, s.key, ids, wait)
		cancel()
		if err != nil {
			s.log.Warn("why messages wait could not be recorded", "error", err)
		}
	}
}
