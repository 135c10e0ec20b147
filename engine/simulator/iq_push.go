package simulator

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"slices"

	"go.mau.fi/whatsmeow/binary"
)

// pushConfig is where a client wants to be woken by messages. The simulator keeps it and wakes nobody.
type pushConfig struct {
	platform string
	address  string // a token, or a URL for browsers
}

const maxPushAddress = 4096

// queryPush answers the namespace "urn:xmpp:whatsapp:push": the key with which the server signs pushes to browsers
// (WhatsApp Web, getPushServerSettings: webserverkey), and a client's own registration.
func (s *Server) queryPush(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	child, ok := firstChild(n)
	switch {
	case !ok:
		return nil, errBadRequest
	case kind == "get" && child.Tag == "settings":
		key, err := s.pushKey()
		if err != nil {
			s.log.Error("no key for pushes", "error", err)
			return nil, errInternal
		}
		return []binary.Node{{Tag: "settings", Attrs: binary.Attrs{"webserverkey": key}}}, nil
	case child.Tag != "config":
		return nil, errNotImplemented
	case kind == "get":
		return d.pushNode()
	default:
		return nil, d.registerPush(&child)
	}
}

// pushKey is the server's public key on P-256, as browsers take it; it is made when first asked for.
func (s *Server) pushKey() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webPush == "" {
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return "", err
		}
		s.webPush = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	}
	return s.webPush, nil
}

// registerPush notes where a client wants to be woken.
func (d *device) registerPush(n *binary.Node) *queryError {
	config := pushConfig{platform: attr(n, "platform"), address: attr(n, "id")}
	switch config.platform {
	case "web":
		config.address = attr(n, "endpoint")
		if attr(n, "auth") == "" || attr(n, "p256dh") == "" {
			return errBadRequest
		}
	default:
		if !slices.Contains([]string{"gcm", "apple", "fbns", "wns", "kaios"}, config.platform) {
			return errBadRequest
		}
	}
	if config.address == "" || len(config.address) > maxPushAddress {
		return errBadRequest
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pushes = config
	return nil
}

// pushNode is a client's own registration; without one the real server answers that there is no such item.
func (d *device) pushNode() ([]binary.Node, *queryError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pushes.platform == "" {
		return nil, errItemNotFound
	}
	return []binary.Node{{Tag: "config", Attrs: binary.Attrs{"platform": d.pushes.platform, "id": d.pushes.address}}}, nil
}

func (d *device) pushPlatform() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pushes.platform
}
