package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
	"github.com/myaibud/aibud/engine/simulator/internal/linkcode"
)

const (
	// linkCodeLife is how long WhatsApp's web client shows a link code before it makes a new one.
	linkCodeLife = 6 * time.Minute
	// maxLinkTries is how often a phone may try a code; WhatsApp's web client answers no more either.
	maxLinkTries = 3
	// linkAsks in linkAsksIn is how often a number may be asked to link by code. That there is a limit, answered with 429,
	// is known from Baileys' users; how high it is, is not.
	linkAsks   = 5
	linkAsksIn = 10 * time.Minute
	// maxDisplay bounds the name that a client shows.
	maxDisplay = 64
)

// displayForm is the name that a client linked by code must have: a common browser and a common system. The real server
// refuses "Chrome (Acme)" with 400 and takes "Chrome (Windows)" (WhiskeySockets/Baileys pull request 2769).
var displayForm = regexp.MustCompile(`^(Chrome|Edge|Firefox|IE|Opera|Safari|Electron|Desktop|Brave|Vivaldi|Android|UWP|WhatsApp) ` +
	`\((Windows|Mac OS|Mac OS X|macOS|Linux|Ubuntu|Debian|Fedora|Chrome OS|Chromium OS|Android|iOS|iPadOS)\)$`)

// linkHello is a client's wish to be linked to a number by code.
type linkHello struct {
	pair    *pairing
	account *account
	ref     []byte
	wrapped []byte
	display string
	until   time.Time
	timer   *clock.Timer

	// Under the pairing's lock.
	expired bool
	tries   int
	answer  chan []byte // of the try that is under way; nil when there is none
}

// linkHello takes a client's wish and tells the phone of it.
func (c *conn) linkHello(n, reg *binary.Node) *queryError {
	hello, failure := c.parseHello(reg)
	if failure != nil {
		return failure
	}
	if !c.server.pairings.mayAsk(hello.account) {
		return errRateOverLimit
	}
	c.server.pairings.greet(hello)
	c.answer(n, "result", binary.Node{Tag: "link_code_companion_reg", Content: []binary.Node{
		{Tag: "link_code_pairing_ref", Content: hello.ref},
	}})
	if attr(reg, "should_show_push_notification") == "true" {
		hello.account.phone.show(EventLinkRequest, hello.display)
	}
	return nil
}

func (c *conn) parseHello(reg *binary.Node) (*linkHello, *queryError) {
	wrapped := childContent(reg, "link_code_pairing_wrapped_companion_ephemeral_pub")
	platform := childContent(reg, "companion_platform_id")
	display := childContent(reg, "companion_platform_display")
	jid, _ := jidAttr(reg, "jid")
	switch {
	case jid.Server != types.DefaultUserServer || len(wrapped) != linkcode.WrappedLength,
		!bytes.Equal(childContent(reg, "companion_server_auth_key_pub"), c.peer.NoiseKey[:]),
		len(platform) != 1 || strings.IndexByte("0123456789abcdefghijklm", platform[0]) < 0,
		len(display) > maxDisplay || !displayForm.Match(display):
		return nil, errBadRequest
	}
	a := c.server.directory.find(jid)
	if a == nil {
		return nil, errItemNotFound
	}
	return &linkHello{
		pair: c.pair, account: a, ref: []byte(newRef("3@")), wrapped: bytes.Clone(wrapped), display: string(display),
	}, nil
}

// mayAsk counts the wishes to be linked to a number.
func (ps *pairings) mayAsk(a *account) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	now := ps.clock.Now()
	recent := slices.DeleteFunc(ps.asked[a], func(at time.Time) bool { return now.Sub(at) >= linkAsksIn })
	ok := len(recent) < linkAsks
	if ok {
		recent = append(recent, now)
	}
	if ps.asked == nil {
		ps.asked = make(map[*account][]time.Time)
	}
	ps.asked[a] = recent
	return ok
}

// greet makes a wish the one that the phone's next code is about.
func (ps *pairings) greet(hello *linkHello) {
	hello.until = ps.clock.Now().Add(linkCodeLife)
	hello.timer = ps.clock.AfterFunc(linkCodeLife, func() { hello.renew(false) })
	p := hello.pair
	ps.mu.Lock()
	if ps.hellos == nil {
		ps.hellos = make(map[*account]*linkHello)
	}
	for a, old := range ps.hellos {
		if old.pair == p {
			delete(ps.hellos, a)
		}
	}
	ps.hellos[hello.account] = hello
	ps.mu.Unlock()
	p.mu.Lock()
	old := p.hello
	p.hello = hello
	p.mu.Unlock()
	if old != nil {
		old.timer.Stop()
	}
}

func (ps *pairings) helloOf(a *account) *linkHello {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.hellos[a]
}

// renew ends a code's life and tells the client to make a new one; force says that the phone wants it so.
func (h *linkHello) renew(force bool) {
	p := h.pair
	p.mu.Lock()
	live := !p.over && !h.expired && p.hello == h
	h.expired = true
	p.mu.Unlock()
	if !live {
		return
	}
	attrs := binary.Attrs{"stage": "refresh_code"}
	if force {
		attrs["force_manual_refresh"] = "true"
	}
	h.notify(attrs)
}

