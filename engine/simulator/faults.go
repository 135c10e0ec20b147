package simulator

import (
	"fmt"
	"slices"
	"strings"
)

// FaultKind names a misfortune that the simulator can play.
type FaultKind string

// Faults of connections. They strike every connection that is there at once; with Times above 1 or with Seconds also
// each login that follows, until they are over.
const (
	FaultDrop        FaultKind = "drop"         // connections are cut without a word
	FaultRestart     FaultKind = "restart"      // as drop, for everybody and pairings too; with Seconds nobody gets in until then
	FaultStreamError FaultKind = "stream-error" // a stream error with Code (default 503), then the end
	FaultReplaced    FaultKind = "replaced"     // as if the device had connected elsewhere
	FaultRemoved     FaultKind = "removed"      // linked devices are unlinked, as from the phone
	FaultGarbage     FaultKind = "garbage"      // a frame that decrypts to no stanza; the connection goes on
	FaultHalfOpen    FaultKind = "half-open"    // the socket stays open, but the server has forgotten it, as a dead NAT does
)

// Faults of logins. Those but FaultRefuse also cut the connections that are there, so that they strike soon.
const (
	FaultRefuse   FaultKind = "refuse"   // turned away: everybody with HTTP status Code (default 503), a number's logins with failure Code
	FaultFailure  FaultKind = "failure"  // a login fails with reason Code (default 500), such as 403: the phone is gone
	FaultBanned   FaultKind = "banned"   // temporarily banned with reason Code (default 101) for Seconds (default an hour)
	FaultOutdated FaultKind = "outdated" // the client is too old
)

// Faults of what a client gets while it is connected.
const (
	FaultSilent    FaultKind = "silent"     // the server hears but says nothing, no answer and no pong, until it is over; Seconds or until disarmed
	FaultSlow      FaultKind = "slow"       // a slow line: each stanza and each answer over HTTP takes Delay (default 1 s) longer
	FaultDelay     FaultKind = "delay"      // a stanza that waits for an acknowledgement, and all behind it, is held back for Delay
	FaultReorder   FaultKind = "reorder"    // a stanza comes after the one that follows it, or after Delay (default 1 s) if none does
	FaultLoseAck   FaultKind = "lose-ack"   // the server takes a client's message but never acknowledges it
	FaultNack      FaultKind = "nack"       // the server refuses a client's message with error Code (default 500) and doesn't pass it on
	FaultRateLimit FaultKind = "rate-limit" // a query, of Namespace if one is given, is refused with Code (default 429)
)

// Faults of single messages and files on their way to a client.
const (
	FaultDuplicate     FaultKind = "duplicate"     // a message comes twice
	FaultUndecryptable FaultKind = "undecryptable" // a message's ciphertext is damaged
	FaultUnavailable   FaultKind = "unavailable"   // a message comes without a ciphertext; the client has to ask the phone for it
	FaultMediaGone     FaultKind = "media-gone"    // a download ends with HTTP status Code (403, 404 or 410, default 404)
	FaultMediaDamaged  FaultKind = "media-damaged" // a download's bytes are not those that were uploaded
	FaultMediaRefused  FaultKind = "media-refused" // an upload ends with HTTP status Code (default 507)
	FaultMediaLost     FaultKind = "media-lost"    // a phone asked to upload a file again can't: Code 404 (default) has none, 412, 418
	FaultStateDamaged  FaultKind = "state-damaged" // a patch or snapshot of app state comes with a MAC that does not match
)

