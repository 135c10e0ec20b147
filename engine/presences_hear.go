package engine

import "encoding/json"

// hear follows what was committed. It runs in the committing goroutine.
func (p *Presences) hear(events []Event) {
	for _, event := range events {
		switch event.Kind {
		case EventSeatCreated, EventSeatUpdated, EventSeatState, EventSeatRemoved:
			p.hearSeat(event)
		case EventMessageCreated:
			p.hearMessage(event)
		case EventSeatPairing, EventSeatHistory, EventMessageUpdated, EventMessageDeleted, EventConversationUpdated, EventConversationCleared,
			EventContactUpdated, EventLabelUpdated, EventCallUpdated, EventGroupUpdated, EventAssistantUpdated:
		}
	}
}

// hearSeat learns how a seat is set, and that it has a new connection, upon
// which WhatsApp knows nothing of what was told on the one before.
func (p *Presences) hearSeat(event Event) {
	var view struct {
		Presence PresenceMode `json:"presence"`
		Status   struct {
			State State `json:"state"`
		} `json:"status"`
	}
	if json.Unmarshal(event.Data, &view) != nil {
		return
	}
	key := SeatKey{Tenant: event.Tenant, Seat: event.Seat}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.seats[key]
	if s == nil && (view.Presence == PresenceUnavailable || view.Presence == "" || event.Kind == EventSeatRemoved) {
		if view.Status.State != StateConnected {
			p.forget(key)
		}
		return
	}
	s = p.seat(key)
	s.mode = view.Presence
	if s.mode == PresenceUnavailable {
		clear(s.watched)
	}
	if event.Kind == EventSeatState || view.Status.State != StateConnected {
		s.told = nil
		s.anew++
		clear(s.followed)
	}
	switch {
	case event.Kind == EventSeatRemoved:
		delete(p.seats, key)
		p.forget(key)
	case view.Status.State != StateConnected:
		p.forget(key)
	default:
		p.settle(key, s)
	}
}

// hearMessage notes that somebody has written, and so types no more.
func (p *Presences) hearMessage(event Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.states[event.Conversation]
	var watched *watch
	if s := p.seats[SeatKey{Tenant: event.Tenant, Seat: event.Seat}]; s != nil {
		watched = s.watched[event.Conversation]
	}
	if watched == nil && (state == nil || state.view.Doing == Idle) {
		return // decoding every message that comes in is not free
	}
	var message struct {
		Direction Direction `json:"direction"`
	}
	if json.Unmarshal(event.Data, &message) != nil || message.Direction != Inbound {
		return
	}
	if watched != nil {
		watched.wrote = true
	}
	if state != nil && state.view.Doing != Idle {
		p.idle(state)
	}
}
