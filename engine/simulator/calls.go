package simulator

import (
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

const (
	// ringTime is how long a call rings before it counts as missed.
	ringTime = 45 * time.Second
	// maxCallTime ends a call whose two sides have forgotten it.
	maxCallTime = 24 * time.Hour
	// maxCalls bounds the calls that one account makes at a time.
	maxCalls  = 16
	maxCallID = 64
)

// Tags of what is inside a <call> that the server treats apart.
const (
	callOffer     = "offer"
	callNotice    = "offer_notice"
	callPreAccept = "preaccept"
	callAccept    = "accept"
	callReject    = "reject"
	callTransport = "transport"
	callLatency   = "relaylatency"
	callTerminate = "terminate"
)

// Reasons for the end of a call, as terminate stanzas word them (Baileys reads "timeout"; zapo-js sends the others).
const (
	endTimeout           = "timeout"
	endAcceptedElsewhere = "accepted_elsewhere"
	endRejectedElsewhere = "rejected_elsewhere"
)

// call is a call between two people, or in a group, while it rings or goes on. The server passes on what the two sides tell each other;
// it carries neither sound nor picture.
type call struct {
	id      string
	creator *device
	callee  *account   // nil for a group's call
	group   types.JID  // empty for a call between two
	members []*account // who is called in a group
	form    types.JID  // how the caller addressed the callee, which decides the form of all addresses
	unheard bool       // the callee blocks the caller and hears nothing
	timer   *clock.Timer

	answered *device // under calls.mu
}

// calls are those that go on. The zero value is ready.
type calls struct {
	mu   sync.Mutex
	byID map[string]*call
}

// begin registers a call; false if its id is in use or the caller makes too many.
func (l *calls) begin(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	made := 0
	for _, other := range l.byID {
		if other.creator.account == c.creator.account {
			made++
		}
	}
	if l.byID[c.id] != nil || made >= maxCalls {
		return false
	}
	if l.byID == nil {
		l.byID = make(map[string]*call)
	}
	l.byID[c.id] = c
	return true
}

func (l *calls) find(id string) *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byID[id]
}

// answer makes d the device that has the call, for no longer than until the timer that later starts; false if the call is
// over or somebody has it already.
func (l *calls) answer(c *call, d *device, later func() *clock.Timer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID[c.id] != c || c.answered != nil {
		return false
	}
	c.timer.Stop()
	c.answered, c.timer = d, later()
	return true
}

// end forgets a call, if by (nil for the server) has a say in it, and tells which device had it (nil while it rang);
// false if it was over already, or has been taken by another device than by.
func (l *calls) end(c *call, by *device) (answered *device, was bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID[c.id] != c || (by != nil && by != c.creator && c.answered != nil && c.answered != by) {
		return nil, false
	}
	delete(l.byID, c.id)
	c.timer.Stop()
	return c.answered, true
}

// callees are the devices that a call goes to: the one that has it, or all of the callee's while it rings.
func (s *Server) callees(c *call) []*device {
	s.calls.mu.Lock()
	answered := c.answered
	s.calls.mu.Unlock()
	switch {
	case c.unheard:
		return nil
	case c.callee == nil:
		var out []*device
		for _, a := range c.members {
			out = append(out, a.all()...)
		}
		return out
	case answered != nil:
		return []*device{answered}
	default:
		return c.callee.all()
	}
}

// relayCall acts on a <call> of a client or phone and answers with the acknowledgement.
func (s *Server) relayCall(from *device, n *binary.Node) binary.Node {
	child, ok := firstChild(n)
	ack := binary.Node{Tag: "ack", Attrs: binary.Attrs{
		"class": "call", "id": attr(n, "id"), "from": n.Attrs["to"], "t": s.clock.Unix(),
	}}
	if !ok || attr(n, "id") == "" || attr(&child, "call-id") == "" {
		ack.Attrs["error"] = errBadRequest.code
		return ack
	}
	ack.Attrs["type"] = child.Tag
	var failure *queryError
	if child.Tag == callOffer {
		failure = s.offerCall(from, n, &child)
	} else {
		s.passCall(from, n, &child)
	}
	if failure != nil {
		s.log.Info("call refused", "code", failure.code)
		ack.Attrs["error"] = failure.code
	}
	return ack
}

