package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/myaibud/aibud/engine"
)

// Record implements engine.MessageRecords. A text in a conversation that is
// known takes six statements.
func (s *Store) Record(ctx context.Context, seat engine.SeatKey, facts []engine.Fact) error {
	if len(facts) == 0 {
		return nil
	}
	return s.together(ctx, seat.Tenant, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, seat); err != nil {
			return err
		}
		for _, fact := range facts {
			if err := t.record(ctx, seat.Seat, fact); err != nil {
				return fmt.Errorf("record %T: %w", fact, err)
			}
		}
		return nil
	})
}

func (t *tx) record(ctx context.Context, seat engine.SeatID, fact engine.Fact) error {
	switch fact := fact.(type) {
	case engine.Incoming:
		return t.recordIncoming(ctx, seat, fact)
	case engine.Receipt:
		return t.recordReceipt(ctx, seat, fact)
	case engine.Identity:
		return t.recordIdentity(ctx, seat, fact)
	case engine.RoomNews:
		return t.recordRoom(ctx, seat, fact)
	case engine.HistoryNotice:
		return t.recordNotice(ctx, seat, fact)
	case engine.MediaAnswer:
		return t.recordMediaAnswer(ctx, seat, fact)
	}
	if known, err := t.recordState(ctx, seat, fact); known || err != nil {
		return err
	}
	return errors.New("a fact of an unknown kind")
}

const outboundExistsQuery = `SELECT COUNT(*) FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = 'out' AND m.kind <> 'waiting'`

func (t *tx) recordIncoming(ctx context.Context, seat engine.SeatID, fact engine.Incoming) error {
	party, err := cleanParty(fact.Chat)
	if err != nil {
		return err
	}
	if fact.FromMe && !fact.History && party.Room == "" {
		party.Name = "" // if anybody's, it is the writer's
	}
	m := newIncoming(seat, fact, t.now)
	if m.WhatsAppID == "" {
		return errors.New("a message without an ID")
	}
	if fact.FromMe { // perhaps the echo of what we sent, under whichever address
		sent, err := one(ctx, t, column[int], outboundExistsQuery, t.tenant, seat, m.WhatsAppID)
		if err != nil || sent > 0 {
			return err
		}
	}
	if party.Room != "" {
		if err := t.writers(ctx, &m, fact); err != nil {
			return err
		}
	}
	if err := t.addIncoming(ctx, party, &m); err != nil || !fact.FromMe {
		return err
	}
	return t.takeEarly(ctx, seat, m.WhatsAppID, party)
}

// addIncoming stores a message in the conversation with a party.
func (t *tx) addIncoming(ctx context.Context, party engine.Party, m *message) error {
	k, changed, err := t.resolve(ctx, m.Seat, party)
	if errors.Is(err, errNoRow) {
		c, err := t.addContact(ctx, party)
		if err != nil {
			return err
		}
		return t.firstMessage(ctx, &known{contact: c}, m)
	}
	if err != nil {
		return err
	}
	if k.thread.id == "" {
		return t.firstMessage(ctx, k, m)
	}
	return t.nextMessage(ctx, &k.thread, m, changed)
}

func newIncoming(seat engine.SeatID, fact engine.Incoming, now time.Time) message {
	m := message{
		Message: engine.Message{
			Seat: seat, WhatsAppID: clean(fact.WhatsAppID), Direction: engine.Inbound, Author: engine.AuthorLead,
			Kind: fact.Kind, Text: clean(fact.Text), Content: fact.Content, Target: clean(fact.Target),
			TargetFromMe: fact.TargetFromMe, Raw: fact.Raw, Delivery: engine.Received, At: roundMillis(fact.At),
		},
		secret:  fact.Secret,
		history: fact.History,
		late:    fact.Late && !fact.History,
		unread:  (!fact.History || fact.Unread) && !fact.FromMe && !fact.Kind.Amends(),
	}
	if m.At.IsZero() {
		m.At = outTime(now)
	}
	if fact.FromMe {
		m.Direction, m.Author, m.Delivery = engine.Outbound, engine.AuthorPhone, engine.Sent
		m.Times.Sent = m.At
		if fact.History && fact.Delivery != "" {
			m.Delivery = fact.Delivery
		}
	}
	m.expectFile(&fact)
	return m
}

