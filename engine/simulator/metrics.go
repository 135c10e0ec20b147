package simulator

import "sync/atomic"

// Metrics counts what happened since the server started; Connections is how many are open now.
type Metrics struct {
	Connections      int64            `json:"connections"`
	ConnectionsTotal int64            `json:"connections_total"`
	Handshakes       int64            `json:"handshakes"`
	Pairings         int64            `json:"pairings"`
	Logins           int64            `json:"logins"`
	StanzasIn        int64            `json:"stanzas_in"`
	StanzasOut       int64            `json:"stanzas_out"`
	Relayed          int64            `json:"messages_relayed"`
	Acks             int64            `json:"acks"`
	Retries          int64            `json:"retries"`
	Undecryptable    int64            `json:"undecryptable"`
	Dropped          int64            `json:"messages_dropped"` // by phones, to make room
	Discarded        int64            `json:"discarded"`        // stanzas for clients that have too many waiting
	Faults           map[string]int64 `json:"faults_fired"`
}

type counters struct {
	connections, connectionsTotal, handshakes, pairings, logins        atomic.Int64
	stanzasIn, stanzasOut, relayed, acks, retries, unreadable, dropped atomic.Int64
	discarded                                                          atomic.Int64
}

// Metrics reads the counters.
func (s *Server) Metrics() Metrics {
	c := &s.counters
	return Metrics{
		Connections: c.connections.Load(), ConnectionsTotal: c.connectionsTotal.Load(),
		Handshakes: c.handshakes.Load(), Pairings: c.pairings.Load(), Logins: c.logins.Load(),
		StanzasIn: c.stanzasIn.Load(), StanzasOut: c.stanzasOut.Load(), Relayed: c.relayed.Load(),
		Acks: c.acks.Load(), Retries: c.retries.Load(), Undecryptable: c.unreadable.Load(), Dropped: c.dropped.Load(),
		Discarded: c.discarded.Load(),
		Faults:    s.faults.counts(),
	}
}
