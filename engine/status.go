package engine

import "time"

// State is what a seat is doing. The set is closed.
type State string

// The states of a seat.
const (
	StateStopped    State = "stopped"    // not running, because a person wants it so or pairing ended
	StateStarting   State = "starting"   // about to connect or pair
	StatePairing    State = "pairing"    // waits for a person to link a phone: see [PairingStep]
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
	ReasonTypeCode          Reason = "type_code"          // pairing: a code is to be typed into the phone
	ReasonPasskeyRequired   Reason = "passkey_required"   // pairing: WhatsApp asks for the account's passkey; stopped: nobody gave it
	ReasonConfirmCode       Reason = "confirm_code"       // pairing: two codes are to be compared
	ReasonPasskeyRefused    Reason = "passkey_refused"    // WhatsApp ended the link by passkey
	ReasonCodeUnsupported   Reason = "code_unsupported"   // the client can't pair by code
	ReasonCodeLimit         Reason = "code_limit"         // WhatsApp makes no more codes for this number now
	ReasonNumberUnknown     Reason = "number_unknown"     // WhatsApp knows no such number to pair with by code
	ReasonProxyFailed       Reason = "proxy_failed"       // the seat's proxy doesn't work, or not to WhatsApp
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
		return s.told("This device was unlinked on the phone.") + " Pair it again by scanning a new QR code."
	case StateReplaced:
		return "Another program connected with the same keys. Stop it, then start this seat again."
	case StateBanned:
		return "WhatsApp has temporarily banned this number. " + s.told("It gave no reason.") +
			" Aibud connects again when the ban ends; write less to people who don't know you then."
	case StateOutdated:
		return "WhatsApp refuses this version of its web client. Aibud tries again with a newer one; if this lasts, update Aibud."
	case StateFailed:
		return "This seat stopped because of an error. Start it again; if it happens again, look at the server's log."
	}
	return "Unknown."
}

// told is what the other side said, or other words if it said nothing.
func (s Status) told(otherwise string) string {
	if s.Detail == "" {
		return otherwise
	}
	return s.Detail
}

func reasonSentence(s Status) (string, bool) {
	switch s.Reason {
	case ReasonPairingTimedOut:
		return "No phone was linked in time. Try again when the phone is at hand.", true
	case ReasonPairingFailed:
		return s.told("WhatsApp did not accept the link.") + " Try again; if it keeps failing, check the phone's connection and its list of linked devices.", true
	case ReasonNumberTaken:
		if s.Detail != "" {
			return "That number is already connected as “" + s.Detail + "”. Nothing was changed. Scan with another phone, or remove that seat first.", true
		}
		return "That number is already connected to another account. Nothing was changed. Scan with another phone.", true
	case ReasonTypeCode:
		return "On the phone open WhatsApp, choose Linked devices, Link a device, Link with phone number instead, and type the code.", true
	case ReasonPasskeyRequired:
		if s.State == StatePairing {
			return "This account is guarded by a passkey. Answer WhatsApp's question with it to go on.", true
		}
		return "This account is guarded by a passkey, and nobody answered with it in time. Pair again when the passkey is at hand.", true
	case ReasonConfirmCode:
		return "Compare the code here with the one on the phone. Confirm only if they are the same.", true
	case ReasonPasskeyRefused:
		return "WhatsApp did not accept the link by passkey. Pair again with the passkey of this very account.", true
	case ReasonCodeUnsupported:
		return "This seat's client can't pair by code. Scan a QR code instead.", true
	case ReasonCodeLimit:
		return "WhatsApp makes no more codes for this number for now. Wait some minutes, or scan a QR code instead.", true
	case ReasonNumberUnknown:
		return "WhatsApp knows no account with this number. Check it, with its country code, or scan a QR code instead.", true
	case ReasonProxyFailed:
		return s.told("The seat's proxy could not be used.") + " Aibud never goes around the proxy; it is tried again by itself.", true
	case ReasonRedelivery:
		return "Some messages could not be stored. Aibud reconnects so that WhatsApp sends them again.", true
	case ReasonRefused:
		return s.told("WhatsApp refused the login.") + " Start the seat again; if it is refused again, pair it anew.", true
	case ReasonConnectFailed:
		return s.told("WhatsApp could not be reached.") + " Aibud goes on trying by itself.", s.State == StateRetrying
	case ReasonNone, ReasonRequested, ReasonConnectionLost, ReasonDeviceRemoved,
		ReasonStreamReplaced, ReasonTemporarilyBanned, ReasonClientOutdated, ReasonCrashed:
	}
	return "", false
}
