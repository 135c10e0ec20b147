package engine

import (
	"context"
	"time"
)

// pairingConnections is how many connections may be lost while a QR code is
// shown before pairing is given up.
const pairingConnections = 3

// refreshTimeout bounds how long to learn WhatsApp's current version.
const refreshTimeout = 10 * time.Second

// next says how a seat goes on after a connection: in which state, and how
// long to wait before the next connection if the state isn't final.
type next struct {
	status Status
	wait   time.Duration
	failed bool // the connection could not be made or kept, for whatever reason
}

// connection runs one connection from dialling to its end.
func (s *Seat) connection(ctx context.Context) next {
	var after next
	err := guard(func() error {
		client, err := s.open(ctx)
		if err != nil {
			return err
		}
		c := &connection{seat: s, client: client}
		defer c.end()
		after = c.follow(ctx)
		return nil
	})
	if err == nil {
		return after
	}
	if isPanic(err) {
		s.log.Error("panic in a seat's connection", "error", err)
		s.closeClient()
		return s.retry(ReasonCrashed, "")
	}
	if ctx.Err() != nil {
		return next{}
	}
	s.log.Error("client could not be opened", "error", err)
	return s.retry(failureReason(err), MessageOf(err))
}

// retry counts a failure and says when to try again.
func (s *Seat) retry(reason Reason, detail string) next {
	s.failures++
	wait := s.timing.Reconnect.Wait(s.failures)
	return next{
		status: Status{State: StateRetrying, Reason: reason, Detail: detail, Until: s.wall().Add(wait)},
		wait:   wait,
		failed: true,
	}
}

// failureReason says why there is no connection.
func failureReason(err error) Reason {
	if CodeOf(err) == CodeProxyFailed {
		return ReasonProxyFailed
	}
	return ReasonConnectFailed
}

// connection is one connection of a seat, in the seat's goroutine.
type connection struct {
	seat         *Seat
	client       Client
	slot         bool // holds a dial slot
	dialled      chan error
	hangUp       context.CancelFunc
	since        time.Time   // when it was logged in; zero before
	deadline     *time.Timer // for the login, or for the link while pairing
	probe        *time.Timer // for the store, once a fact could not be stored
	patience     *time.Timer // for the end of the backlog
	showsBacklog bool        // people are shown how far it is
	unstored     bool        // a fact could not be stored
	broken       bool        // the client panicked and may be broken in any way: the next connection begins with a new one
}

// follow connects and handles what the client tells until the connection
// ends. The status it returns is empty if ctx ended it.
func (c *connection) follow(ctx context.Context) next {
	s := c.seat
	if !s.dialEnded(ctx) {
		return next{}
	}
	c.announce(ctx)
	if !c.takeSlot(ctx) {
		return next{}
	}
	c.drain()
	s.caughtUp.Store(false)
	if refusal, ok := c.chooseWay(); !ok {
		return refusal
	}
	c.deadline = time.NewTimer(s.timing.Login)
	c.dial(ctx)
	for {
		select {
		case <-ctx.Done():
			return next{}
		case err := <-c.dialled:
			if err != nil {
				return c.unreachable(ctx, err)
			}
		case <-c.deadline.C:
			return c.late()
		case <-s.again:
			s.recordAgain(ctx)
		case <-s.redelivery:
			c.scheduleProbe()
		case <-c.probeTime():
			if c.storeWorks(ctx) {
				return next{status: Status{State: StateRetrying, Reason: ReasonRedelivery}}
			}
		case signal := <-s.signals:
			if c.lasted() {
				s.failures = 0
			}
			if after, ended := c.handle(ctx, signal); ended {
				return after
			}
		}
	}
}

// announce records that the seat connects, which it may have to wait for.
func (c *connection) announce(ctx context.Context) {
	if c.client.Linked() {
		c.seat.setStatus(ctx, Status{State: StateConnecting})
	} else {
		c.seat.setStatus(ctx, Status{State: StateStarting})
	}
}

// chooseWay tells the client how a phone is to be linked, if one is. It
// reports false, and how the seat goes on, if the client can't do that.
func (c *connection) chooseWay() (next, bool) {
	if c.client.Linked() {
		return next{}, true
	}
	number := c.seat.record.PairPhone
	if pairer, ok := c.client.(CodePairer); ok {
		pairer.PairByCode(number)
		return next{}, true
	}
	if number == "" {
		return next{}, true
	}
	return next{status: Status{State: StateStopped, Reason: ReasonCodeUnsupported}}, false
}

