package whatsmeow

import (
	"encoding/binary"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// inbox is the messages that were decrypted. Its methods are called with the
// vault's lock held.
type inbox struct {
	pending map[hash]pending // decrypted and not stored, in memory only
	size    int              // bytes of their texts
	stored  []hash           // stored; their rows are to be deleted
	handled []hash           // the last that were stored, so that they are not decrypted again
	next    int              // of handled, to be overwritten when it is full
	rows    *rows            // those that the database has; nil: not read yet
}

// pending is a decrypted message.
type pending struct {
	text []byte
	at   time.Time // by WhatsApp's clock
}

// get returns what was decrypted of a ciphertext, with a nil text if that is
// stored already. It reports false if memory doesn't tell.
func (i *inbox) get(h hash) (*store.BufferedEvent, bool) {
	if p, ok := i.pending[h]; ok {
		return &store.BufferedEvent{Plaintext: p.text, ServerTime: p.at}, true
	}
	if slices.Contains(i.handled, h) || slices.Contains(i.stored, h) {
		return &store.BufferedEvent{}, true
	}
	return nil, false
}

// put takes what was decrypted.
func (i *inbox) put(h hash, p pending) {
	if p.text == nil {
		p.text = []byte{} // nil would say that it is stored
	}
	if i.pending == nil {
		i.pending = make(map[hash]pending)
	}
	i.pending[h] = p
	i.size += len(p.text)
}

// clear notes that a message is stored.
func (i *inbox) clear(h hash) {
	if p, ok := i.pending[h]; ok {
		i.size -= len(p.text)
		delete(i.pending, h)
	} else if i.rows == nil || i.rows.maybe(h) {
		i.stored = append(i.stored, h)
	}
	if len(i.handled) < maxHandled {
		i.handled = append(i.handled, h)
		return
	}
	i.handled[i.next] = h
	i.next = (i.next + 1) % maxHandled
}

// saved notes that the database has everything.
func (i *inbox) saved() {
	if i.rows != nil {
		for h := range i.pending {
			i.rows.add(h)
		}
		for _, h := range i.stored {
			i.rows.remove(h)
		}
	}
	clear(i.pending)
	i.size, i.stored = 0, i.stored[:0]
}

// full says that there is no room for more.
func (i *inbox) full() bool {
	return len(i.pending) >= maxPending || i.size >= maxPendingBytes
}

// maxRows is how many events of the database are known by their hash. There
// are few, unless an older version of this program, which kept the hashes of
// stored messages, has left some. With more, the database is always asked.
const maxRows = 1024

// rows tells which events the database may have.
type rows struct {
	marks map[uint64]struct{} // the beginnings of their hashes
	many  bool                // too many to know
}

func mark(h hash) uint64 { return binary.LittleEndian.Uint64(h[:]) }

func (r *rows) maybe(h hash) bool {
	_, ok := r.marks[mark(h)]
	return ok || r.many
}

func (r *rows) add(h hash) {
	if r.many {
		return
	}
	if len(r.marks) >= maxRows {
		r.marks, r.many = nil, true
		return
	}
	r.marks[mark(h)] = struct{}{}
}

func (r *rows) remove(h hash) { delete(r.marks, mark(h)) }
