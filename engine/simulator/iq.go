package simulator

import (
	"fmt"
	"strconv"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// queryError is an IQ's error as the server words it; the codes are those that whatsmeow's IQError knows.
type queryError struct {
	code int
	text string
}

func (e *queryError) Error() string { return strconv.Itoa(e.code) + " " + e.text }

var (
	errBadRequest     = &queryError{400, "bad-request"}
	errForbidden      = &queryError{403, "forbidden"}
	errItemNotFound   = &queryError{404, "item-not-found"}
	errNotImplemented = &queryError{501, "feature-not-implemented"}
)

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
		c.log.Info("query refused", "namespace", namespace, "kind", kind, "code", failure.code)
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
	case "privacy":
		return s.queryPrivacy
	case "w:m":
		return s.queryMediaHosts
	case "w:p", "urn:xmpp:ping", "urn:xmpp:whatsapp:dirty", "urn:xmpp:whatsapp:push", "disappearing_mode", "w:stats":
		return queryNoted
	case "abt", "w":
		return queryProps
	case "blocklist":
		return queryBlocklist
	case "status":
		return s.queryAbout
	case "w:g2":
		return s.queryGroups
	case "w:profile:picture", "w:biz":
		return queryNothing
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

// queryNothing answers a question about something that nobody has.
func queryNothing(*device, string, *binary.Node) ([]binary.Node, *queryError) {
	return nil, errItemNotFound
}

func queryBlocklist(*device, string, *binary.Node) ([]binary.Node, *queryError) {
	return []binary.Node{{Tag: "list", Attrs: binary.Attrs{"dhash": "none"}}}, nil
}

func (s *Server) queryGroups(_ *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	if _, ok := n.GetOptionalChildByTag("participating"); ok {
		return []binary.Node{{Tag: "groups"}}, nil
	}
	return nil, errNotImplemented
}

func (c *conn) passive(n *binary.Node) bool {
	child, _ := firstChild(n)
	switch child.Tag {
	case "active":
		c.answer(n, "result")
		c.activate()
	case "passive":
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

// mediaLife and its kin are seconds, as the real server gives them.
const (
	mediaLife     = 300
	mediaAuthLife = 21600
	mediaBuckets  = 12
)

func (s *Server) queryMediaHosts(*device, string, *binary.Node) ([]binary.Node, *queryError) {
	return []binary.Node{{
		Tag: "media_conn",
		Attrs: binary.Attrs{
			"auth": s.nextID(), "ttl": mediaLife, "auth_ttl": mediaAuthLife, "max_buckets": mediaBuckets,
		},
		Content: []binary.Node{{Tag: "host", Attrs: binary.Attrs{"hostname": s.listener.Addr().String(), "type": "primary"}}},
	}}, nil
}

func (s *Server) queryPrivacy(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	a := d.account
	if kind == "set" {
		// Tokens for trusted contacts are taken and forgotten: nobody is restricted yet.
		settings := n.GetChildByTag("privacy")
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, category := range settings.GetChildrenByTag("category") {
			name := attr(&category, "name")
			if _, ok := a.privacy[name]; !ok {
				return nil, errBadRequest
			}
			a.privacy[name] = attr(&category, "value")
		}
		return nil, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var categories []binary.Node
	for name, value := range a.privacy {
		categories = append(categories, binary.Node{Tag: "category", Attrs: binary.Attrs{"name": name, "value": value}})
	}
	return []binary.Node{{Tag: "privacy", Content: categories}}, nil
}

func defaultPrivacy() map[string]string {
	out := make(map[string]string)
	for _, name := range []string{
		"groupadd", "last", "status", "profile", "readreceipts", "online", "calladd", "messages", "defense", "stickers",
	} {
		out[name] = "all"
	}
	out["online"], out["defense"] = "all", "off"
	return out
}

func (s *Server) queryAbout(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	child, ok := n.GetOptionalChildByTag("status")
	if !ok || kind != "set" {
		return nil, errNotImplemented
	}
	d.account.setAbout(string(content(&child)))
	return nil, nil
}

// registered says whether a JID of a query names an account, and which.
func (s *Server) registered(n *binary.Node) (*account, types.JID, error) {
	jid, ok := jidAttr(n, "jid")
	if !ok {
		return nil, types.EmptyJID, fmt.Errorf("%w: user without an address", ErrInvalid)
	}
	return s.directory.find(jid), jid, nil
}
