package engine

import "time"

// State is what a seat is doing. The set is closed.
type State string

// The states of a seat.
const (
	StateStopped    State = "stopped"    // not running, because a person wants it so or pairing ended
	StateStarting   State = "starting"   // about to connect or pair
	StatePairing    State = "pairing"    // shows a QR code and waits for a phone to scan it
	StateConnecting State = "connecting" // linked to a phone; logging in
	StateConnected  State = "connected"  // logged in: messages flow
	StateRetrying   State = "retrying"   // lost the connection; will connect again by itself
	StateLoggedOut  State = "logged_out" // the phone removed this device: pair again
	StateReplaced   State = "replaced"   // another program connected with the same keys
	StateBanned     State = "banned"     // WhatsApp bans the number until [Status.Until]
	StateOutdated   State = "outdated"   // WhatsApp refuses our client version
	StateFailed     State = "failed"     // something we don't know how to go on from
)

// Reason says why a seat is in its state. Reasons are codes for machines;
// [Status.Sentence] has the words for people.
type Reason string

// The reasons of [Status].
const (
	ReasonNone              Reason = ""
	ReasonRequested         Reason = "requested"          // a person stopped it
	ReasonPairingTimedOut   Reason = "pairing_timed_out"  // every QR code expired unscanned
	ReasonPairingFailed     Reason = "pairing_failed"     // the phone or WhatsApp refused the link
	ReasonNumberTaken       Reason = "number_taken"       // the number that scanned is a seat already
	ReasonPasskeyRequired   Reason = "passkey_required"   // WhatsApp asks for a passkey, which we can't give yet
	ReasonConnectionLost    Reason = "connection_lost"    // the socket closed
	ReasonConnectFailed     Reason = "connect_failed"     // WhatsApp could not be reached
	ReasonRedelivery        Reason = "redelivery"         // reconnects so that WhatsApp sends again what could not be stored
	ReasonDeviceRemoved     Reason = "device_removed"     // unlinked on the phone
	ReasonStreamReplaced    Reason = "stream_replaced"    // the same keys connected elsewhere
	ReasonTemporarilyBanned Reason = "temporarily_banned" // see [Status.Until]
	ReasonClientOutdated    Reason = "client_outdated"    // the client version is too old
	ReasonRefused           Reason = "refused"            // WhatsApp refused the login
	ReasonCrashed           Reason = "crashed"            // a panic in this seat's code
)

// Actor is who must act for a seat to get on.
type Actor string

// The actors.
const (
	ActorNobody Actor = "nobody" // all is well, or will be by itself
	ActorPerson Actor = "person" // somebody has to do something
	ActorTime   Actor = "time"   // it has to wait until [Status.Until]
)

// Status is a seat's state with its reason.
type Status struct {
	State  State
	Reason Reason
	Since  time.Time // when the seat entered the state
	Until  time.Time // when it will leave it by itself; zero if unknown
	Detail string    // what WhatsApp or the other side said, or whose number it is; may be empty
}

// Final says whether the seat stays in this state until a person starts it
// again.
func (s Status) Final() bool {
	switch s.State {
	case StateStopped, StateLoggedOut, StateReplaced, StateFailed:
		return true
	case StateStarting, StatePairing, StateConnecting, StateConnected, StateRetrying, StateBanned, StateOutdated:
		return false
	}
	return true
}

// equal says whether both are the same but for the time they began.
func (s Status) equal(other Status) bool {
	return s.State == other.State && s.Reason == other.Reason && s.Detail == other.Detail && s.Until.Equal(other.Until)
}

// Actor returns who must act.
func (s Status) Actor() Actor {
	switch s.State {
	case StateStarting, StateConnecting, StateConnected, StateRetrying:
		return ActorNobody
	case StateBanned:
		return ActorTime
	case StatePairing, StateStopped, StateLoggedOut, StateReplaced, StateOutdated, StateFailed:
		return ActorPerson
	}
	return ActorPerson
}

// Sentence says to a person what the state means and what to do.
func (s Status) Sentence() string {
	if words, ok := reasonSentence(s); ok {
		return words
	}
	switch s.State {
	case StateStopped:
		return "This seat is not running. Start it to receive messages."
	case StateStarting:
		return "Starting."
	case StatePairing:
		return "Open WhatsApp on the phone, choose Linked devices, and scan the QR code."
	case StateConnecting:
		return "Connecting to WhatsApp."
	case StateConnected:
		return "Connected to WhatsApp."
	case StateRetrying:
		return "The connection was lost. Aibud is connecting again by itself."
	case StateLoggedOut:
		return "This device was unlinked on the phone. Pair it again by scanning a new QR code."
	case StateReplaced:
		return "Another program connected with the same keys. Stop it, then start this seat again."
	case StateBanned:
		return "WhatsApp has temporarily banned this number. Aibud connects again when the ban ends."
	case StateOutdated:
		return "WhatsApp refuses this version of its web client. Aibud tries again with a newer one; if this lasts, update Aibud."
	case StateFailed:
		return "This seat stopped because of an error. Start it again; if it happens again, look at the server's log."
	}
	return "Unknown."
}

func reasonSentence(s Status) (string, bool) {
	switch s.Reason {
	case ReasonPairingTimedOut:
		return "No phone scanned the QR code in time. Try again when the phone is at hand.", true
	case ReasonPairingFailed:
		return "WhatsApp did not accept the link. Try again; if it keeps failing, check the phone's connection and its list of linked devices.", true
	case ReasonNumberTaken:
		if s.Detail != "" {
			return "That number is already connected as “" + s.Detail + "”. Nothing was changed. Scan with another phone, or remove that seat first.", true
		}
		return "That number is already connected to another account. Nothing was changed. Scan with another phone.", true
	case ReasonPasskeyRequired:
		return "WhatsApp asks for a passkey to link this phone, which Aibud can't answer yet. Try again later or with another phone.", true
	case ReasonRedelivery:
		return "Some messages could not be stored. Aibud reconnects so that WhatsApp sends them again.", true
	case ReasonRefused:
		return "WhatsApp refused the login. Start the seat again; if it is refused again, pair it anew.", true
	case ReasonNone, ReasonRequested, ReasonConnectionLost, ReasonConnectFailed, ReasonDeviceRemoved,
		ReasonStreamReplaced, ReasonTemporarilyBanned, ReasonClientOutdated, ReasonCrashed:
	}
	return "", false
}
