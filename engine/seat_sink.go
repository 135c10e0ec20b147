package engine

import "context"

// sink is what the seat's client sees of the seat. A panic of the store's
// reaches the client as an error, since it runs in a goroutine of the client.
type sink struct {
	seat *Seat
	over <-chan struct{} // closed when the client is: it then has nothing to tell any more
}

var (
	_ Sink         = sink{}
	_ PresenceSink = sink{}
)

// Claim implements [Sink].
func (k sink) Claim(ctx context.Context, account Account) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return guard(func() error { return k.seat.seats.Claim(ctx, k.seat.key, account) })
}

// errHolding refuses facts until the next connection.
var errHolding = &Error{
	Code: CodeUnavailable, Message: "An earlier message could not be stored, so this one waits for it.",
}

// Deliver implements [Sink]. What can't be stored is asked for again by
// reconnecting once the store works. After the store was unavailable, nothing
// more of that connection is stored: it would come before what WhatsApp sends
// again. A fact that fails for another reason holds up nothing.
func (k sink) Deliver(ctx context.Context, facts ...Fact) error {
	if k.seat.holding.Load() {
		return errHolding
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err := guard(func() error { return k.seat.messages.Record(ctx, k.seat.key, facts) })
	if err == nil {
		return nil
	}
	k.seat.holding.Store(CodeOf(err) == CodeUnavailable)
	k.seat.log.Error("could not be stored; WhatsApp will send it again", "error", err)
	select {
	case k.seat.redelivery <- struct{}{}:
	default: // asked for already
	}
	return err
}

// Signal implements [Sink]. It waits only for a client that tells more than
// [signalInbox] signals at once.
func (k sink) Signal(signal Signal) {
	select {
	case <-k.over: // a later client's connection is none of this one's business
		return
	default:
	}
	select {
	case k.seat.signals <- signal:
	case <-k.over:
	case <-k.seat.ctx.Done():
	}
}

// Presence implements [PresenceSink].
func (k sink) Presence(news Presence) {
	if k.seat.presence != nil {
		k.seat.presence(k.seat.key, news)
	}
}

// Sent implements [Sink].
func (k sink) Sent(ctx context.Context, chat Party, whatsAppID string) (draft Draft, found bool) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err := guard(func() (err error) {
		draft, found, err = k.seat.messages.Sent(ctx, k.seat.key, chat, whatsAppID)
		return err
	})
	if err != nil {
		k.seat.log.Error("sent message could not be read for a device that asked for it again", "error", err)
		return Draft{}, false
	}
	return draft, found
}

// Secrets implements [Sink].
func (k sink) Secrets(ctx context.Context, whatsAppID string) (secrets [][]byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err = guard(func() (err error) {
		secrets, err = k.seat.messages.Secrets(ctx, k.seat.key, whatsAppID)
		return err
	})
	return secrets, err
}

// waitingMost is how many waiting messages the phone is asked for at a time.
const waitingMost = 100

// Undecrypted implements [Sink].
func (k sink) Undecrypted(ctx context.Context) (list []Undecrypted) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err := guard(func() (err error) {
		list, err = k.seat.messages.Undecrypted(ctx, k.seat.key, waitingMost)
		return err
	})
	if err != nil {
		k.seat.log.Error("messages that wait could not be listed; the phone is asked for them with the next connection", "error", err)
		return nil
	}
	return list
}

// RoomKnown implements [Sink].
func (k sink) RoomKnown(ctx context.Context, room Address) (known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err = guard(func() (err error) {
		known, err = k.seat.messages.RoomKnown(ctx, k.seat.key, room)
		return err
	})
	return known, err
}
