package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// How much the crash tests send, and how often they kill the server meanwhile.
const (
	crashLeads    = 20
	crashInbound  = 500
	crashOutbound = 200
	crashes       = 3
)

// TestNothingIsLostOrDoubledByCrashes kills the server while messages come in
// and go out.
func TestNothingIsLostOrDoubledByCrashes(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crashTest(t, database(t))
		})
	}
}

func crashTest(t *testing.T, database string) {
	t.Helper()
	o := newOffice(t, database)
	var leads []*simulator.Phone
	for i := range crashLeads {
		leads = append(leads, o.person(fmt.Sprintf("2782555%04d", 1000+i), fmt.Sprintf("Lead %d", i)))
	}
	devices := o.phone.Devices()
	crashWhileReceiving(t, o, leads)
	crashWhileSending(t, o.process, leads)
	require.Equal(t, ids(devices), ids(o.phone.Devices()), "the seat must not have been linked anew")
	require.NoError(t, o.stop(), "a clean shutdown exits with 0")
}

func ids(devices []simulator.Device) []int {
	list := make([]int, 0, len(devices))
	for _, device := range devices {
		list = append(list, device.ID)
	}
	return list
}

// crashWhileReceiving has every lead write its share, kills the server in the
// midst of it, and checks what is stored in the end.
func crashWhileReceiving(t *testing.T, o *office, leads []*simulator.Phone) {
	t.Helper()
	const each = crashInbound / crashLeads
	sending, ctx := errgroup.WithContext(t.Context())
	for i, lead := range leads {
		sending.Go(func() error { return writeInOrder(ctx, lead, o.phone.Number(), i, each) })
	}
	for range crashes {
		before := o.sim.Metrics().Acks
		o.until("some messages have been taken", func() bool { return o.sim.Metrics().Acks > before+20 })
		o.kill()
		o.start()
	}
	require.NoError(t, sending.Wait())
	o.untilState(o.seat, engine.StateConnected)
	o.until("nothing waits at WhatsApp any more", func() bool { return o.sim.Pending(o.phone.Number()) == 0 })

	conversations := o.conversations()
	require.Len(t, conversations, len(leads))
	for _, conversation := range conversations {
		i := leadOf(t, leads, conversation)
		var texts, expected []string
		for _, message := range o.messages(conversation.ID) {
			texts = append(texts, message.Text)
		}
		for n := range each {
			expected = append(expected, inboundText(i, n))
		}
		require.Equal(t, expected, texts, "each message once and in order")
	}
}

// writeInOrder sends a lead's messages. They are spread over some seconds, so
// that the crashes fall between them.
func writeInOrder(ctx context.Context, lead *simulator.Phone, to string, i, each int) error {
	pace := time.NewTicker(200 * time.Millisecond)
	defer pace.Stop()
	for n := range each {
		if _, err := lead.SendText(ctx, to, inboundText(i, n)); err != nil {
			return err
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func inboundText(lead, n int) string { return fmt.Sprintf("lead %d writes message %d", lead, n) }

func outboundText(lead, n int) string { return fmt.Sprintf("answer %d to lead %d", n, lead) }

func leadOf(t *testing.T, leads []*simulator.Phone, conversation engine.ConversationView) int {
	t.Helper()
	for i, lead := range leads {
		if lead.Number() == conversation.Contact.Phone {
			return i
		}
	}
	require.Fail(t, "a conversation is nobody's", "%+v", conversation)
	return -1
}

// crashWhileSending sends through the API, kills the server in the midst of
// it, and checks what the leads' phones show in the end.
func crashWhileSending(t *testing.T, p *process, leads []*simulator.Phone) {
	t.Helper()
	conversations := p.conversations()
	const each = crashOutbound / crashLeads
	sent := 0
	for n := range each {
		for _, conversation := range conversations {
			i := leadOf(t, leads, conversation)
			sendOnce(t, p, conversation.ID, outboundText(i, n))
			sent++
			if sent%(crashOutbound/(crashes+1)) == 0 && sent < crashOutbound {
				p.kill()
				p.start()
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for i, lead := range leads {
		for n := range each {
			_, err := lead.Wait(ctx, func(m simulator.Message) bool { return m.Text == outboundText(i, n) })
			require.NoErrorf(t, err, "%s never arrived", outboundText(i, n))
		}
	}
	for i, lead := range leads {
		var texts, expected []string
		for _, message := range lead.Messages(0) {
			if !message.FromMe {
				texts = append(texts, message.Text)
			}
		}
		for n := range each {
			expected = append(expected, outboundText(i, n))
		}
		require.Equal(t, expected, texts, "each answer once and in order on the lead's phone")
	}
	p.until("every answer is delivered", func() bool { return allDelivered(p, conversations) })
}

// sendOnce sends a text as a careful client does: under a key of its own, so
// that asking again after a lost answer sends nothing twice.
func sendOnce(t *testing.T, p *process, conversation engine.ConversationID, text string) {
	t.Helper()
	key := engine.NewID()
	p.until("the server takes a message", func() bool {
		status, err := p.try("POST", "/v1/conversations/"+string(conversation)+"/messages",
			map[string]string{"text": text}, nil, "Idempotency-Key", key)
		return err == nil && status == http.StatusCreated
	})
}

func allDelivered(p *process, conversations []engine.ConversationView) bool {
	for _, conversation := range conversations {
		for _, message := range p.messages(conversation.ID) {
			if message.Direction == engine.Outbound && message.Delivery != engine.Delivered {
				return false
			}
		}
	}
	return true
}
