package history

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Type is the phase that a part belongs to.
type Type = waHistorySync.HistorySync_HistorySyncType

// Part is one compressed HistorySync.
type Part struct {
	Type     Type
	Order    uint32 // from 1, in each phase
	Progress uint32 // percent of the phase
	Oldest   uint64 // the time of the oldest message, Unix seconds; 0 if there is none
	Chats    int
	Messages int
	Data     []byte // zlib
}

// Field numbers of HistorySync and Conversation, of which parts are put together without decoding.
const (
	fieldSyncType      = 1
	fieldConversations = 2
	fieldChunkOrder    = 5
	fieldProgress      = 6
	fieldChatMessages  = 2
	fieldChatEnd       = 8
	fieldChatEndType   = 11
)

// End says what a conversation's last piece tells of older messages.
type End int

// The kinds of ends; the numbers are those of the protocol (Conversation.EndOfHistoryTransferType).
const (
	EndMore         End = 0 // there are older ones on the phone
	EndAll          End = 1 // there are none
	EndOnDemandMore End = 2 // there are older ones, for the asking
	notEnded        End = -1
)

// writer fills one part after another of a phase.
type writer struct {
	phase  Type
	limit  int // bytes of a part before compression
	emit   func(Part) error
	part   Part
	out    bytes.Buffer
	zip    *zlib.Writer
	raw    int
	orders uint32
	// A full part is given away only before something follows, since the last one of a phase says that all is done.
	full     bool
	progress uint32
}

func newWriter(phase Type, limit int, emit func(Part) error) *writer {
	return &writer{phase: phase, limit: limit, emit: emit}
}

func (w *writer) write(data []byte) error {
	if w.zip == nil {
		w.out.Reset()
		w.zip = zlib.NewWriter(&w.out)
		w.part, w.raw = Part{Type: w.phase}, 0
		if err := w.write(protowire.AppendVarint(protowire.AppendTag(nil, fieldSyncType, protowire.VarintType), uint64(w.phase))); err != nil {
			return err
		}
	}
	w.raw += len(data)
	if _, err := w.zip.Write(data); err != nil {
		return fmt.Errorf("compress history: %w", err)
	}
	return nil
}

// head adds fields of HistorySync other than conversations.
func (w *writer) head(h *waHistorySync.HistorySync) error {
	// Encoded with the phase that is required; a field that comes twice with one value does no harm.
	h.SyncType = w.phase.Enum()
	data, err := proto.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode history: %w", err)
	}
	return w.write(data)
}

// chat adds messages from..to of a conversation, in as many parts as they need, and with the last of them how it ends.
// from == to lists the conversation alone. progress is how much of the phase is done then.
func (w *writer) chat(c *Chat, from, to int, end End, progress uint32) error {
	for first := true; first || from < to; first = false {
		if w.full {
			if err := w.flush(w.progress); err != nil {
				return err
			}
		}
		size, next := len(c.meta), from
		for next < to && (next == from || w.raw+size+len(c.messages[next].data) < w.limit) {
			size += len(c.messages[next].data)
			next++
		}
		last := next == to
		if err := w.piece(c, from, next, last, end); err != nil {
			return err
		}
		from = next
		w.progress, w.full = progress, w.raw >= w.limit || !last
	}
	return nil
}

func (w *writer) piece(c *Chat, from, to int, last bool, end End) error {
	data := append([]byte(nil), c.meta...)
	for _, m := range c.messages[from:to] {
		data = protowire.AppendTag(data, fieldChatMessages, protowire.BytesType)
		data = protowire.AppendBytes(data, m.data)
	}
	if last && end != notEnded {
		data = protowire.AppendVarint(protowire.AppendTag(data, fieldChatEnd, protowire.VarintType), 1)
		data = protowire.AppendVarint(protowire.AppendTag(data, fieldChatEndType, protowire.VarintType), uint64(end))
	}
	if err := w.write(protowire.AppendBytes(protowire.AppendTag(nil, fieldConversations, protowire.BytesType), data)); err != nil {
		return err
	}
	w.part.Chats++
	w.part.Messages += to - from
	if to > from {
		if oldest := c.messages[to-1].at; w.part.Oldest == 0 || oldest < w.part.Oldest {
			w.part.Oldest = oldest
		}
	}
	return nil
}

var errEmpty = errors.New("history: nothing to end")

// flush ends a part and gives it away; a part that has nothing in it is none.
func (w *writer) flush(progress uint32) error {
	if w.zip == nil {
		return errEmpty
	}
	w.orders++
	w.part.Order, w.part.Progress = w.orders, progress
	tail := protowire.AppendVarint(protowire.AppendTag(nil, fieldChunkOrder, protowire.VarintType), uint64(w.part.Order))
	tail = protowire.AppendVarint(protowire.AppendTag(tail, fieldProgress, protowire.VarintType), uint64(progress))
	if err := w.write(tail); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("compress history: %w", err)
	}
	w.zip, w.raw, w.full = nil, 0, false
	part := w.part
	part.Data = bytes.Clone(w.out.Bytes())
	return w.emit(part)
}
