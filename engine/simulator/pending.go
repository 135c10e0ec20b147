package simulator

import (
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// How much waits for one client, in stanzas and in bytes. The oldest make room, as WhatsApp itself forgets what a client
// that stays away for weeks never fetched. All of it has to fit into a connection's backlog, even twice as a fault wants
// it, or the client could never log in again.
const (
	maxPending      = 100_000
	maxPendingBytes = maxBacklog / 2
)

// entry is a stanza that waits for its acknowledgement.
type entry struct {
	node     binary.Node
	weight   int // about how many bytes it takes
	attempts int
	twice    bool // a fault lets it come twice
	done     bool
	after    <-chan struct{} // closed once the client may get it; nil if it may at once
}

// ofPeople says whether the stanza is a message, other than those with which a phone and its own clients keep in step;
// faults of messages spare those, so that a tester knows which one they strike.
func (e *entry) ofPeople() bool {
	return e.node.Tag == "message" && attr(&e.node, "category") != "peer"
}

// ackKey is what an acknowledgement repeats of its stanza.
type ackKey struct {
	class, id, kind string
	from            types.JID
}

func (e *entry) key() ackKey {
	from, _ := e.node.Attrs["from"].(types.JID)
	key := ackKey{class: e.node.Tag, id: attr(&e.node, "id"), from: bare(from)}
	if key.class != "message" {
		key.kind = attr(&e.node, "type")
	}
	return key
}

// queue is what waits for a client, in order. The zero value is empty; it needs its user's lock.
type queue struct {
	entries []*entry // with those that are done and not swept yet
	head    int      // the oldest that is not done
	waiting map[ackKey][]*entry
	count   int
	weight  int
}

// add puts an entry at the end and says how many of the oldest had to make room.
func (q *queue) add(e *entry) (lost int) {
	e.weight = weigh(&e.node)
	for q.count >= maxPending || (q.count > 0 && q.weight+e.weight > maxPendingBytes) {
		q.remove(q.entries[q.head].key())
		lost++
	}
	if q.waiting == nil {
		q.waiting = make(map[ackKey][]*entry)
	}
	key := e.key()
	q.entries = append(q.entries, e)
	q.waiting[key] = append(q.waiting[key], e)
	q.count++
	q.weight += e.weight
	return lost
}

// acknowledge removes the oldest entry that this acknowledgement can be about: one that the client was sent.
func (q *queue) acknowledge(key ackKey) bool {
	if same := q.waiting[key]; len(same) == 0 || same[0].attempts == 0 {
		return false
	}
	q.remove(key)
	return true
}

func (q *queue) remove(key ackKey) {
	same := q.waiting[key]
	same[0].done, same[0].node = true, binary.Node{}
	if len(same) > 1 {
		q.waiting[key] = same[1:]
	} else {
		delete(q.waiting, key)
	}
	q.count--
	q.weight -= same[0].weight
	q.sweep()
}

// drop removes what is superfluous.
func (q *queue) drop(superfluous func(*binary.Node) bool) {
	for _, e := range q.all() {
		if superfluous(&e.node) {
			q.remove(e.key())
		}
	}
}

// sweep forgets what is done once that is half of the list, so that each removal costs little on average.
func (q *queue) sweep() {
	if q.count == 0 {
		*q = queue{}
		return
	}
	if len(q.entries) > 2*q.count {
		q.entries = slices.DeleteFunc(q.entries, func(e *entry) bool { return e.done })
		q.head = 0
	}
	for q.entries[q.head].done {
		q.head++
	}
}

// all lists what waits, the oldest first.
func (q *queue) all() []*entry {
	return slices.DeleteFunc(slices.Clone(q.entries), func(e *entry) bool { return e.done })
}
