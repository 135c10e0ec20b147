package whatsmeow

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/myaibud/aibud/engine"
)

// route is a way to WhatsApp.
type route struct {
	transport http.RoundTripper
	pages     *http.Client // for everything but websockets
	proxied   bool
}

// way is how the client reaches WhatsApp: through a proxy of its own, or as
// all others do. The caller holds mu.
func (c *Client) way() *route {
	if c.detour != nil {
		return c.detour
	}
	return &route{transport: c.provider.transport, pages: c.provider.pages}
}

// transport is the session's way to WhatsApp's servers other than the one of
// its websocket.
func (s *session) transport() http.RoundTripper { return s.wire.next }

// leave closes what the seat's own way has open.
func (c *Client) leave() {
	c.mu.Lock()
	detour := c.detour
	c.mu.Unlock()
	detour.close()
}

// SetProxy implements [engine.Proxied]. The proxy is for the websocket, what
// goes before it, and media. A connection that is there stays as it is.
func (c *Client) SetProxy(address string) error {
	if err := engine.CheckProxy(address); err != nil {
		return err
	}
	var detour *route
	if address != "" {
		proxy, err := url.Parse(address)
		if err != nil {
			return engine.Errorf(engine.CodeInvalid, "The proxy's address is no URL.")
		}
		transport, err := newTransport(c.provider.cfg.Endpoint, proxy, c.provider.cfg.PrivateProxies)
		if err != nil {
			return err
		}
		detour = &route{transport: transport, pages: &http.Client{Transport: transport}, proxied: true}
	}
	c.mu.Lock()
	before := c.detour
	c.detour = detour
	c.mu.Unlock()
	before.close()
	return nil
}

func (r *route) close() {
	if r != nil {
		r.pages.CloseIdleConnections()
	}
}

// dialError says why a connection could not be made. What goes wrong on the
// way through a proxy may be the proxy's fault as well as WhatsApp's.
func (s *session) dialError(err error) error {
	e := connectError(err)
	if !s.proxied || engine.CodeOf(e) != engine.CodeUnavailable {
		return e
	}
	if errors.Is(err, engine.ErrPrivate) {
		return &engine.Error{
			Code: engine.CodeProxyFailed, Err: err,
			Message: "The seat's proxy is in a private network, which this server does not call unless its administrator allows it.",
		}
	}
	return &engine.Error{
		Code:    engine.CodeProxyFailed,
		Message: "The seat's proxy could not be used, or WhatsApp can't be reached through it. Check the proxy's address, user name and password.",
		Err:     err,
	}
}