// firstMessage stores a message that begins a conversation.
func (t *tx) firstMessage(ctx context.Context, k *known, m *message) error {
	// The conversation names its last message, whose ID is not known yet.
	v, err := t.newThread(ctx, m.Seat, &k.contact)
	if err != nil {
		return err
	}
	m.Conversation = v.id
	if m.Kind.Amends() {
		v.early = 1
	}
	if _, err := t.insertMessage(ctx, m); err != nil {
		return err
	}
	if _, err := t.applyMessage(ctx, &v, m); err != nil {
		return err
	}
	if err := t.showNewMessage(m); err != nil {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

// newThread begins a conversation. Only direct ones are the assistant's.
func (t *tx) newThread(ctx context.Context, seat engine.SeatID, c *contact) (thread, error) {
	v := thread{
		id: engine.ConversationID(engine.NewID()), seat: seat, contact: c.id, chat: c.room.Type(), created: millis(t.now),
	}
	v.enabled, v.listed = v.chat == engine.ChatDirect, true
	return v, t.insertThread(ctx, &v)
}

// nextMessage stores a message of a conversation that exists, unless it is
// stored already.
func (t *tx) nextMessage(ctx context.Context, v *thread, m *message, changed bool) error {
	m.Conversation = v.id
	changed = changed || !v.listed
	archived := v.archived
	if m.Kind.Amends() {
		if done, err := t.amend(ctx, v, m); done || err != nil {
			return err
		}
	}
	added, err := t.insertMessage(ctx, m)
	if err != nil {
		return err
	}
	news := false
	if added {
		news, err = t.addMessage(ctx, v, m)
	} else if m.Kind != engine.KindWaiting {
		news, err = t.resolveWaiting(ctx, v, m)
	}
	if err != nil || !news && !changed && archived == v.archived {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

// addMessage does what follows from a message that is new. It reports whether
// that changed more of the conversation than its messages.
func (t *tx) addMessage(ctx context.Context, v *thread, m *message) (taken bool, err error) {
	var hidden []message
	if m.Kind.Amends() {
		v.early++ // amend knows no message that it changes
	} else if m.history || v.early > 0 {
		if hidden, err = t.catchUp(ctx, v, m); err != nil {
			return false, err
		}
	}
	if taken, err = t.applyMessage(ctx, v, m); err != nil {
		return false, err
	}
	taken = taken || m.late
	if err := t.showNewMessage(m); err != nil {
		return false, err
	}
	return taken, t.showMessages(hidden)
}

// applyMessage does to a conversation what a new message does to it. taken
// says that a person took over from the assistant.
func (t *tx) applyMessage(ctx context.Context, v *thread, m *message) (taken bool, err error) {
	v.show(m)
	v.heard(m)
	v.listed = true
	if v.archived && !m.history {
		if err := t.unarchive(ctx, v); err != nil {
			return false, err
		}
	}
	if m.unread {
		v.unread++
	}
	v.missed(m)
	if m.Author == engine.AuthorPhone && !m.history && m.Kind != engine.KindWaiting {
		taken = true
		if err := t.takeOver(ctx, v, m.At, m.Seq); err != nil {
			return false, err
		}
	}
	return taken, t.saveThread(ctx, v)
}

// takeOver notes that a person wrote in a conversation: what came before is
// read and answered, and the assistant keeps out for a while.
func (t *tx) takeOver(ctx context.Context, v *thread, at time.Time, seq int64) error {
	if v.chat != engine.ChatDirect {
		_, err := t.markRead(ctx, v)
		return err
	}
	v.pausedUntil = max(v.pausedUntil, millis(earlier(at, t.now).Add(t.store.config.AssistantPause)))
	v.needsPerson, v.answeredSeq = "", seq
	if err := t.cancelTurn(ctx, v); err != nil {
		return err
	}
	_, err := t.markRead(ctx, v)
	return err
}

func (t *tx) recordIdentity(ctx context.Context, seat engine.SeatID, fact engine.Identity) error {
	party, err := cleanParty(fact.Party)
	if err != nil {
		return err
	}
	k, changed, err := t.resolve(ctx, seat, party)
	if errors.Is(err, errNoRow) { // nobody that we talk with
		return nil
	}
	if err != nil || !changed {
		return err
	}
	return t.showContact(ctx, k.contact.id)
}

const contactThreadsQuery = `SELECT v.id FROM conversations v WHERE v.tenant = $1 AND v.contact = $2 AND v.listed ORDER BY v.id`

// showContact appends that a contact's conversations look different.
func (t *tx) showContact(ctx context.Context, id engine.ContactID) error {
	threads, err := list(ctx, t, column[engine.ConversationID], contactThreadsQuery, t.tenant, id)
	if err != nil {
		return err
	}
	for _, thread := range threads {
		if _, err := t.showConversation(ctx, thread); err != nil {
			return err
		}
	}
	return nil
}