// offerCall begins a call: every device of the callee rings.
func (s *Server) offerCall(from *device, n, offer *binary.Node) *queryError {
	to, _ := jidAttr(n, "to")
	creator, _ := jidAttr(offer, "call-creator")
	callee := s.directory.find(to)
	switch {
	case callee == nil:
		return errItemNotFound
	case callee == from.account, s.directory.find(creator) != from.account, len(attr(offer, "call-id")) > maxCallID:
		return errBadRequest
	}
	c := &call{
		id: attr(offer, "call-id"), creator: from, callee: callee, form: bare(to), unheard: callee.blocks(from.account),
	}
	c.timer = s.clock.AfterFunc(ringTime, func() { s.missCall(c) })
	if !s.calls.begin(c) {
		c.timer.Stop()
		return errBadRequest
	}
	for _, d := range s.callees(c) {
		d.push(s.callStanza(c, from, attr(n, "id"), s.offerFor(c, d, offer)))
	}
	return nil
}

// passCall hands what one side of a call says to the other. What says nothing once it is late goes only to who is
// connected. What belongs to no call is nobody's.
func (s *Server) passCall(from *device, n, child *binary.Node) {
	c := s.calls.find(attr(child, "call-id"))
	switch {
	case c == nil:
	case from == c.creator && child.Tag == callTerminate:
		s.hangUp(c, from, n, child)
	case from == c.creator:
		for _, d := range s.callees(c) {
			d.tell(s.callStanza(c, from, attr(n, "id"), c.childFor(child)), false)
		}
	case c.callee == nil:
		s.passInGroup(c, from, n, child)
	case from.account != c.callee || c.unheard:
		s.log.Info("a device that has no part in a call spoke in it")
	case child.Tag == callAccept:
		s.acceptCall(c, from, n, child)
	case child.Tag == callReject, child.Tag == callTerminate:
		s.hangUp(c, from, n, child)
	default:
		c.creator.tell(s.callStanza(c, from, attr(n, "id"), c.childFor(child)), false)
	}
}

func (s *Server) acceptCall(c *call, from *device, n, child *binary.Node) {
	longest := func() *clock.Timer { return s.clock.AfterFunc(maxCallTime, func() { s.missCall(c) }) }
	if !s.calls.answer(c, from, longest) {
		return
	}
	s.stopRinging(c, from, endAcceptedElsewhere)
	c.creator.push(s.callStanza(c, from, attr(n, "id"), c.childFor(child)))
}

// hangUp ends a call from either side.
func (s *Server) hangUp(c *call, from *device, n, child *binary.Node) {
	answered, was := s.calls.end(c, from)
	if !was {
		return
	}
	id := attr(n, "id")
	if from != c.creator {
		if answered == nil {
			s.stopRinging(c, from, endRejectedElsewhere)
		}
		c.creator.push(s.callStanza(c, from, id, c.childFor(child)))
		return
	}
	for _, d := range s.callees(c) {
		d.push(s.callStanza(c, from, id, c.childFor(child)))
	}
}

// missCall ends a call that nobody took, for both sides.
func (s *Server) missCall(c *call) {
	devices := s.callees(c)
	if _, was := s.calls.end(c, nil); !was {
		return
	}
	for _, d := range devices {
		d.push(s.callStanza(c, c.creator, s.nextID(), c.terminate(endTimeout)))
	}
	other := c.creator
	if c.callee != nil {
		other = c.callee.phone.device
	}
	c.creator.push(s.callStanza(c, other, s.nextID(), c.terminate(endTimeout)))
}

// stopRinging tells the other devices of somebody who is called that one of them took or refused the call.
func (s *Server) stopRinging(c *call, by *device, reason string) {
	others := slices.DeleteFunc(by.account.all(), func(d *device) bool { return d == by })
	for _, d := range others {
		d.push(s.callStanza(c, c.creator, s.nextID(), c.terminate(reason)))
	}
}
