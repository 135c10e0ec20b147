package simulator

import (
	"sync"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// device is one end of encrypted conversations: what the server knows of it, and what waits for it.
type device struct {
	account  *account
	id       uint16
	phone    *Phone // set for device 0, which lives in this process
	platform string
	name     string
	noiseKey [32]byte
	keyIndex uint32
	linkedAt time.Time
	advSign  []byte        // signed device identity that goes with first messages
	loggedIn chan struct{} // closed by the first login
	keys     publicKeys

	mu        sync.Mutex
	conn      *conn
	live      bool // the backlog was sent, new stanzas go out at once
	entered   bool
	greeted   bool // the phone has sent the client what a new device gets
	removed   bool
	available bool
	followed  map[*account]struct{} // whose presence it follows
	pending   []*entry
	late      *entry // a fault holds it back until the next message has gone out
}

// entry is a stanza that waits for its acknowledgement.
type entry struct {
	node     binary.Node
	attempts int
	twice    bool // a fault lets it come twice
}

// ofPeople says whether the stanza is a message, other than those with which a phone and its own clients keep in step;
// faults of messages spare those, so that a tester knows which one they strike.
func (e *entry) ofPeople() bool {
	return e.node.Tag == "message" && attr(&e.node, "category") != "peer"
}

func (d *device) pn() types.JID  { return withDevice(d.account.pn(), d.id) }
func (d *device) hid() types.JID { return withDevice(d.account.hid(), d.id) }

func (d *device) as(like types.JID) types.JID { return withDevice(d.account.as(like), d.id) }

// push delivers a stanza that must not be lost: the phone takes it at once, a client when it can, again at each login
// until it is acknowledged. No lock of a phone or device may be held by the caller.
func (d *device) push(node binary.Node) {
	if d.phone != nil {
		d.phone.receive(&node)
		return
	}
	e := &entry{node: node}
	if e.ofPeople() {
		e.node, e.twice = d.account.server.faults.stricken(node, d.account.number)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.removed {
		return
	}
	d.pending = append(d.pending, e)
	if d.live {
		d.dispatch(e)
	}
}

// dispatch sends a stanza to a client that is there, unless a fault holds it back. The caller holds the lock.
func (d *device) dispatch(e *entry) {
	s, number := d.account.server, d.account.number
	e.attempts++
	if e.ofPeople() && d.late == nil {
		if hold := s.faults.hold(FaultReorder, number); hold > 0 {
			d.late = e
			s.clock.AfterFunc(hold, func() { d.overtaken(e) })
			return
		}
	}
	d.conn.sendLater(e.node, s.faults.hold(FaultDelay, number))
	if e.twice {
		d.conn.send(e.node)
	}
	if e.ofPeople() && d.late != nil {
		d.conn.send(d.late.node)
		d.late = nil
	}
}

// overtaken sends what waits to be overtaken although nothing came.
func (d *device) overtaken(e *entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.late == e && d.live {
		d.conn.send(e.node)
		d.late = nil
	}
}

// tell sends a stanza that is worth nothing later, such as typing; only clients that are connected see it.
func (d *device) tell(node binary.Node, onlyAvailable bool) {
	if d.phone != nil {
		d.phone.receive(&node)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live && (d.available || !onlyAvailable) {
		d.conn.send(node)
	}
}

// attach makes c the device's connection and returns the one that it replaces.
func (d *device) attach(c *conn) (old *conn, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.removed {
		return nil, false
	}
	old = d.conn
	d.conn, d.live, d.available, d.late = c, false, false, nil
	if !d.entered {
		d.entered = true
		close(d.loggedIn)
	}
	return old, true
}

// detach forgets c unless another connection has replaced it already.
func (d *device) detach(c *conn) (was bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != c {
		return false
	}
	d.conn, d.live, d.available, d.late = nil, false, false, nil
	return true
}

// rest keeps what comes for a client that wants nothing for now.
func (d *device) rest(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == c {
		d.live = false
	}
}

// flush sends everything that waited and lets new stanzas through from then on, in order.
func (d *device) flush(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != c || d.live {
		return
	}
	c.send(offlinePreview(d.pending))
	for _, e := range d.pending {
		node := e.node
		node.Attrs = make(binary.Attrs, len(e.node.Attrs)+1)
		for key, value := range e.node.Attrs {
			node.Attrs[key] = value
		}
		node.Attrs["offline"] = e.attempts
		e.attempts++
		c.send(node)
		if e.twice {
			c.send(node)
		}
	}
	c.send(binary.Node{Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{
		{Tag: "offline", Attrs: binary.Attrs{"count": len(d.pending)}},
	}})
	d.live = true
}

func offlinePreview(pending []*entry) binary.Node {
	counts := make(map[string]int)
	for _, e := range pending {
		counts[e.node.Tag]++
	}
	return binary.Node{Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{{
		Tag: "offline_preview",
		Attrs: binary.Attrs{
			"count": len(pending), "appdata": 0, "message": counts["message"],
			"notification": counts["notification"], "receipt": counts["receipt"],
		},
	}}}
}

// acknowledge drops the first waiting stanza of this class and id that came from an address. to is that address as
// the client repeats it; kind is a receipt's or notification's type.
func (d *device) acknowledge(class, id string, to types.JID, kind string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, e := range d.pending {
		n := &e.node
		if e.attempts == 0 || n.Tag != class || attr(n, "id") != id || (class != "message" && attr(n, "type") != kind) {
			continue
		}
		from, _ := n.Attrs["from"].(types.JID)
		if bare(from) != bare(to) {
			continue
		}
		if i == 0 {
			d.pending[0] = nil
			d.pending = d.pending[1:]
		} else {
			d.pending = append(d.pending[:i], d.pending[i+1:]...)
		}
		return true
	}
	return false
}

func (d *device) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.pending)
}

func (d *device) isOnline() bool {
	if d.phone != nil {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn != nil
}

// Pending counts the stanzas that a number's linked devices have not acknowledged.
func (s *Server) Pending(number string) int {
	a := s.directory.number(number)
	if a == nil {
		return 0
	}
	total := 0
	for _, d := range a.linked() {
		total += d.waiting()
	}
	return total
}
