package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/passkey"
)

// Passkey is a passkey (WebAuthn credential) that guards an account: whoever links a client must prove to have it.
type Passkey struct {
	// ID is the credential's id, PublicKey its public key of kind ES256 as SubjectPublicKeyInfo in DER, which is what
	// authenticators and browsers give out.
	ID        []byte `json:"credential_id"`
	PublicKey []byte `json:"public_key"`
	// Fetch has the client ask for the challenge instead of sending it with the request, which clients must cope with.
	Fetch bool `json:"fetch,omitempty"`
}

// accountPasskey is a passkey with its use counter, under the phone's lock.
type accountPasskey struct {
	credential passkey.Credential
	fetch      bool
	counter    uint32
}

// passkeyCheck is one client's proof of the passkey and the exchange of keys that follows. All but the first lines are
// under the pairing's lock.
type passkeyCheck struct {
	pair      *pairing
	phone     *Phone
	passkey   *accountPasskey
	challenge []byte
	options   []byte
	secret    []byte // under which the phone and the client met
	until     time.Time
	done      chan passkeyOutcome // gets one value

	primary   *passkey.Primary
	proven    bool // the client knows the secret, nobody has to compare codes
	code      string
	confirmed bool
	request   *passkey.Request
	over      bool
}

type passkeyOutcome struct {
	secret []byte
	err    error
}