func (h *linkHello) notify(attrs binary.Attrs, children ...binary.Node) {
	h.pair.conn.send(h.account.server.notification(types.ServerJID, "link_code_companion_reg", nil, binary.Node{
		Tag: "link_code_companion_reg", Attrs: attrs,
		Content: append(children, binary.Node{Tag: "link_code_pairing_ref", Content: h.ref}),
	}))
}

// try begins an attempt, whose answer comes by the channel.
func (h *linkHello) try() (<-chan []byte, error) {
	h.pair.mu.Lock()
	defer h.pair.mu.Unlock()
	switch {
	case h.pair.over || h.expired || h.tries >= maxLinkTries || !h.account.server.clock.Now().Before(h.until):
		return nil, fmt.Errorf("%w: let the client ask for a new one", ErrExpired)
	case h.answer != nil:
		return nil, fmt.Errorf("link by code %w: another attempt is under way", ErrTaken)
	}
	h.tries++
	h.answer = make(chan []byte, 1)
	return h.answer, nil
}

// tried ends an attempt; after too many the code is over.
func (h *linkHello) tried() {
	h.pair.mu.Lock()
	h.answer = nil
	over := h.tries >= maxLinkTries
	h.pair.mu.Unlock()
	if over {
		h.renew(false)
	}
	h.pair.endIfIdle()
}

// Link links the client that shows this code (eight letters and digits, with or without a dash), as a person who types
// it into the phone would, and waits until the client has logged in once. It fails with ErrInvalid (no code, or another
// than the client shows), ErrNotFound (no client asks to be linked to this number), ErrExpired (after six minutes or
// three wrong codes), ErrTaken (another attempt is under way), ErrRefused or ctx's error.
func (p *Phone) Link(ctx context.Context, code string) (Device, error) {
	code, err := linkcode.Normalize(code)
	if err != nil {
		return Device{}, fmt.Errorf("%w link code: eight letters and digits without 0, I, O and U", ErrInvalid)
	}
	hello := p.server().pairings.helloOf(p.account)
	if hello == nil {
		return Device{}, fmt.Errorf("client that asks to be linked to this number %w", ErrNotFound)
	}
	secret, err := p.agree(ctx, hello, code)
	if err != nil {
		return Device{}, err
	}
	return p.admit(ctx, hello.pair, secret)
}

// agree exchanges keys with the client under the code and gives the secret that comes of it.
func (p *Phone) agree(ctx context.Context, hello *linkHello, code string) ([]byte, error) {
	answers, err := hello.try()
	if err != nil {
		return nil, err
	}
	defer hello.tried()
	identity := p.keys.IdentityKey()
	primary, err := linkcode.NewPrimary(code, hello.wrapped, identity[:])
	if err != nil {
		return nil, fmt.Errorf("begin key exchange: %w", err)
	}
	hello.notify(
		binary.Attrs{"stage": "primary_hello"},
		binary.Node{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: primary.Hello()},
		binary.Node{Tag: "primary_identity_pub", Content: identity[:]},
	)
	var bundle []byte
	select {
	case bundle = <-answers:
	case <-hello.pair.conn.ctx.Done():
		return nil, fmt.Errorf("%w: it closed the connection", ErrRefused)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	secret, err := primary.Finish(bundle, hello.pair.keys.identity[:], p.keys.Agree)
	switch {
	case errors.Is(err, linkcode.ErrWrongCode):
		return nil, fmt.Errorf("%w link code: the client shows another", ErrInvalid)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return secret, nil
}

// linkFinish takes the client's half of the exchange to the phone.
func (c *conn) linkFinish(n, reg *binary.Node) *queryError {
	bundle := childContent(reg, "link_code_pairing_wrapped_key_bundle")
	identity := childContent(reg, "companion_identity_public")
	jid, _ := jidAttr(reg, "jid")
	c.pair.mu.Lock()
	defer c.pair.mu.Unlock()
	hello := c.pair.hello
	if hello == nil || hello.answer == nil || c.server.directory.find(jid) != hello.account ||
		!bytes.Equal(childContent(reg, "link_code_pairing_ref"), hello.ref) {
		return errItemNotFound
	}
	if len(bundle) != linkcode.BundleLength || !bytes.Equal(identity, c.pair.keys.identity[:]) {
		return errBadRequest
	}
	select {
	case hello.answer <- bytes.Clone(bundle):
	default:
		return errBadRequest // answered before
	}
	c.answer(n, "result")
	return nil
}

// RefreshCode has the client that asks to be linked to this number by code show a new code, as a person does who says
// on the phone that the code doesn't work. ErrNotFound if no client asks.
func (p *Phone) RefreshCode() error {
	hello := p.server().pairings.helloOf(p.account)
	if hello == nil {
		return fmt.Errorf("client that asks to be linked to this number %w", ErrNotFound)
	}
	hello.renew(true)
	return nil
}
