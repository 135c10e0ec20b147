package whatsmeow

import (
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// removalDetail says why a device is linked no more.
func removalDetail(evt *events.LoggedOut) string {
	if !evt.OnConnect {
		return "The device was removed on the phone or by WhatsApp."
	}
	switch evt.Reason {
	case events.ConnectFailureMainDeviceGone:
		return "WhatsApp has locked the account, or it has moved to another phone."
	case events.ConnectFailureUnknownLogout:
		return "WhatsApp has logged the account out; it may be banned."
	default:
		return "The device was removed while it was not connected."
	}
}

// ban turns a temporary ban into a signal.
func ban(evt *events.TemporaryBan, now time.Time) engine.Banned {
	signal := engine.Banned{Detail: banDetail(evt.Code)}
	if evt.Expire > 0 {
		signal.Until = now.Add(evt.Expire)
	}
	return signal
}

// banDetail explains the codes of temporary bans (whatsmeow,
// events.TempBanReason).
func banDetail(code events.TempBanReason) string {
	switch code {
	case events.TempBanSentToTooManyPeople:
		return "Too many messages went to people who don't have this number in their contacts."
	case events.TempBanBlockedByUsers:
		return "Too many people blocked this number."
	case events.TempBanCreatedTooManyGroups:
		return "Too many groups were made with people who don't have this number in their contacts."
	case events.TempBanSentTooManySameMessage:
		return "The same message went to too many people."
	case events.TempBanBroadcastList:
		return "Too many messages went to a broadcast list."
	}
	return fmt.Sprintf("WhatsApp gave code %d and no reason that we know.", int(code))
}

// connectFailure turns a refused login into a signal. Codes from 500 are
// troubles of the server's own and may pass.
func connectFailure(evt *events.ConnectFailure) engine.Signal {
	detail := fmt.Sprintf("WhatsApp refused the login with code %d.", int(evt.Reason))
	if evt.Reason >= events.ConnectFailureInternalServerError {
		return engine.Disconnected{Detail: detail}
	}
	return engine.Refused{Detail: detail}
}

// errNoToken tells the library that we can't renew a token of Messenger's, which
// seats have none of.
var errNoToken = errors.New("only Messenger's clients have such a token")

// tokenWanted turns a refusal for want of a token of Messenger's into a signal.
// Once logged in, it is an end of the connection like any other.
func (s *session) tokenWanted() engine.Signal {
	const detail = "WhatsApp asked for a token that only Messenger's clients have."
	if s.ready() {
		return engine.Disconnected{Detail: detail}
	}
	return engine.Refused{Detail: detail}
}
