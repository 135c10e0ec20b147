package engine

import "time"

// CallState is how far a call has come.
type CallState string

// The states of a call. Those after [CallAccepted] are final.
const (
	CallRinging   CallState = "ringing"   // it rings at the seat's devices
	CallAccepted  CallState = "accepted"  // it goes on
	CallElsewhere CallState = "elsewhere" // the agent took it on the phone or another device; WhatsApp doesn't tell how it went on
	CallRejected  CallState = "rejected"  // the agent refused it, or Aibud did as the seat's settings say
	CallMissed    CallState = "missed"    // nobody took it
	CallEnded     CallState = "ended"     // it was taken, and is over
)

// Final says whether a call in this state is over for us.
func (s CallState) Final() bool {
	switch s {
	case CallElsewhere, CallRejected, CallMissed, CallEnded:
		return true
	case CallRinging, CallAccepted:
		return false
	}
	return false
}

// CallChange tells that somebody calls the seat, or what became of the call.
type CallChange struct {
	Call   string // WhatsApp's ID of the call
	Chat   Party  // who calls, or the group that is called
	Caller Party  // in a group: who calls; zero otherwise
	Video  bool   // known from the offer only
	State  CallState
	At     time.Time
}

// CallLine is what the line of a call in a conversation shows.
type CallLine struct {
	Call    CallID    `json:"call" doc:"The call's ID"`
	Video   bool      `json:"video,omitempty"`
	State   CallState `json:"state" enum:"ringing,accepted,elsewhere,rejected,missed,ended"`
	Seconds int       `json:"seconds,omitempty" doc:"How long it went on, if that is known"`
}

func (CallChange) fact() {}