// dial connects in a goroutine of its own, so that the seat can be stopped
// meanwhile and doesn't keep the deep stack of a handshake.
func (c *connection) dial(ctx context.Context) {
	ctx, c.hangUp = context.WithCancel(ctx)
	c.dialled = make(chan error, 1)
	ended := make(chan struct{})
	c.seat.dialling = ended
	go func() {
		defer close(ended)
		c.dialled <- guard(func() error { return c.client.Connect(ctx) })
	}()
}

// dialEnded waits until the last call of Connect has returned, so that a
// client that hangs in it is not called once more with each retry. It reports
// false if ctx ended first.
func (s *Seat) dialEnded(ctx context.Context) bool {
	if s.dialling == nil {
		return true
	}
	select {
	case <-s.dialling:
		return true
	case <-ctx.Done():
		return false
	}
}

// unreachable says how to go on after a dial that failed: as the client told
// before, if it did.
func (c *connection) unreachable(ctx context.Context, err error) next {
	s := c.seat
	for told := len(s.signals); told > 0; told-- {
		if after, ended := c.handle(ctx, <-s.signals); ended {
			return after
		}
	}
	if isPanic(err) {
		s.log.Error("panic while connecting", "error", err)
		c.broken = true
		return s.retry(ReasonCrashed, "")
	}
	s.log.Warn("could not connect to WhatsApp", "error", err)
	return s.retry(failureReason(err), MessageOf(err))
}

// late says how to go on when nothing was heard in time.
func (c *connection) late() next {
	s := c.seat
	if s.status.State == StatePairing {
		return next{status: Status{State: StateStopped, Reason: ReasonPairingTimedOut}}
	}
	return s.retry(ReasonConnectFailed, "WhatsApp did not answer the login.")
}

// end frees what the connection held.
func (c *connection) end() {
	s := c.seat
	s.connected.Store(false)
	s.linking.Store(false)
	c.releaseSlot()
	if c.hangUp != nil {
		c.hangUp()
	}
	if c.deadline != nil {
		c.deadline.Stop()
	}
	if c.probe != nil {
		c.probe.Stop()
	}
	if c.patience != nil {
		c.patience.Stop()
	}
	if err := guard(func() error { c.client.Disconnect(); return nil }); err != nil {
		s.log.Error("panic while disconnecting", "error", err)
		c.broken = true
	}
	if c.broken {
		s.closeClient()
	}
}

// lasted says whether the connection has been logged in for long enough to
// count as a good one.
func (c *connection) lasted() bool {
	return !c.since.IsZero() && time.Since(c.since) >= c.seat.timing.Lasting
}

func (c *connection) takeSlot(ctx context.Context) bool {
	c.slot = c.seat.dials.take(ctx)
	return c.slot
}

func (c *connection) releaseSlot() {
	if c.slot {
		c.slot = false
		c.seat.dials.release()
	}
}

// drain forgets what the connection before left behind.
func (c *connection) drain() {
	c.seat.holding.Store(false)
	for {
		select {
		case <-c.seat.signals:
		case <-c.seat.redelivery: // a new connection redelivers anyway
		default:
			return
		}
	}
}

// scheduleProbe plans to ask the store whether it works again.
func (c *connection) scheduleProbe() {
	if c.probe != nil {
		return
	}
	if c.lasted() && !c.unstored {
		c.seat.redeliveries = 0 // the last one helped
	}
	c.unstored = true
	c.seat.redeliveries++
	c.probe = time.NewTimer(c.seat.timing.Probe.Wait(c.seat.redeliveries))
}

func (c *connection) probeTime() <-chan time.Time {
	if c.probe == nil {
		return nil
	}
	return c.probe.C
}

// storeWorks asks the store; if it doesn't work, another probe is planned.
func (c *connection) storeWorks(ctx context.Context) bool {
	s := c.seat
	if s.store.works(ctx) {
		return true
	}
	c.probe = time.NewTimer(s.timing.Outage.Wait(1))
	return false
}

