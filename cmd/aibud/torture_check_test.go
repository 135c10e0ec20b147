package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// check compares what the store has with what the phones show.
func (x *torture) check() {
	x.t.Helper()
	for _, d := range x.desks {
		require.Equal(x.t, d.devices, ids(d.office.Devices()), "%s must not have been linked anew", d.office.Name())
	}
	x.inTurns(func(ctx context.Context, d *desk) error {
		var last error
		err := x.eventually(ctx, "", func() (bool, error) {
			last = x.agree(d)
			return last == nil, nil
		})
		return cmp.Or(last, err)
	})
}

// agree compares a desk's conversations with the phones of those who are in
// them. What is still on its way is a difference as well.
func (x *torture) agree(d *desk) error {
	conversations, err := pagesOf[engine.ConversationView](x.p, "/v1/conversations?seat="+string(d.seat))
	if err != nil {
		return err
	}
	if len(conversations) != len(d.leads)+1 {
		return fmt.Errorf("%d conversations with %d leads and in one group", len(conversations), len(d.leads))
	}
	differences := []error{x.kept(d)}
	for _, view := range conversations {
		t, err := x.thread(d, view)
		if err != nil {
			return err
		}
		for _, phone := range append([]*simulator.Phone{d.office}, t.leads...) {
			differences = append(differences, t.compare(phone))
		}
		differences = append(differences, t.receipts(d), t.arranged(d))
	}
	return errors.Join(differences...)
}

// kept says which messages that the API took are neither on a phone nor known
// to have failed.
func (x *torture) kept(d *desk) error {
	onPhones := make(map[string]bool)
	for _, phone := range d.leads {
		for _, m := range phone.Messages(0) {
			onPhones[m.ID] = true
		}
	}
	for _, m := range d.clerk.taken {
		if onPhones[m.WhatsAppID] {
			continue
		}
		var now engine.MessageView
		if err := x.must("GET", "/v1/conversations/"+string(m.Conversation)+"/messages/"+string(m.ID), nil, &now); err != nil {
			return err
		}
		told := now.Delivery == engine.Failed && now.FailureCode != "" && now.Failure != "" || now.Delivery == engine.Cancelled
		if !told && !neverRead(&now) {
			return fmt.Errorf("a %s that the API took is on no phone, and %s in the store", m.Kind, now.Delivery)
		}
	}
	return nil
}

// neverRead says whether the office deleted a message that a phone may never
// have read: it asked for it once more, and what is deleted is not sent again.
func neverRead(m *engine.MessageView) bool {
	return m.Direction == engine.Outbound && m.RevokedAt != nil && m.Delivery == engine.Sent
}

// thread is a conversation as the store has it, with everybody's number.
type thread struct {
	view    engine.ConversationView
	chat    string // as leads call it: the office's number, or the group
	stored  []engine.MessageView
	leads   []*simulator.Phone
	numbers map[engine.ContactID]string
	office  string
}

func (x *torture) thread(d *desk, view engine.ConversationView) (*thread, error) {
	t := &thread{view: view, chat: d.office.Number(), office: d.office.Number(), numbers: map[engine.ContactID]string{view.Contact.ID: view.Contact.Phone}}
	path := "/v1/conversations/" + string(view.ID)
	if view.Room != nil && string(view.Room.Address) == d.group {
		t.chat, t.leads = d.group, d.leads
		var members struct{ Items []engine.MemberView }
		if err := x.must("GET", path+"/members", nil, &members); err != nil {
			return nil, err
		}
		for _, member := range members.Items {
			if member.Contact != nil {
				t.numbers[member.Contact.ID] = member.Contact.Phone
			}
		}
	} else if i := slices.IndexFunc(d.leads, func(p *simulator.Phone) bool { return p.Number() == view.Contact.Phone }); i >= 0 {
		t.leads = d.leads[i : i+1]
	} else {
		return nil, errors.New("a conversation is nobody's")
	}
	var err error
	t.stored, err = pagesOf[engine.MessageView](x.p, path+"/messages")
	slices.Reverse(t.stored)
	return t, err
}

