package simulator

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
	"github.com/myaibud/aibud/engine/simulator/internal/trust"
)

// Errors in the acknowledgement of a message. The first three are the server's own codes (WhiskeySockets/Baileys,
// SERVER_ERROR_CODES in decode-wa-message; NackReason of WhatsApp's web client).
const (
	nackTimelocked = 463 // a restricted account writes to somebody whose token it does not have
	nackCapped     = 475 // too many new chats
	nackMalformed  = 479 // a stanza that no client should make
)

const (
	maxTokensAtOnce = 100
	// maxRestriction bounds how long a restriction may last.
	maxRestriction  = 10 * 365 * 24 * time.Hour
	timelockDefault = "DEFAULT"
	timelockUpdate  = "NotificationUserReachoutTimelockUpdate"
)

// timelockKind is the form of the names that the server gives to kinds of restrictions.
var timelockKind = regexp.MustCompile(`^[A-Z][A-Z_]{0,63}$`)

// standing is what WhatsApp lets an account do, under the account's lock.
type standing struct {
	book    trust.Book // by LID
	cap     trust.Cap
	kind    string // of the restriction
	until   time.Time
	lifting *clock.Timer
}

// Restriction is WhatsApp's lock on an account that wrote to too many strangers.
type Restriction struct {
	Active bool      `json:"active"`
	Kind   string    `json:"kind,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// issueTokens takes the tokens that a client issues to people (whatsmeow, tctoken.go) and hands them over.
func (s *Server) issueTokens(d *device, tokens *binary.Node) ([]binary.Node, *queryError) {
	list := tokens.GetChildrenByTag("token")
	if len(list) == 0 || len(list) > maxTokensAtOnce {
		return nil, errBadRequest
	}
	for _, token := range list {
		jid, _ := jidAttr(&token, "jid")
		at, err := strconv.ParseInt(attr(&token, "t"), 10, 64)
		if err != nil || at <= 0 || attr(&token, "type") != "trusted_contact" {
			return nil, errBadRequest
		}
		to := s.directory.find(jid)
		if to == nil {
			return nil, errItemNotFound
		}
		s.trust(d.account, to, at)
	}
	return nil, nil
}

// trust lets somebody write to an account: they get a token. at is the time that the issuer gives it, by which clients
// judge it; the server goes by its own clock.
func (s *Server) trust(issuer, to *account, at int64) {
	if issuer == to {
		return
	}
	issuer.mu.Lock()
	token := issuer.standing.book.Issue(to.lid, s.clock.Now())
	issuer.mu.Unlock()
	to.notify(nil, issuer.pn(), "privacy_token", binary.Attrs{"sender_lid": issuer.hid()}, binary.Node{
		Tag: "tokens", Content: []binary.Node{{
			Tag: "token", Attrs: binary.Attrs{"type": "trusted_contact", "t": at}, Content: token.Value,
		}},
	})
}

// trustOften issues a token as phones do: with the first message to somebody in a bucket of time.
func (p *Phone) trustOften(to *account) {
	s := p.server()
	p.account.mu.Lock()
	due := p.account.standing.book.Due(to.lid, s.clock.Now())
	p.account.mu.Unlock()
	if due {
		s.trust(p.account, to, s.clock.Unix())
	}
}

// trusts says whether an account let another write to it: by the token that a client shows; of phones the server knows it.
func (a *account) trusts(from *device, token []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.server.clock.Now()
	if from.phone != nil {
		_, ok := a.standing.book.Held(from.account.lid, now)
		return ok
	}
	return a.standing.book.Accepts(from.account.lid, token, now)
}

// mayWrite checks a message to a person against the sender's standing and gives the error to answer with, or 0. Trusted
// chats are never held up; what answers a retry receipt was let through before.
func (r *relayed) mayWrite() int {
	sender := r.from.account
	if r.target == sender || r.target.trusts(r.from, childContent(r.message, "tctoken")) {
		return 0
	}
	sender.mu.Lock()
	defer sender.mu.Unlock()
	now := r.server.clock.Now()
	switch {
	case now.Before(sender.standing.until):
		return nackTimelocked
	case !sender.standing.cap.Begin(r.target.lid, now):
		return nackCapped
	default:
		return 0
	}
}

// Restrict locks the account out of chats with people who have not let it write to them: such messages, by the phone or
// its clients, are answered with error 463 until that time. Its clients are told now and when it ends. kind is the
// server's name for it, such as "RESTRICT_ALL_COMPANIONS"; "" is "DEFAULT". A time that has passed ends a restriction.
func (p *Phone) Restrict(until time.Time, kind string) error {
	if kind == "" {
		kind = timelockDefault
	}
	a, now := p.account, p.server().clock.Now()
	if !timelockKind.MatchString(kind) || until.Sub(now) > maxRestriction {
		return fmt.Errorf("%w restriction: a kind in capitals, and an end within ten years", ErrInvalid)
	}
	a.mu.Lock()
	if a.standing.lifting != nil {
		a.standing.lifting.Stop()
	}
	a.standing.kind, a.standing.until = kind, until
	if now.Before(until) {
		a.standing.lifting = p.server().clock.AfterFunc(until.Sub(now), a.tellRestriction)
	}
	a.mu.Unlock()
	a.tellRestriction()
	return nil
}

// Restriction says whether the account is locked out of new chats.
func (p *Phone) Restriction() Restriction { return p.account.restriction() }

func (a *account) restriction() Restriction {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.server.clock.Now().Before(a.standing.until) {
		return Restriction{}
	}
	return Restriction{Active: true, Kind: a.standing.kind, Until: a.standing.until}
}

// json is a restriction as the server's GraphQL has it (whatsmeow, events.NotifyAccountReachoutTimelock).
func (r Restriction) json() map[string]any {
	if !r.Active {
		return map[string]any{"is_active": false}
	}
	return map[string]any{
		"is_active": true, "enforcement_type": r.Kind, "time_enforcement_ends": strconv.FormatInt(r.Until.Unix(), 10),
	}
}

func (a *account) tellRestriction() {
	a.notifyMex(nil, timelockUpdate, map[string]any{"xwa2_notify_account_reachout_timelock": a.restriction().json()})
}

// LimitNewChats lets the account begin at most total chats with people who have not let it write to them, until that
// time; what goes beyond is answered with error 475. 0 lifts the limit.
func (p *Phone) LimitNewChats(total int, until time.Time) error {
	now := p.server().clock.Now()
	if total < 0 || total > 1_000_000 || until.Sub(now) > maxRestriction {
		return fmt.Errorf("%w limit: 0 to 1,000,000 chats, and an end within ten years", ErrInvalid)
	}
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	p.account.standing.cap = trust.NewCap(total, now, until)
	return nil
}

// capping is the limit on new chats as the server's GraphQL has it.
func (a *account) capping() map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.server.clock.Now()
	c := &a.standing.cap
	if !c.Active(now) {
		return map[string]any{"capping_status": "NONE"}
	}
	status := "NONE"
	if c.Used() >= c.Total {
		status = "CAPPED"
	}
	return map[string]any{
		"total_quota": c.Total, "used_quota": c.Used(), "capping_status": status,
		"cycle_start_timestamp": strconv.FormatInt(c.From.Unix(), 10), "cycle_end_timestamp": strconv.FormatInt(c.Until.Unix(), 10),
		"server_sent_timestamp": strconv.FormatInt(now.Unix(), 10),
	}
}

// wellFormed says whether a message to a person can be one of a client's: it goes to a person, not to a device, unless it
// has one ciphertext for that device; and every ciphertext says what it is.
func wellFormed(to types.JID, n *binary.Node) bool {
	participants, ok := n.GetOptionalChildByTag("participants")
	if !ok {
		return ciphertexts(n)
	}
	receivers := participants.GetChildrenByTag("to")
	if to.Device != 0 || len(receivers) == 0 {
		return false
	}
	for i := range receivers {
		if _, named := jidAttr(&receivers[i], "jid"); !named || !ciphertexts(&receivers[i]) {
			return false
		}
	}
	return true
}

func ciphertexts(n *binary.Node) bool {
	encs := n.GetChildrenByTag("enc")
	for i := range encs {
		if attr(&encs[i], "type") == "" || len(content(&encs[i])) == 0 {
			return false
		}
	}
	return len(encs) > 0
}
