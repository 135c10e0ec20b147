package simulator

import (
	"errors"
	"net"
	"time"

	"go.mau.fi/whatsmeow/binary"

	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

const (
	// maxBacklog is how many bytes may wait for a client that reads slowly before it is cut off. Nothing is lost by it:
	// what was not acknowledged is delivered at the next login.
	maxBacklog = 256 << 20
	// maxOwed is how many bytes of answers may wait before nothing more is read from the client, so that one that only
	// asks and never listens waits for itself.
	maxOwed = 1 << 20
	// linger is how long a client that was told to go may take to close by itself. Clients read the closing of the
	// socket and the stanza before it from different places, so one that is closed at once may never see why.
	linger = 500 * time.Millisecond
)

// send queues an answer to what the client sent; it never waits.
func (c *conn) send(node binary.Node) { c.enqueue(node, outgoing{answer: true}) }

// sendLater queues a stanza that others caused; it never waits.
func (c *conn) sendLater(node binary.Node, delay time.Duration) {
	c.enqueue(node, outgoing{delay: delay})
}

func (c *conn) enqueue(node binary.Node, item outgoing) {
	var err error
	if item.data, err = stanza.Encode(node); err != nil {
		c.log.Error("stanza can't be encoded", "tag", node.Tag, "error", err)
		return
	}
	item.delay += c.server.faults.hold(FaultSlow, c.number())
	c.queue(item)
}

func (c *conn) queue(item outgoing) {
	c.mu.Lock()
	if c.last || c.lost {
		c.mu.Unlock()
		return
	}
	c.out = append(c.out, item)
	c.count(item, +1)
	full := c.backlog > maxBacklog
	c.mu.Unlock()
	if full {
		c.log.Warn("client reads too slowly and is cut off")
		c.close()
		return
	}
	ring(c.wake)
}

// count keeps the books of what waits. The caller holds the lock.
func (c *conn) count(item outgoing, sign int) {
	c.backlog += sign * len(item.data)
	if item.answer {
		c.owed += sign * len(item.data)
	}
}

// sendGarbage sends two frames that decrypt and hold no stanza: one that ends too early, one that is not deflated.
func (c *conn) sendGarbage() {
	for _, data := range []string{"\x00\xf8\x05\x13", "\x02garbage"} {
		c.queue(outgoing{data: []byte(data)})
	}
}

// end sends a last stanza and closes once it is written.
func (c *conn) end(node binary.Node) {
	c.sendLater(node, 0)
	c.finish()
}

func (c *conn) finish() {
	c.mu.Lock()
	c.last = true
	c.mu.Unlock()
	ring(c.wake)
}

func (c *conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last || c.lost
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// awaitRoom waits until the client has read enough of its answers to ask for more; false once the connection ends.
func (c *conn) awaitRoom() bool {
	for {
		c.mu.Lock()
		crowded := c.owed > maxOwed
		c.mu.Unlock()
		if !crowded {
			return true
		}
		select {
		case <-c.room:
		case <-c.ctx.Done():
			return false
		}
	}
}

func (c *conn) write() {
	defer c.close()
	for {
		batch, last := c.takeOutgoing()
		for _, item := range batch {
			if !c.writeItem(item) {
				return
			}
		}
		if last {
			c.wait(linger)
			c.noise.SayGoodbye()
			return
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *conn) writeItem(item outgoing) bool {
	if !c.released(item.after) || !c.wait(item.delay) || !c.server.faults.awaitSpeech(c.ctx, c.number()) {
		return false
	}
	if err := c.noise.WriteStanza(item.data); err != nil {
		c.writeFailed(err)
		return false
	}
	c.server.counters.stanzasOut.Add(1)
	c.mu.Lock()
	if !c.lost {
		c.count(item, -1)
	}
	c.mu.Unlock()
	ring(c.room)
	return true
}

func (c *conn) writeFailed(err error) {
	var timeout net.Error
	if c.ctx.Err() == nil && errors.As(err, &timeout) && timeout.Timeout() {
		c.log.Warn("client reads too slowly and is cut off")
		return
	}
	c.log.Debug("write failed", "error", err)
}

func (c *conn) takeOutgoing() ([]outgoing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.out
	c.out = nil
	return batch, c.last && !c.lost
}

// released waits until a stanza may go out; false once the connection ends.
func (c *conn) released(after <-chan struct{}) bool {
	if after == nil {
		return true
	}
	select {
	case <-after:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *conn) wait(delay time.Duration) bool {
	return c.server.clock.Wait(c.ctx, delay)
}