// RequirePasskey sets the passkey that linking a client to this account asks for from now on; nil: none. ErrInvalid for a
// key of another kind.
func (p *Phone) RequirePasskey(k *Passkey) error {
	var next *accountPasskey
	if k != nil {
		credential, err := passkey.NewCredential(k.ID, k.PublicKey)
		if err != nil {
			return fmt.Errorf("%w passkey: %w", ErrInvalid, err)
		}
		next = &accountPasskey{credential: credential, fetch: k.Fetch}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passkey = next
	return nil
}

// askPasskey has the client prove the account's passkey, if there is one, and gives the secret that the link goes on
// with.
func (p *Phone) askPasskey(ctx context.Context, pair *pairing, secret []byte) ([]byte, error) {
	p.mu.Lock()
	key := p.passkey
	p.mu.Unlock()
	if key == nil {
		return secret, nil
	}
	check := &passkeyCheck{
		pair: pair, phone: p, passkey: key, challenge: passkey.NewChallenge(), secret: secret,
		until: p.server().clock.Now().Add(passkey.Lifetime), done: make(chan passkeyOutcome, 1),
	}
	var err error
	if check.options, err = passkey.Options(check.challenge); err != nil {
		return nil, err
	}
	timer := p.server().clock.AfterFunc(passkey.Lifetime, func() { check.fail(ErrExpired) })
	defer timer.Stop()
	p.server().pairings.expectConfirmation(p.account, check)
	defer p.server().pairings.expectConfirmation(p.account, nil)
	pair.mu.Lock()
	pair.check = check
	pair.mu.Unlock()
	var children []binary.Node
	if !key.fetch {
		children = append(children, binary.Node{Tag: "passkey_request_options", Content: check.options})
	}
	pair.conn.send(p.server().notification(types.ServerJID, "passkey_prologue_request", nil, children...))
	select {
	case outcome := <-check.done:
		return outcome.secret, outcome.err
	case <-pair.conn.ctx.Done():
		return nil, fmt.Errorf("%w: it closed the connection", ErrRefused)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (ps *pairings) expectConfirmation(a *account, check *passkeyCheck) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.checks == nil {
		ps.checks = make(map[*account]*passkeyCheck)
	}
	if check == nil {
		delete(ps.checks, a)
		return
	}
	ps.checks[a] = check
}

// fail ends a check without success.
func (k *passkeyCheck) fail(err error) {
	k.pair.mu.Lock()
	defer k.pair.mu.Unlock()
	k.finish(nil, err)
}

// finish tells the waiting phone the outcome, once. The caller holds the pairing's lock.
func (k *passkeyCheck) finish(secret []byte, err error) {
	if !k.over {
		k.over = true
		k.done <- passkeyOutcome{secret, err}
	}
}

// settleIfAgreed ends the check once the client has asked and nobody has to compare codes any more. The caller holds the
// pairing's lock.
func (k *passkeyCheck) settleIfAgreed() {
	if k.request != nil && (k.proven || k.confirmed) {
		k.finish(k.request.Secret, nil)
	}
}

// withCheck runs step on the check that the client is in, under the pairing's lock.
func (p *pairing) withCheck(step func(*passkeyCheck) *queryError) *queryError {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.check == nil || p.check.over {
		return errItemNotFound
	}
	if !p.conn.server.clock.Now().Before(p.check.until) {
		return errGone
	}
	return step(p.check)
}

func (c *conn) passkeyOptions(n *binary.Node) *queryError {
	return c.pair.withCheck(func(check *passkeyCheck) *queryError {
		c.answer(n, "result", binary.Node{Tag: "passkey_request_options", Content: check.options})
		return nil
	})
}

// passkeyPrologue checks the authenticator's answer and, if it is good, begins the exchange of keys between phone and
// client. A client may begin anew with the same challenge as long as the check lasts; the use counter tells a repeated
// answer from a new one.
func (c *conn) passkeyPrologue(n, prologue *binary.Node) *queryError {
	var hello []byte
	failure := c.pair.withCheck(func(check *passkeyCheck) *queryError {
		assertion, err := passkey.ParseAssertion(childContent(prologue, "webauthn_assertion"))
		if err != nil || !bytes.Equal(childContent(prologue, "credential_id"), assertion.RawID) {
			return errBadRequest
		}
		primary, err := passkey.NewPrimary(childContent(prologue, "prologue_payload"), c.pair.ref)
		if err != nil {
			return errBadRequest
		}
		if err = check.passkey.verify(check.phone, assertion, check.challenge); err != nil {
			c.log.Info("passkey refused", "error", err)
			return queryErrorOf(err)
		}
		check.primary, check.code, check.confirmed, check.request = primary, "", false, nil
		check.proven = primary.Proven(check.secret, childContent(prologue, "pairing_handoff_proof"))
		if hello, err = primary.Hello(); err != nil {
			return errBadRequest
		}
		return nil
	})
	if failure == nil {
		c.answer(n, "result")
		c.send(c.server.notification(types.ServerJID, "crsc_continuation", nil, binary.Node{
			Tag: "primary_ephemeral_identity", Content: hello,
		}))
	}
	return failure
}

func (k *accountPasskey) verify(p *Phone, assertion *passkey.Assertion, challenge []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	counter, err := k.credential.Verify(assertion, challenge, k.counter)
	if err == nil {
		k.counter = counter
	}
	return err
}

// queryErrorOf is how the server words what was wrong with a client's proof.
func queryErrorOf(err error) *queryError {
	if errors.Is(err, passkey.ErrRefused) {
		return errNotAuthorized
	}
	return errBadRequest
}

// passkeyNonce takes the nonce to which the client is bound and shows the code to the phone's person if they have to
// compare it.
func (c *conn) passkeyNonce(n, nonce *binary.Node) *queryError {
	var shown string
	var phone *Phone
	failure := c.pair.withCheck(func(check *passkeyCheck) *queryError {
		if check.primary == nil {
			return errItemNotFound
		}
		code, err := check.primary.Code(content(nonce))
		if err != nil {
			return queryErrorOf(err)
		}
		check.code = code
		if !check.proven {
			shown, phone = code, check.phone
		}
		return nil
	})
	if failure == nil {
		c.answer(n, "result")
		if phone != nil {
			phone.show(EventLinkCode, shown)
		}
	}
	return failure
}

func (c *conn) passkeyRequest(n, sealed *binary.Node) *queryError {
	failure := c.pair.withCheck(func(check *passkeyCheck) *queryError {
		if check.primary == nil || check.code == "" {
			return errItemNotFound
		}
		request, err := check.primary.Open(content(sealed))
		if err != nil {
			return queryErrorOf(err)
		}
		if !bytes.Equal(request.NoiseKey, c.peer.NoiseKey[:]) || !bytes.Equal(request.Identity, c.pair.keys.identity[:]) {
			return errBadRequest
		}
		check.request = &request
		// Answered before the link goes on, so that the client isn't surprised by it.
		c.answer(n, "result")
		check.settleIfAgreed()
		return nil
	})
	return failure
}

// ConfirmLink says that the person at the phone compared the code that the client shows with the phone's own (the Detail of
// its EventLinkCode), which linking by passkey asks for when the client can't prove that it is the one that was scanned.
// Another code than the phone's means that somebody sits between them: the link is refused and ErrInvalid comes back.
// ErrNotFound if no link waits for it.
func (p *Phone) ConfirmLink(code string) error {
	pairings := &p.server().pairings
	pairings.mu.Lock()
	check := pairings.checks[p.account]
	pairings.mu.Unlock()
	if check == nil {
		return fmt.Errorf("link that waits for a code %w", ErrNotFound)
	}
	return check.confirm(strings.ToUpper(strings.TrimSpace(code)))
}

func (k *passkeyCheck) confirm(code string) error {
	k.pair.mu.Lock()
	defer k.pair.mu.Unlock()
	switch {
	case k.over || k.code == "":
		return fmt.Errorf("link that waits for a code %w", ErrNotFound)
	case code != k.code:
		k.finish(nil, fmt.Errorf("%w: the codes on phone and client differ", ErrRefused))
		return fmt.Errorf("%w code: the phone shows another, the link is refused", ErrInvalid)
	}
	k.confirmed = true
	k.settleIfAgreed()
	return nil
}