// on is how a phone calls the chat.
func (t *thread) on(phone *simulator.Phone) string {
	if !isGroup(t.chat) && phone.Number() == t.office {
		return t.view.Contact.Phone
	}
	return t.chat
}

// chatOf is the chat that a message is in, as its phone calls it.
func chatOf(m *simulator.Message) string {
	if m.FromMe || isGroup(m.To) {
		return m.To
	}
	return m.From
}

// shownBy returns the messages of a chat that stand by themselves on a phone,
// by the second in which they were written: one that the phone could not read
// at first came later.
func shownBy(phone *simulator.Phone, chat string) []simulator.Message {
	shown := phone.Messages(0)
	slices.SortStableFunc(shown, func(a, b simulator.Message) int { return cmp.Compare(a.Timestamp.Unix(), b.Timestamp.Unix()) })
	return slices.DeleteFunc(shown, func(m simulator.Message) bool {
		switch m.Kind {
		case simulator.KindReaction, simulator.KindVote, simulator.KindEdit, simulator.KindRevoke:
			return true
		}
		return m.Refused != 0 || chatOf(&m) != chat
	})
}

// penOf says with what a message was written: the office has a phone and a
// linked device, whose messages to a chat have an order of their own.
func penOf(number string, phone bool) string {
	if phone {
		return number
	}
	return number + " linked"
}

func (t *thread) pen(m *engine.MessageView) string {
	switch {
	case m.Direction == engine.Outbound:
		return penOf(t.office, m.Author == engine.AuthorPhone)
	case m.Sender != nil:
		return penOf(t.numbers[m.Sender.Contact], true)
	}
	return penOf(t.view.Contact.Phone, true)
}

// compare holds the conversation against a phone: each message once, in the
// order of its writer, and with all that was done to it.
func (t *thread) compare(phone *simulator.Phone) error {
	shown := shownBy(phone, t.on(phone))
	want, have := make(map[string][]string), make(map[string][]string)
	stored := make(map[string]*engine.MessageView)
	for _, m := range shown {
		pen := penOf(m.From, m.FromDevice == 0)
		want[pen] = append(want[pen], labelOf(m.Kind, m.Revoked)+" "+m.ID)
	}
	for i := range t.stored {
		m := &t.stored[i]
		if m.Kind == engine.KindCall || m.Kind == engine.KindNotice || m.Delivery == engine.Failed || m.Delivery == engine.Cancelled {
			continue // not on phones, or not as messages
		}
		if neverRead(m) && !slices.ContainsFunc(shown, func(s simulator.Message) bool { return s.ID == m.WhatsAppID }) {
			continue
		}
		pen := t.pen(m)
		have[pen] = append(have[pen], labelOf(string(m.Kind), m.RevokedAt != nil)+" "+m.WhatsAppID)
		stored[pen+" "+m.WhatsAppID] = m
	}
	pens := make(map[string]bool)
	for pen := range want {
		pens[pen] = true
	}
	for pen := range have {
		pens[pen] = true
	}
	for pen := range pens {
		if !slices.Equal(want[pen], have[pen]) {
			return fmt.Errorf("chat %s, written by %s: %s%s", t.chat, pen, difference(phone.Name(), want[pen], have[pen]), t.waiting(phone))
		}
	}
	for i := range shown {
		m := &shown[i]
		if err := t.same(stored[penOf(m.From, m.FromDevice == 0)+" "+m.ID], m); err != nil {
			return fmt.Errorf("%s %s of %s as %s shows it: %w", m.Kind, m.ID, m.From, phone.Name(), err)
		}
	}
	return nil
}