// handle takes one signal. It reports whether the connection is over, and how
// the seat goes on.
func (c *connection) handle(ctx context.Context, signal Signal) (next, bool) {
	s := c.seat
	switch signal := signal.(type) {
	case PairingCode:
		c.pairing(ctx, signal)
		return next{}, false
	case Connected:
		c.connected(ctx)
		return next{}, false
	case RestrictionChanged:
		s.restrict(ctx, signal.Restriction)
		return next{}, false
	case Backlog:
		c.backlog(ctx, signal)
		return next{}, false
	case Linked:
		s.record.Device = signal.Account.Device
		s.failures, s.pairings = 0, 0
		return next{status: Status{State: StateConnecting}}, true
	case PairingEnded:
		return next{status: Status{State: StateStopped, Reason: signal.Reason, Detail: signal.Detail}}, true
	case Disconnected:
		return c.lost(signal), true
	case LoggedOut:
		return c.loggedOut(ctx, signal), true
	case Replaced:
		return next{status: Status{State: StateReplaced, Reason: ReasonStreamReplaced}}, true
	case Banned:
		return c.banned(signal), true
	case Outdated:
		return c.outdated(ctx), true
	case Refused:
		return next{status: Status{State: StateFailed, Reason: ReasonRefused, Detail: signal.Detail}}, true
	}
	return next{}, false
}

// lost says how to go on after a lost connection. Pairing goes on with new
// codes a few times, but not for ever: nobody may be looking.
func (c *connection) lost(signal Disconnected) next {
	s := c.seat
	if s.status.State == StatePairing {
		s.pairings++
		if s.pairings > pairingConnections {
			return next{status: Status{State: StateStopped, Reason: ReasonPairingTimedOut}}
		}
	}
	return s.retry(ReasonConnectionLost, signal.Detail)
}

func (c *connection) pairing(ctx context.Context, code PairingCode) {
	s := c.seat
	c.releaseSlot() // a person may take minutes to scan
	// The client tells when the last code has expired, but nothing must hang
	// for ever on its doing so.
	c.deadline.Reset(min(max(0, time.Until(code.Expires)), longestCode) + s.timing.Login)
	s.setStatus(ctx, Status{State: StatePairing, Reason: stepReason(code.Step)})
	s.linking.Store(true)
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if err := s.seats.SetPairingCode(ctx, s.key, code); err != nil {
		s.log.Error("pairing code could not be recorded", "error", err)
	}
}

// longestCode bounds how long a seat waits for a person, whatever a client
// says.
const longestCode = 15 * time.Minute

// stepReason says what a seat waits for while it is pairing.
func stepReason(step PairingStep) Reason {
	switch step {
	case PairCode:
		return ReasonTypeCode
	case PairPasskey:
		return ReasonPasskeyRequired
	case PairConfirm:
		return ReasonConfirmCode
	case PairQR:
	}
	return ReasonNone
}

func (c *connection) connected(ctx context.Context) {
	s := c.seat
	c.releaseSlot()
	c.deadline.Stop()
	c.since = time.Now()
	s.outdated = 0
	if s.lasted {
		s.activity.reconnected(s.wall())
	}
	s.lasted = true
	s.connected.Store(true)
	c.patience = time.AfterFunc(backlogPatience, func() { s.caughtUp.Store(true) })
	s.setStatus(ctx, Status{State: StateConnected})
	s.outbox.begin()
}

func (c *connection) loggedOut(ctx context.Context, signal LoggedOut) next {
	s := c.seat
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := s.seats.ClearDevice(ctx, s.key); err != nil {
		s.log.Error("removed device could not be recorded", "error", err)
	}
	return next{status: Status{State: StateLoggedOut, Reason: ReasonDeviceRemoved, Detail: signal.Detail}}
}

func (c *connection) banned(signal Banned) next {
	s := c.seat
	wait := time.Until(signal.Until)
	if signal.Until.IsZero() || wait < time.Minute {
		wait = time.Minute // never hammer a server that bans us
	}
	return next{
		status: Status{State: StateBanned, Reason: ReasonTemporarilyBanned, Detail: signal.Detail, Until: s.wall().Add(wait)},
		wait:   wait,
	}
}

// outdated learns the newest version and connects again: soon the first time,
// and rarely while that doesn't help.
func (c *connection) outdated(ctx context.Context) next {
	s := c.seat
	c.releaseSlot() // learning the version is no dialling
	s.outdated++
	wait := s.timing.Outdated
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if err := s.provider.Refresh(ctx); err != nil {
		s.log.Error("WhatsApp's current version could not be learned", "error", err)
	} else if s.outdated == 1 {
		wait = s.timing.Reconnect.Wait(1)
	}
	return next{
		status: Status{State: StateOutdated, Reason: ReasonClientOutdated, Until: s.wall().Add(wait)},
		wait:   wait,
	}
}
