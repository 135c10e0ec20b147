package simulator

import (
	"errors"
	"fmt"
	"strconv"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// queryError is an IQ's error as the server words it; the codes are those that whatsmeow's IQError knows.
type queryError struct {
	code int
	text string
}

func (e *queryError) Error() string { return strconv.Itoa(e.code) + " " + e.text }

var (
	errBadRequest     = &queryError{400, "bad-request"}
	errNotAuthorized  = &queryError{401, "not-authorized"}
	errForbidden      = &queryError{403, "forbidden"}
	errItemNotFound   = &queryError{404, "item-not-found"}
	errNotAcceptable  = &queryError{406, "not-acceptable"}
	errConflict       = &queryError{409, "conflict"}
	errInternal       = &queryError{500, "internal-server-error"}
	errNotImplemented = &queryError{501, "feature-not-implemented"}
)

// refusal is the error of a query that failed for the reason that err gives; nil for nil.
func refusal(err error) *queryError {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, privacy.ErrStale):
		return errConflict
	case errors.Is(err, ErrNotFound):
		return errItemNotFound
	case errors.Is(err, ErrInvalid):
		return errBadRequest
	case errors.Is(err, ErrRefused):
		return errForbidden
	default:
		return errInternal
	}
}

// failedFact stands in a user query's answer for what can't be told (Baileys, assertNodeErrorFree).
func failedFact(tag string, e *queryError) binary.Node {
	return binary.Node{Tag: tag, Content: []binary.Node{
		{Tag: "error", Attrs: binary.Attrs{"code": e.code, "text": e.text}},
	}}
}

func (c *conn) refuse(n *binary.Node, e *queryError) {
	c.answer(n, "error", binary.Node{Tag: "error", Attrs: binary.Attrs{"code": e.code, "text": e.text}})
}

// handleIQ answers a query; false ends the connection.
func (c *conn) handleIQ(d *device, n *binary.Node) bool {
	kind := attr(n, "type")
	if kind == "result" || kind == "error" {
		return true
	}
	if attr(n, "id") == "" || (kind != "get" && kind != "set") {
		c.log.Warn("query without id or type; client is cut off")
		c.send(streamError("xml-not-well-formed", ""))
		return false
	}
	namespace := attr(n, "xmlns")
	if failure := c.server.throttled(d.account.number, namespace, n); failure != nil {
		c.refuse(n, failure)
		return true
	}
	switch {
	case namespace == "passive":
		return c.passive(n)
	case namespace == "md":
		return c.multiDevice(d, n)
	}
	children, failure := c.server.query(d, namespace, kind, n)
	if failure != nil {
		c.log.Info("query refused", "namespace", word(namespace), "kind", kind, "code", failure.code)
		c.refuse(n, failure)
		return true
	}
	c.answer(n, "result", children...)
	return true
}

// queryHandler answers the queries of one namespace; kind is "get" or "set".
type queryHandler func(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError)

// handlerOf gives what answers a namespace's queries, or nil.
func (s *Server) handlerOf(namespace string) queryHandler {
	switch namespace {
	case "encrypt":
		return s.queryKeys
	case "usync":
		return s.queryUsers
	case "w:sync:app:state":
		return s.queryAppState
	case "urn:xmpp:whatsapp:dirty":
		return s.queryDirty
	case "privacy":
		return s.queryPrivacy
	case "w:m":
		return s.queryMediaHosts
	case "w:p", "urn:xmpp:ping", "w:stats":
		return queryNoted
	case "abt", "w":
		return queryProps
	case "blocklist":
		return s.queryBlocklist
	case "disappearing_mode":
		return s.queryTimer
	case "status":
		return s.queryStatus
	case "w:g2":
		return s.queryGroups
	case "w:profile:picture":
		return s.queryPicture
	case "newsletter":
		return s.queryChannel
	case "w:mex":
		return s.queryMex
	case "w:biz":
		return s.queryBusiness
	case "fb:thrift_iq":
		return s.queryOrder
	case "w:qr":
		return s.queryLink
	case "bot":
		return s.queryBots
	case "urn:xmpp:whatsapp:push":
		return s.queryPush
	case "tos":
		return s.queryTerms
	default:
		return nil
	}
}

// query answers the namespaces that need nothing of the connection.
func (s *Server) query(d *device, namespace, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	handle := s.handlerOf(namespace)
	if handle == nil {
		return nil, errNotImplemented
	}
	return handle(d, kind, n)
}

// queryNoted answers what only wants to be taken note of.
func queryNoted(*device, string, *binary.Node) ([]binary.Node, *queryError) { return nil, nil }

func (c *conn) passive(n *binary.Node) bool {
	child, _ := firstChild(n)
	switch child.Tag {
	case "active":
		c.answer(n, "result")
		c.activate()
	case "passive":
		c.device.Load().rest(c)
		c.answer(n, "result")
	default:
		c.refuse(n, errBadRequest)
	}
	return true
}

// multiDevice handles a client's log-out of itself.
func (c *conn) multiDevice(d *device, n *binary.Node) bool {
	child, ok := n.GetOptionalChildByTag("remove-companion-device")
	if !ok {
		c.log.Info("query refused", "namespace", "md", "code", errNotImplemented.code)
		c.refuse(n, errNotImplemented)
		return true
	}
	jid, _ := jidAttr(&child, "jid")
	if c.server.directory.device(jid) != d {
		c.refuse(n, errForbidden)
		return true
	}
	c.answer(n, "result")
	c.server.unlink(d, false)
	return false
}

func queryProps(_ *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	if _, ok := n.GetOptionalChildByTag("props"); !ok {
		return nil, errNotImplemented
	}
	return []binary.Node{{Tag: "props", Attrs: binary.Attrs{
		"protocol": 1, "ab_key": "0", "hash": "0", "refresh": 86400, "refresh_id": 1,
	}}}, nil
}

// registered says whether a JID of a query names an account, and which.
func (s *Server) registered(n *binary.Node) (*account, types.JID, error) {
	jid, ok := jidAttr(n, "jid")
	if lid, byLID := n.GetOptionalChildByTag("lid"); !ok && byLID {
		jid, ok = jidAttr(&lid, "jid") // the other way to name somebody by LID (whatsmeow, usync)
	}
	if !ok {
		return nil, types.EmptyJID, fmt.Errorf("%w: user without an address", ErrInvalid)
	}
	return s.directory.find(jid), jid, nil
}