// waiting says what messages are that the store could not read, as the phone
// has them.
func (t *thread) waiting(phone *simulator.Phone) string {
	var about strings.Builder
	for i := range t.stored {
		if t.stored[i].Kind != engine.KindWaiting {
			continue
		}
		for _, m := range phone.Messages(0) {
			if m.ID == t.stored[i].WhatsAppID {
				target := slices.ContainsFunc(phone.Messages(0), func(o simulator.Message) bool { return o.ID == m.Target && o.Revoked })
				fmt.Fprintf(&about, "; waiting is a %s (encrypted: %t, ignored: %t) about %s (in the store %q, deleted: %t)",
					m.Kind, m.Encrypted, m.Ignored, m.Target, t.stored[i].Target, target)
			}
		}
	}
	return about.String()
}

// labelOf is the kind of a message, as long as there is something of it.
func labelOf(kind string, revoked bool) string {
	if revoked {
		return "deleted"
	}
	return kind
}

// difference is where two lists part.
func difference(phone string, want, have []string) string {
	at := 0
	for at < len(want) && at < len(have) && want[at] == have[at] {
		at++
	}
	part := func(list []string) []string { return list[at:min(at+4, len(list))] }
	return fmt.Sprintf("from message %d on %s shows %v (of %d), and stored are %v (of %d)",
		at, phone, part(want), len(want), part(have), len(have))
}

// same compares one message.
func (t *thread) same(stored *engine.MessageView, shown *simulator.Message) error {
	if revoked := stored.RevokedAt != nil; revoked || shown.Revoked {
		if revoked != shown.Revoked {
			return fmt.Errorf("deleted on the phone: %t, in the store: %t", shown.Revoked, revoked)
		}
		return nil
	}
	if stored.Text != shown.Text && (shown.Kind == simulator.KindText || shown.Media != nil) {
		return fmt.Errorf("the phone says %q, the store %q", shown.Text, stored.Text)
	}
	var reactions, votes, storedReactions, storedVotes []string
	for _, r := range shown.Reactions {
		reactions = append(reactions, r.From+" "+r.Emoji)
	}
	for _, r := range stored.Reactions {
		storedReactions = append(storedReactions, t.who(r.FromMe, r.Contact)+" "+r.Emoji)
	}
	if shown.Poll != nil {
		for _, option := range shown.Poll.Options {
			for _, voter := range option.Voters {
				votes = append(votes, voter+" "+option.Name)
			}
		}
	}
	for _, ballot := range stored.Ballots {
		for _, option := range ballot.Options {
			storedVotes = append(storedVotes, t.who(ballot.FromMe, ballot.Contact)+" "+option)
		}
	}
	if !sameSet(reactions, storedReactions) {
		return fmt.Errorf("reactions on the phone %v, in the store %v", reactions, storedReactions)
	}
	if !sameSet(votes, storedVotes) {
		return fmt.Errorf("votes on the phone %v, in the store %v", votes, storedVotes)
	}
	return nil
}

