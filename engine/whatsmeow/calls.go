package whatsmeow

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// Reasons with which a call ends (the simulator's calls.go has their sources).
// A call that ended without one was hung up by the other side.
const (
	endTimeout           = "timeout"
	endAcceptedElsewhere = "accepted_elsewhere"
	endRejectedElsewhere = "rejected_elsewhere"
)

// callEvent takes what is said about calls. It reports false for an event that
// is about something else.
func (s *session) callEvent(ctx context.Context, evt any) (stored, known bool) {
	switch evt := evt.(type) {
	case *events.CallOffer:
		_, video := evt.Data.GetOptionalChildByTag("video")
		return s.call(ctx, evt.BasicCallMeta, engine.CallRinging, video), true
	case *events.CallOfferNotice:
		return s.call(ctx, evt.BasicCallMeta, engine.CallRinging, evt.Media == "video"), true
	case *events.CallAccept:
		return s.call(ctx, evt.BasicCallMeta, engine.CallAccepted, false), true
	case *events.CallReject:
		return s.call(ctx, evt.BasicCallMeta, engine.CallRejected, false), true
	case *events.CallTerminate:
		return s.call(ctx, evt.BasicCallMeta, ending(evt.Reason), false), true
	case *events.CallPreAccept, *events.CallTransport, *events.CallRelayLatency, *events.UnknownCallEvent:
		return true, true // how devices reach each other
	}
	return true, false
}

// ending says what the end of a call means. One that was hung up was missed if
// nobody had taken it, which the sink's store knows.
func ending(reason string) engine.CallState {
	switch reason {
	case endAcceptedElsewhere:
		return engine.CallElsewhere
	case endRejectedElsewhere:
		return engine.CallRejected
	case endTimeout:
		return engine.CallMissed
	}
	return engine.CallEnded
}

// call stores what became of a call.
func (s *session) call(ctx context.Context, meta types.BasicCallMeta, state engine.CallState, video bool) bool {
	caller, alt := meta.CallCreator, meta.CallCreatorAlt
	if !person(caller) {
		caller = meta.From
	}
	if meta.CallID == "" || !person(caller) || s.isSelf(caller) {
		return true // of a call that the agent makes on the phone
	}
	who, err := s.party(ctx, caller, alt)
	change := engine.CallChange{Call: clean(meta.CallID), Chat: who, Video: video, State: state, At: meta.Timestamp}
	if change.At.IsZero() {
		change.At = time.Now()
	}
	if meta.GroupJID.Server == types.GroupServer && err == nil {
		change.Caller = who
		change.Chat, _, err = s.anyChat(ctx, meta.GroupJID, types.EmptyJID)
	}
	return s.prompt(change, true, err)
}

var _ engine.CallClient = (*Client)(nil)

// RejectCall implements [engine.CallClient].
func (c *Client) RejectCall(ctx context.Context, call engine.CallChange) error {
	caller := call.Chat
	if call.Chat.Room != "" {
		caller = call.Caller
	}
	return c.requestIn(ctx, caller, func(ctx context.Context, s *session, jid types.JID) error {
		if err := s.wm.RejectCall(ctx, jid, call.Call); err != nil {
			return err
		}
		call.State, call.At = engine.CallRejected, time.Now() // the server tells the other devices only
		s.afterAck(call, true, nil)
		return nil
	})
}
