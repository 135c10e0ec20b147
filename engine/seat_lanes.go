package engine

import (
	"slices"
	"time"
)

// lane is the drafts of one conversation, in order.
type lane struct {
	conversation ConversationID
	drafts       []Draft
	urgent       bool // a person wrote one of them
	waited       bool // it has had to wait since it was read, and may have changed
}

// urgency is by what [MessageRecords.Outbox] orders conversations, the highest
// first.
type urgency int

func (l *lane) urgency(now time.Time) urgency {
	var u urgency
	if l.drafts[0].reach(now) == ReachReply {
		u += 2
	}
	if l.urgent {
		u++
	}
	return u
}

// lane returns the lane of a conversation, or nil.
func (d *dispatch) lane(conversation ConversationID) *lane {
	i := slices.IndexFunc(d.lanes, func(l *lane) bool { return l.conversation == conversation })
	if i < 0 {
		return nil
	}
	return d.lanes[i]
}

// replace puts what was read of a conversation in place of what is in hand of
// it, and of the one that it has become part of. A conversation of which nothing
// is in hand is left for later if others that were not read go before it.
func (d *dispatch) replace(conversation ConversationID, drafts []Draft) {
	current := conversation
	if len(drafts) > 0 {
		current = drafts[0].Conversation
	}
	again := make(map[MessageID]bool, len(drafts))
	for i := range drafts {
		again[drafts[i].ID] = true
	}
	its := func(l *lane) bool { return l.conversation == conversation || l.conversation == current }
	place := slices.IndexFunc(d.lanes, its)
	d.lanes = slices.DeleteFunc(d.lanes, func(l *lane) bool {
		l.drafts = slices.DeleteFunc(l.drafts, func(draft Draft) bool { return again[draft.ID] })
		return its(l) || len(l.drafts) == 0
	})
	fresh := lanesOf(drafts)
	switch {
	case len(fresh) == 0:
		return
	case place < 0 && d.full && fresh[0].urgency(time.Now()) <= d.last:
		return
	case place < 0:
		place = len(d.lanes)
	}
	d.lay(min(place, len(d.lanes)), fresh)
}

// lanesOf puts drafts into lanes, in the order in which they come.
func lanesOf(drafts []Draft) []*lane {
	var lanes []*lane
	of := make(map[ConversationID]*lane)
	for _, draft := range drafts {
		l := of[draft.Conversation]
		if l == nil {
			l = &lane{conversation: draft.Conversation}
			of[draft.Conversation] = l
			lanes = append(lanes, l)
		}
		l.drafts = append(l.drafts, draft)
		l.urgent = l.urgent || draft.Author == AuthorUser
	}
	return lanes
}

// lay takes lanes in hand, at a place among the others: those first in which a
// person waits, and of either kind as they are.
func (d *dispatch) lay(place int, fresh []*lane) {
	for _, l := range fresh {
		d.more[l.conversation] = len(l.drafts) >= OutboxEach
	}
	d.lanes = slices.Insert(d.lanes, place, fresh...)
	slices.SortStableFunc(d.lanes, func(a, b *lane) int {
		switch {
		case a.urgent == b.urgent:
			return 0
		case a.urgent:
			return -1
		}
		return 1
	})
}
