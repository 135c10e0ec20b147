package simulator

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/binary"
)

// Typing shows or ends "typing…" in the chat with a number or address, or in a group. ErrNotFound, ErrInvalid.
func (p *Phone) Typing(ctx context.Context, to string, on bool) error {
	if on {
		return p.showState(ctx, to, "composing", nil)
	}
	return p.showState(ctx, to, "paused", nil)
}

// Recording shows "recording audio…" in a chat; Typing with false ends it. ErrNotFound, ErrInvalid.
func (p *Phone) Recording(ctx context.Context, to string) error {
	return p.showState(ctx, to, "composing", binary.Attrs{"media": "audio"})
}

func (p *Phone) showState(ctx context.Context, to, state string, attrs binary.Attrs) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	chat, err := p.server().resolve(to)
	if err != nil {
		return err
	}
	p.server().chatState(p.device, &binary.Node{
		Tag: "chatstate", Attrs: binary.Attrs{"to": chat}, Content: []binary.Node{{Tag: state, Attrs: attrs}},
	})
	return nil
}

// Presence puts the person at the phone or takes them away from it.
func (p *Phone) Presence(ctx context.Context, online bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	p.available = online
	p.mu.Unlock()
	p.account.presenceChanged()
	return nil
}

// Follow subscribes to somebody's presence, whose changes then are events of this phone, once they have this person in
// their address book or have written to them. ErrNotFound, ErrInvalid.
func (p *Phone) Follow(ctx context.Context, whom string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	target, err := p.server().resolvePerson(whom)
	if err != nil {
		return err
	}
	if target != p.account && !p.device.follow(target, following{like: target.hid()}) {
		return fmt.Errorf("%w: a phone follows at most %d people", ErrInvalid, maxFollowed)
	}
	return nil
}

func (p *Phone) isAvailable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.available
}
