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
	wishes   historyWishes

	mu        sync.Mutex
	conn      *conn
	live      bool // the backlog was sent, new stanzas go out at once
	entered   bool
	greeted   bool // the phone has sent the client what a new device gets
	removed   bool
	available bool
	followed  map[*account]struct{} // whose presence it follows
	history   historyProgress
	pending   queue
	late      *entry               // a fault holds it back until the next message has gone out
	dirty     map[string]time.Time // since when the client may know outdated things, by kind
	pushes    pushConfig
}

func (d *device) pn() types.JID  { return withDevice(d.account.pn(), d.id) }
func (d *device) hid() types.JID { return withDevice(d.account.hid(), d.id) }

func (d *device) as(like types.JID) types.JID { return withDevice(d.account.as(like), d.id) }

// push delivers a stanza that must not be lost: the phone takes it at once, a client when it can, again at each login
// until it is acknowledged. No lock of a phone or device may be held by the caller.
func (d *device) push(node binary.Node) { d.pushAfter(node, nil) }

// pushAfter is push of what a client may not get before after is closed.
func (d *device) pushAfter(node binary.Node, after <-chan struct{}) {
	if d.phone != nil {
		d.phone.receive(&node)
		return
	}
	e := &entry{node: node, after: after}
	if e.ofPeople() {
		e.node, e.twice = d.account.server.faults.stricken(node, d.account.number)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.removed {
		return
	}
	if lost := d.pending.add(e); lost > 0 {
		d.account.server.counters.discarded.Add(int64(lost))
	}
	if d.live {
		d.dispatch(e)
	}
}

// pushLatest is push for a notice that makes superfluous those of the same kind that still wait for the client to come.
func (d *device) pushLatest(node binary.Node, same func(*binary.Node) bool) {
	if d.phone == nil {
		d.mu.Lock()
		if !d.live {
			d.pending.drop(same)
		}
		d.mu.Unlock()
	}
	d.push(node)
}

// dispatch sends a stanza to a client that is there, unless a fault holds it back. The caller holds the lock.
func (d *device) dispatch(e *entry) {
	s, number := d.account.server, d.account.number
	if e.ofPeople() && d.late == nil {
		if hold := s.faults.hold(FaultReorder, number); hold > 0 {
			d.late = e
			s.clock.AfterFunc(hold, func() { d.overtaken(e) })
			return
		}
	}
	d.dispatchNow(e, s.faults.hold(FaultDelay, number))
	if late := d.late; late != nil && e.ofPeople() {
		d.late = nil
		d.dispatchNow(late, 0)
	}
}

func (d *device) dispatchNow(e *entry, delay time.Duration) {
	if e.done {
		return // so much waits that it had to make room
	}
	e.attempts++
	d.conn.enqueue(e.node, outgoing{delay: delay, after: e.after})
	if e.twice {
		d.conn.sendLater(e.node, 0)
	}
}

// overtaken sends what waits to be overtaken although nothing came.
func (d *device) overtaken(e *entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.late == e && d.live {
		d.late = nil
		d.dispatchNow(e, 0)
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
		d.conn.sendLater(node, 0)
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
		// A new device knows nothing of the account yet; the real server says so with each first login.
		d.dirty = map[string]time.Time{DirtyAccount: d.account.server.clock.Now()}
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
	pending := d.pending.all()
	c.sendLater(offlinePreview(pending), 0)
	for _, e := range pending {
		node := e.node
		node.Attrs = make(binary.Attrs, len(e.node.Attrs)+1)
		for key, value := range e.node.Attrs {
			node.Attrs[key] = value
		}
		node.Attrs["offline"] = e.attempts
		e.attempts++
		c.enqueue(node, outgoing{after: e.after})
		if e.twice {
			c.sendLater(node, 0)
		}
	}
	c.sendLater(binary.Node{Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{
		{Tag: "offline", Attrs: binary.Attrs{"count": len(pending)}},
	}}, 0)
	d.live = true
}

func offlinePreview(pending []*entry) binary.Node {
	counts := make(map[string]int)
	for _, e := range pending {
		kind := e.node.Tag
		if kind == "notification" && attr(&e.node, "type") == noticeState {
			kind = "appdata"
		}
		counts[kind]++
	}
	return binary.Node{Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{{
		Tag: "offline_preview",
		Attrs: binary.Attrs{
			"count": len(pending), "appdata": counts["appdata"], "message": counts["message"],
			"notification": counts["notification"], "receipt": counts["receipt"],
		},
	}}}
}

// acknowledge drops the first waiting stanza of this class and id that came from an address. to is that address as
// the client repeats it; kind is a receipt's or notification's type.
func (d *device) acknowledge(class, id string, to types.JID, kind string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := ackKey{class: class, id: id, from: bare(to)}
	if class != "message" {
		key.kind = kind
	}
	return d.pending.acknowledge(key)
}

func (d *device) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending.count
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
