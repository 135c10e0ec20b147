package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine"
)

const liveDescription = `The server sends JSON texts and expects nothing. The first is a HelloFrame; every event
after its number follows as an EventFrame, in order, each once. A client that comes back says the number of the last event
it saw as ` + "`after`" + ` and misses nothing. If that number can't be gone on from, the HelloFrame has the newest number and a
ResetFrame behind it tells to read everything anew. Between the events PresenceFrames tell what people do at the moment; they
have no numbers and are not sent again.

Close codes: 4001 the session ended (sign in again); 4008 the client was too slow (come back with ` + "`after`" + `);
4000 the connection reached its greatest age (come back with ` + "`after`" + `); 1001 the server shuts down.`

// HelloFrame opens the live websocket.
type HelloFrame struct {
	Type string `json:"type" enum:"hello"`
	Seq  int64  `json:"seq" doc:"Every event after this number follows"`
}

// ResetFrame tells that the client has to read everything anew.
type ResetFrame struct {
	Type string `json:"type" enum:"reset"`
	Seq  int64  `json:"seq" doc:"Every event after this number follows"`
}

// EventFrame is an event of the tenant.
type EventFrame struct {
	Type         string                `json:"type" enum:"event"`
	Seq          int64                 `json:"seq" doc:"Grows by one from event to event"`
	Kind         engine.EventKind      `json:"kind" enum:"seat.created,seat.updated,seat.state,seat.pairing,seat.removed,seat.history,message.created,message.updated,message.deleted,conversation.updated,conversation.cleared,contact.updated,label.updated,call.updated,group.updated,assistant.updated"`
	Seat         engine.SeatID         `json:"seat,omitempty" doc:"Absent if the event is about none"`
	Conversation engine.ConversationID `json:"conversation,omitempty" doc:"Absent if the event is about none"`
	At           time.Time             `json:"at"`
	Data         json.RawMessage       `json:"data" doc:"SeatView for seat.created, seat.updated, seat.state and seat.removed; PairingView for seat.pairing; HistoryView for seat.history; MessageView for message.created, message.updated and message.deleted; ConversationView for conversation.updated and group.updated; ClearedView for conversation.cleared; ContactView for contact.updated; LabelView for label.updated; CallView for call.updated; AssistantView for assistant.updated"`
}

// PresenceFrame tells what a person does at the moment, as a whole.
type PresenceFrame struct {
	Type string              `json:"type" enum:"presence"`
	Data engine.PresenceView `json:"data"`
}

// frame is an encoded event, or with the number 0 what is passing.
type frame struct {
	seq     int64
	size    int // bytes
	message *websocket.PreparedMessage
	err     error // if message is nil
}

// encode writes an event as websockets get it, with pictures of QR codes.
func (h *hub) encode(event engine.Event) frame {
	text, err := json.Marshal(EventFrame{
		Type: "event", Seq: event.Seq, Kind: event.Kind, Seat: event.Seat, Conversation: event.Conversation,
		At: event.At, Data: h.withPicture(event),
	})
	if err != nil {
		return frame{seq: event.Seq, err: fmt.Errorf("encode event %d: %w", event.Seq, err)}
	}
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		return frame{seq: event.Seq, err: fmt.Errorf("prepare event %d: %w", event.Seq, err)}
	}
	return frame{seq: event.Seq, size: len(text), message: message}
}

// encodePresence writes what somebody does as websockets get it.
func encodePresence(view engine.PresenceView) (frame, bool) {
	text, err := json.Marshal(PresenceFrame{Type: "presence", Data: view})
	if err != nil {
		return frame{}, false
	}
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	return frame{size: len(text), message: message}, err == nil
}

// withPicture returns the event's data; the picture of a QR code is added,
// which the log doesn't hold.
func (h *hub) withPicture(event engine.Event) json.RawMessage {
	var view any
	switch event.Kind {
	case engine.EventSeatPairing:
		var pairing engine.PairingView
		if json.Unmarshal(event.Data, &pairing) != nil {
			return event.Data
		}
		view = h.pictures.pairing(pairing, h.now())
	case engine.EventSeatCreated, engine.EventSeatUpdated, engine.EventSeatState, engine.EventSeatRemoved:
		var seat engine.SeatView
		if !bytes.Contains(event.Data, []byte(`"pairing":`)) || json.Unmarshal(event.Data, &seat) != nil {
			return event.Data
		}
		view = h.pictures.seat(seat, h.now())
	case engine.EventMessageCreated, engine.EventMessageUpdated, engine.EventMessageDeleted, engine.EventConversationUpdated,
		engine.EventConversationCleared, engine.EventContactUpdated, engine.EventLabelUpdated, engine.EventCallUpdated,
		engine.EventGroupUpdated, engine.EventAssistantUpdated, engine.EventSeatHistory:
		return event.Data
	default:
		return event.Data
	}
	data, err := json.Marshal(view)
	if err != nil {
		return event.Data
	}
	return data
}