// Fault asks for one misfortune. Without Times and Seconds it happens once.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Number is the phone whose linked clients it strikes; "" is everybody.
	Number string `json:"number,omitempty"`
	// Times is how often it happens, Seconds how long; with both it is over when either is.
	Times   int     `json:"times,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	// Code is the error that the client sees, where the kind has one.
	Code int `json:"code,omitempty"`
	// Delay is how many seconds something is held back. FaultDelay without it holds back for Seconds.
	Delay float64 `json:"delay,omitempty"`
	// Namespace limits FaultRateLimit to one kind of query, such as "usync" or "w:g2". Without it pings and the queries of
	// a login are spared.
	Namespace string `json:"namespace,omitempty"`
}

const (
	maxFaultTimes   = 1_000_000
	maxFaultSeconds = 24 * 3600
	maxNamespace    = 64
	defaultBan      = 3600 // seconds
	defaultHold     = 1    // seconds
)

// faultRule is what a kind's Code may be (0 to 0: it has none) and is by default.
type faultRule struct {
	low, high, code int
	hold            float64 // the default of Delay; 0: the kind has none
}

// ruleOf gives a kind's rule; false for unknown kinds.
func ruleOf(kind FaultKind) (faultRule, bool) {
	switch kind {
	case FaultDrop, FaultRestart, FaultReplaced, FaultRemoved, FaultGarbage, FaultHalfOpen, FaultOutdated, FaultSilent,
		FaultLoseAck, FaultDuplicate, FaultUndecryptable, FaultUnavailable, FaultMediaDamaged,
		FaultStateDamaged:
		return faultRule{}, true
	case FaultStreamError:
		return faultRule{low: 400, high: 599, code: 503}, true
	case FaultRefuse:
		return faultRule{low: 400, high: 599, code: failUnavailable}, true
	case FaultFailure:
		return faultRule{low: 400, high: 599, code: 500}, true
	case FaultBanned:
		return faultRule{low: 101, high: 199, code: banSpam}, true
	case FaultNack:
		return faultRule{low: 400, high: 599, code: 500}, true
	case FaultRateLimit:
		return faultRule{low: 400, high: 599, code: 429}, true
	case FaultMediaRefused:
		return faultRule{low: 400, high: 599, code: 507}, true
	case FaultMediaLost:
		return faultRule{low: 404, high: 418, code: 404}, true
	case FaultMediaGone:
		return faultRule{low: 403, high: 410, code: 404}, true
	case FaultSlow, FaultReorder:
		return faultRule{hold: defaultHold}, true
	case FaultDelay:
		return faultRule{hold: -1}, true // has to be given
	default:
		return faultRule{}, false
	}
}

// complete checks a fault and fills in its kind's defaults.
func (f Fault) complete() (Fault, error) {
	rule, ok := ruleOf(f.Kind)
	if !ok {
		return f, fmt.Errorf("fault %q: %w; known are %s", f.Kind, ErrUnsupported, faultNames())
	}
	if f.Times < 0 || f.Times > maxFaultTimes {
		return f, fmt.Errorf("%w times: 0 to %d", ErrInvalid, maxFaultTimes)
	}
	if !(f.Seconds >= 0 && f.Seconds <= maxFaultSeconds && f.Delay >= 0 && f.Delay <= maxFaultSeconds) {
		return f, fmt.Errorf("%w seconds or delay: 0 to %d", ErrInvalid, maxFaultSeconds)
	}
	if f.Kind == FaultRestart && f.Number != "" {
		return f, fmt.Errorf("%w number: a restart is everybody's; drop cuts off one phone's clients", ErrInvalid)
	}
	if err := f.completeCode(rule); err != nil {
		return f, err
	}
	if f.Namespace != "" && (f.Kind != FaultRateLimit || len(f.Namespace) > maxNamespace) {
		return f, fmt.Errorf("%w namespace: only %s has one, of at most %d characters", ErrInvalid, FaultRateLimit, maxNamespace)
	}
	return f, f.completeDelay(rule)
}

func (f *Fault) completeCode(rule faultRule) error {
	if f.Code == 0 {
		f.Code = rule.code
		return nil
	}
	if rule.high == 0 {
		return fmt.Errorf("%w code: %s has none", ErrInvalid, f.Kind)
	}
	if f.Code < rule.low || f.Code > rule.high {
		return fmt.Errorf("%w code: %s takes %d to %d", ErrInvalid, f.Kind, rule.low, rule.high)
	}
	return nil
}

func (f *Fault) completeDelay(rule faultRule) error {
	switch {
	case f.Delay > 0 && rule.hold == 0:
		return fmt.Errorf("%w delay: %s has none", ErrInvalid, f.Kind)
	case f.Delay > 0 || rule.hold == 0:
	case f.Kind == FaultDelay:
		// Its seconds are how long a stanza is held unless there is a delay.
		if f.Seconds == 0 {
			return fmt.Errorf("%w delay: say for how many seconds a stanza is held back", ErrInvalid)
		}
		f.Delay, f.Seconds = f.Seconds, 0
	default:
		f.Delay = rule.hold
	}
	return nil
}

func faultNames() string {
	names := []FaultKind{
		FaultDrop, FaultRestart, FaultStreamError, FaultReplaced, FaultRemoved, FaultGarbage, FaultHalfOpen, FaultRefuse,
		FaultFailure, FaultBanned, FaultOutdated, FaultSilent, FaultSlow, FaultDelay, FaultReorder, FaultLoseAck, FaultNack,
		FaultRateLimit, FaultDuplicate, FaultUndecryptable, FaultUnavailable, FaultMediaGone, FaultMediaDamaged,
		FaultMediaRefused, FaultMediaLost,
	}
	var out []string
	for _, name := range names {
		out = append(out, string(name))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Inject plays a fault, and arms it for what follows where its kind or its Times and Seconds ask for it. ErrInvalid,
// ErrNotFound for a number without a phone, ErrUnsupported for an unknown kind, ErrRefused when too many are armed.
func (s *Server) Inject(f Fault) error {
	f, err := f.complete()
	if err != nil {
		return err
	}
	if f.Number != "" && s.directory.number(f.Number) == nil {
		return fmt.Errorf("phone %w", ErrNotFound)
	}
	switch f.Kind {
	case FaultDrop, FaultStreamError, FaultReplaced, FaultRemoved, FaultGarbage, FaultHalfOpen:
		return s.strikeAll(f)
	case FaultRestart:
		return s.restartFault(f)
	case FaultFailure, FaultBanned, FaultOutdated:
		if err = s.faults.arm(f); err == nil {
			s.Drop(f.Number)
		}
		return err
	default:
		return s.faults.arm(f)
	}
}

// Faults lists the faults that wait for their occasion, the oldest first.
func (s *Server) Faults() []ArmedFault { return s.faults.list() }

// Disarm takes back the faults of a kind ("" for any) that wait for a number's clients ("" for any) and says how many.
// What a silent server held back goes out then.
func (s *Server) Disarm(kind FaultKind, number string) int { return s.faults.disarm(kind, number) }
