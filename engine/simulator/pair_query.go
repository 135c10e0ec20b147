package simulator

import (
	"go.mau.fi/whatsmeow/binary"
)

var (
	errGone          = &queryError{410, "gone"}
	errRateOverLimit = &queryError{429, "rate-overlimit"}
)

// pairingQuery answers a query of a client that is not linked.
func (c *conn) pairingQuery(n *binary.Node) {
	namespace, kind := attr(n, "xmlns"), attr(n, "type")
	failure := c.server.throttled("", namespace, n)
	if failure == nil {
		switch {
		case namespace == "w:p":
			c.answer(n, "result")
		case namespace == "md" && kind == "get":
			failure = c.pairingGet(n)
		case namespace == "md" && kind == "set":
			failure = c.pairingSet(n)
		default:
			failure = errNotImplemented
		}
	}
	if failure != nil {
		c.log.Info("query of an unlinked client refused", "namespace", word(namespace), "code", failure.code)
		c.refuse(n, failure)
	}
}

func (c *conn) pairingGet(n *binary.Node) *queryError {
	child, _ := firstChild(n)
	switch child.Tag {
	case "ref":
		c.answer(n, "result", binary.Node{Tag: "ref", Content: []byte(c.pair.freshRef())})
		return nil
	case "passkey_request_options":
		return c.passkeyOptions(n)
	default:
		return errNotImplemented
	}
}

func (c *conn) pairingSet(n *binary.Node) *queryError {
	child, _ := firstChild(n)
	switch child.Tag {
	case "link_code_companion_reg":
		switch attr(&child, "stage") {
		case "companion_hello":
			return c.linkHello(n, &child)
		case "companion_finish":
			return c.linkFinish(n, &child)
		default:
			return errBadRequest
		}
	case "passkey_prologue":
		return c.passkeyPrologue(n, &child)
	case "companion_nonce":
		return c.passkeyNonce(n, &child)
	case "encrypted_pairing_request":
		return c.passkeyRequest(n, &child)
	default:
		return errNotImplemented
	}
}

// freshRef draws a reference for an exchange that begins without a code.
func (p *pairing) freshRef() string {
	ref := newRef("2@")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ref = ref
	return ref
}
