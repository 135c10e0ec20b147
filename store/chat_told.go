package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// told says what of a conversation's state WhatsApp has told, whether it is set
// or not. Bits are in the database.
type told int

const (
	toldArchived told = 1 << iota
	toldPinned
	toldMuted
	toldMarked

	toldAll = toldArchived | toldPinned | toldMuted | toldMarked
)

// tells is what a fact tells. A history tells all by leaving out what isn't set.
func tells(fact *engine.ChatChange) told {
	if fact.History {
		return toldAll
	}
	var t told
	for field, told := range map[told]bool{
		toldArchived: fact.Archived != nil, toldPinned: fact.Pinned != nil, toldMuted: fact.MutedUntil != nil, toldMarked: fact.Read != nil,
	} {
		if told {
			t |= field
		}
	}
	return t
}

// news leaves of a history's fact what nobody has told since. A chat that was
// written in later is not marked as unread any more by what was marked before,
// and may have come back from the archive.
func (t *tx) news(ctx context.Context, v *thread, known told, fact *engine.ChatChange) error {
	if known&toldPinned != 0 {
		fact.Pinned = nil
	}
	if known&toldMuted != 0 {
		fact.MutedUntil = nil
	}
	later := v.lastAt >= after(fact.Last.At)
	if known&toldMarked != 0 || later {
		fact.Read = nil
	}
	if known&toldArchived != 0 {
		fact.Archived = nil
	}
	if !later || fact.Archived == nil || !*fact.Archived {
		return nil
	}
	back := thread{seat: v.seat, archived: true}
	err := t.unarchive(ctx, &back)
	fact.Archived = &back.archived
	return err
}
