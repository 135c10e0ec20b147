package whatsmeow

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// forgetTimeout bounds the deletion of keys.
const forgetTimeout = 10 * time.Second

// Logout implements [engine.Client]. It tells no signal.
func (c *Client) Logout(ctx context.Context) error {
	jid := c.linkedAs()
	if jid.IsEmpty() {
		c.Disconnect()
		return nil
	}
	untold := c.tellRemoval(ctx, jid)
	if s := c.current(); s != nil {
		s.finish(nil)
	}
	// The keys go even if the caller has no time left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	if err := c.provider.forget(ctx, jid); err != nil {
		return err // still linked, so that it is asked again
	}
	c.unlink(jid)
	if untold == nil {
		return nil
	}
	return &engine.Error{
		Code:    engine.CodeUnavailable,
		Message: "The keys are deleted, but WhatsApp could not be told. Remove the device on the phone, under Linked devices.",
		Err:     untold,
	}
}

// tellRemoval asks WhatsApp to remove the device, connecting if it must.
func (c *Client) tellRemoval(ctx context.Context, jid types.JID) error {
	s, err := c.loggedIn(ctx)
	if err != nil || s == nil {
		return err
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, removeDevice(ctx, s.wm, jid)
	})
	return err
}

// loggedIn returns a session that is logged in, or none if WhatsApp says that
// the device is not linked any more.
func (c *Client) loggedIn(ctx context.Context) (*session, error) {
	if s, err := c.ready(); err == nil {
		return s, nil
	}
	// What the connection is for is nobody else's business.
	c.Disconnect()
	login := make(login, 1)
	if err := c.connect(ctx, login); err != nil {
		return nil, err
	}
	select {
	case signal := <-login:
		switch signal.(type) {
		case engine.Connected:
			return c.ready()
		case engine.LoggedOut:
			return nil, nil //nolint:nilnil // there is nothing left to remove
		}
		return nil, errNotConnected(nil)
	case <-ctx.Done():
		return nil, errTimeout(ctx.Err())
	}
}

// login is the sink of a connection that is made only to log out. It gets the
// first signal that says whether the login succeeded, and stores nothing: what
// is not acknowledged goes with the device.
type login chan engine.Signal

// Claim refuses, since no phone can scan here.
func (login) Claim(context.Context, engine.Account) error { return errClosed() }

// Deliver refuses.
func (login) Deliver(context.Context, ...engine.Fact) error { return errClosed() }

// Signal takes the first signal of the login's outcome. How much waits at
// WhatsApp, and whom the account may write to, may be told before it.
func (l login) Signal(signal engine.Signal) {
	switch signal.(type) {
	case engine.Backlog, engine.RestrictionChanged:
		return
	}
	select {
	case l <- signal:
	default:
	}
}

// Sent knows none.
func (login) Sent(context.Context, engine.Party, string) (engine.Draft, bool) {
	return engine.Draft{}, false
}

// Undecrypted knows none.
func (login) Undecrypted(context.Context) []engine.Undecrypted { return nil }

// RoomKnown wants none looked up.
func (login) RoomKnown(context.Context, engine.Address) (bool, error) { return true, nil }

// Secrets knows none.
func (login) Secrets(context.Context, string) ([][]byte, error) { return nil, nil }