// who is a person's number.
func (t *thread) who(office bool, contact engine.ContactID) string {
	switch {
	case office:
		return t.office
	case contact == "":
		return t.view.Contact.Phone
	}
	return t.numbers[contact]
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// receipts says which of the office's messages the store believes to be at
// another step of delivery than they are, which calls to have ended otherwise,
// and which files have been forgotten.
func (t *thread) receipts(d *desk) error {
	calls := make(map[string]engine.CallState)
	for i := range t.stored {
		m := &t.stored[i]
		switch {
		case m.Kind == engine.KindCall:
			calls[m.WhatsAppID] = m.Content.Call.State
		case neverRead(m):
		case m.Direction == engine.Outbound && m.Delivery != engine.Failed && m.Delivery != engine.Cancelled:
			read := 0
			for i, lead := range d.leads {
				if slices.Contains(t.leads, lead) && d.people[i].read[m.WhatsAppID] {
					read++
				}
			}
			want := engine.Delivered
			if read == len(t.leads) {
				want = engine.Read
			}
			if m.Delivery != want {
				return fmt.Errorf("chat %s: %s %s is %s in the store, and really %s", t.chat, m.Kind, m.WhatsAppID, m.Delivery, want)
			}
		case m.Content != nil && m.Content.Media != nil && m.RevokedAt == nil && m.Content.Media.State != engine.MediaStored && m.Content.Media.Note == "":
			return fmt.Errorf("chat %s: the file of %s %s is %s", t.chat, m.Kind, m.WhatsAppID, m.Content.Media.State)
		}
	}
	for i, lead := range d.leads {
		if isGroup(t.chat) || !slices.Contains(t.leads, lead) {
			continue
		}
		if len(calls) != len(d.people[i].calls) {
			return fmt.Errorf("%s called %d times, and stored are %d calls", lead.Name(), len(d.people[i].calls), len(calls))
		}
		for id, want := range d.people[i].calls {
			if calls[id] != want {
				return fmt.Errorf("a call of %s was %s, and in the store it is %q", lead.Name(), want, calls[id])
			}
		}
	}
	return nil
}

// arranged compares how the chat stands in the agent's list.
func (t *thread) arranged(d *desk) error {
	on := d.office.Settings().Chats[t.on(d.office)]
	if t.view.Pinned != on.Pinned || (t.view.MutedUntil != nil) != on.Muted {
		return fmt.Errorf("chat %s is pinned on the phone: %t, in the store: %t; muted: %t, %t",
			t.chat, on.Pinned, t.view.Pinned, on.Muted, t.view.MutedUntil != nil)
	}
	return nil
}

// afterwards has everybody write once more, and both sides read it: nothing is
// left of the storm.
func (x *torture) afterwards() {
	x.t.Helper()
	x.inTurns(func(ctx context.Context, d *desk) error {
		lead := d.leads[0]
		id, err := lead.SendText(ctx, d.office.Number(), "thank you all the same")
		if err != nil {
			return err
		}
		var path string
		err = x.eventually(ctx, "a last message is stored", func() (bool, error) {
			conversations, err := pagesOf[engine.ConversationView](x.p, "/v1/conversations?seat="+string(d.seat))
			for _, c := range conversations {
				if c.LastMessage != nil && c.LastMessage.WhatsAppID == id {
					path = "/v1/conversations/" + string(c.ID)
				}
			}
			return path != "", err
		})
		if err != nil {
			return err
		}
		return cmp.Or(x.readBack(ctx, d, lead, path, id), x.readByLead(ctx, d, lead, path))
	})
}

// readBack reads a lead's message at the dashboard.
func (x *torture) readBack(ctx context.Context, d *desk, lead *simulator.Phone, path, id string) error {
	if err := x.must("POST", path+"/read", nil, nil); err != nil {
		return err
	}
	err := x.eventually(ctx, lead.Name()+" sees that it was read", func() (bool, error) {
		shown := shownBy(lead, d.office.Number())
		return shown[slices.IndexFunc(shown, func(m simulator.Message) bool { return m.ID == id })].Has(simulator.ReceiptRead), nil
	})
	var now engine.ConversationView
	if err == nil {
		err = x.must("GET", path, nil, &now)
	}
	if err == nil && now.Unread != 0 {
		err = fmt.Errorf("the conversation with %s was read, and has %d unread messages", lead.Name(), now.Unread)
	}
	return err
}

// readByLead writes to a lead, who reads it.
func (x *torture) readByLead(ctx context.Context, d *desk, lead *simulator.Phone, path string) error {
	var sent engine.MessageView
	if err := x.must("POST", path+"/messages", map[string]string{"text": "welcome"}, &sent); err != nil {
		return err
	}
	err := x.eventually(ctx, lead.Name()+" has the last answer", func() (bool, error) {
		return slices.ContainsFunc(shownBy(lead, d.office.Number()), func(m simulator.Message) bool { return m.ID == sent.WhatsAppID }), nil
	})
	if err == nil {
		err = lead.Read(ctx, sent.WhatsAppID)
	}
	if err != nil {
		return err
	}
	return x.eventually(ctx, "it is known that "+lead.Name()+" has read the last answer", func() (bool, error) {
		var now engine.MessageView
		err := x.must("GET", path+"/messages/"+string(sent.ID), nil, &now)
		return now.Delivery == engine.Read, err
	})
}
