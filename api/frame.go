package api

import (
	"encoding/json"
	"time"

	"github.com/myaibud/aibud/engine"
)

const liveDescription = `The server sends JSON texts and expects nothing. The first is a HelloFrame; every event
after its number follows as an EventFrame, in order, each once. A client that comes back says the number of the last event
it saw as ` + "`after`" + ` and misses nothing. If that number can't be gone on from, a ResetFrame tells to read everything anew.

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
	Kind         engine.EventKind      `json:"kind" enum:"seat.created,seat.updated,seat.state,seat.pairing,seat.removed,message.created,message.updated,conversation.updated,assistant.updated"`
	Seat         engine.SeatID         `json:"seat,omitempty" doc:"Absent if the event is about none"`
	Conversation engine.ConversationID `json:"conversation,omitempty" doc:"Absent if the event is about none"`
	At           time.Time             `json:"at"`
	Data         json.RawMessage       `json:"data" doc:"SeatView for seat.created, seat.updated, seat.state and seat.removed; PairingView for seat.pairing; MessageView for message.created and message.updated; ConversationView for conversation.updated; AssistantView for assistant.updated"`
}
