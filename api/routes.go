package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/myaibud/aibud/engine"
)

// The statuses that routes answer errors with, beyond 401 and the default.
const (
	invalid400  = http.StatusBadRequest
	forbidden   = http.StatusForbidden
	missing     = http.StatusNotFound
	conflict    = http.StatusConflict
	tooLarge    = http.StatusRequestEntityTooLarge
	unprocessed = http.StatusUnprocessableEntity
	tooMany     = http.StatusTooManyRequests
)

func problemType() reflect.Type { return reflect.TypeFor[Problem]() }

// routes adds every operation of the API.
func (s *Server) routes() {
	s.accountRoutes()
	s.seatRoutes()
	s.conversationRoutes()
	s.openRoutes()
	s.presenceRoutes()
	s.mediaRoutes()
	s.abilityRoutes()
	s.chatStateRoutes()
	s.settingsRoutes()
	s.liveRoute()
}

func route(method, path, id, tag, summary string, status int, errors ...int) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Tags: []string{tag},
		Summary: summary, DefaultStatus: status, Errors: errors,
	}
}

func (s *Server) accountRoutes() {
	open := func(op huma.Operation) huma.Operation {
		op.Security = public()
		op.Middlewares = huma.Middlewares{carryRequest}
		return op
	}
	operation(s, open(route("POST", "/v1/signup", "signUp", "Account", "Make an agency with its first user, and sign in", 201,
		invalid400, forbidden, conflict, tooLarge, unprocessed, tooMany)), s.signUp)
	operation(s, open(route("POST", "/v1/signin", "signIn", "Account", "Sign in", 200,
		invalid400, http.StatusUnauthorized, tooLarge, unprocessed, tooMany)), s.signIn)
	operation(s, open(route("POST", "/v1/signout", "signOut", "Account", "Sign out", 204)), s.signOut)
	operation(s, route("GET", "/v1/me", "me", "Account", "Who is signed in", 200), s.getMe)
}

func (s *Server) seatRoutes() {
	const tag, one = "Seats", "/v1/seats/{seat}"
	operation(s, route("GET", "/v1/seats", "listSeats", tag, "All seats", 200), s.listSeats)
	operation(s, route("POST", "/v1/seats", "createSeat", tag, "Add a seat", 201, invalid400, tooLarge, unprocessed), s.createSeat)
	operation(s, route("GET", one, "getSeat", tag, "One seat", 200, missing), s.getSeat)
	operation(s, route("PATCH", one, "renameSeat", tag, "Rename a seat", 200, invalid400, missing, tooLarge, unprocessed), s.renameSeat)
	s.linkingRoutes(tag, one)
	operation(s, route("POST", one+"/start", "startSeat", tag, "Connect a seat that has a phone", 202, missing, conflict), s.startSeat)
	operation(s, route("POST", one+"/stop", "stopSeat", tag, "Disconnect a seat, or end its pairing", 202, missing), s.stopSeat)
	operation(s, route("GET", one+"/sending", "getSending", tag, "How fast the seat sends, and what it has sent lately", 200, missing), s.getSending)
	operation(s, route("PUT", one+"/sending", "setSending", tag, "Set how fast the seat sends", 200, invalid400, missing, tooLarge, unprocessed), s.setSending)
	operation(s, route("DELETE", one, "deleteSeat", tag, "Unlink the phone and remove the seat; its conversations stay", 204, missing), s.deleteSeat)
}

// linkingRoutes link a phone, and say how the seat reaches WhatsApp.
func (s *Server) linkingRoutes(tag, one string) {
	operation(s, route("POST", one+"/pair", "pairSeat", tag, "Link a phone: show QR codes until one is scanned, or a code to type into the phone", 202,
		invalid400, missing, conflict, tooLarge, unprocessed), s.pairSeat)
	operation(s, route("POST", one+"/passkey", "answerPasskey", tag, "Answer WhatsApp's question for the account's passkey", 202,
		invalid400, forbidden, missing, conflict, tooLarge, unprocessed), s.answerPasskey)
	operation(s, route("POST", one+"/passkey/confirm", "confirmPasskey", tag, "Say that the code here and the one on the phone are the same", 202,
		missing, conflict), s.confirmPasskey)
	operation(s, route("PUT", one+"/proxy", "setSeatProxy", tag, "Reach WhatsApp through a proxy, or with an empty address without one", 200,
		invalid400, missing, tooLarge, unprocessed), s.setSeatProxy)
}

func (s *Server) conversationRoutes() {
	const tag, one = "Conversations", "/v1/conversations/{conversation}"
	operation(s, route("GET", "/v1/conversations", "listConversations", tag, "Conversations, the newest first", 200, missing, unprocessed), s.listConversations)
	operation(s, route("GET", one, "getConversation", tag, "One conversation", 200, missing), s.getConversation)
	operation(s, route("GET", one+"/messages", "listMessages", tag, "Messages, the newest first", 200, missing, unprocessed), s.listMessages)
	send := route("POST", one+"/messages", "sendMessage", tag, "Send a message; it pauses the AI in the conversation", 201,
		invalid400, missing, conflict, tooLarge, unprocessed)
	send.MaxBodyBytes = messageLimit
	operation(s, send, s.sendMessage)
	operation(s, route("POST", one+"/messages/{message}/retry", "retryMessage", tag, "Send a message again that failed", 202, missing, conflict), s.retryMessage)
	operation(s, route("GET", one+"/messages/{message}", "getMessage", tag, "One message, as it is now", 200, missing), s.getMessage)
	s.changeRoutes(tag, one+"/messages/{message}")
	operation(s, route("GET", one+"/members", "listMembers", tag, "Who is in a group", 200, missing), s.listMembers)
	operation(s, route("GET", one+"/messages/{message}/receipts", "listReceipts", tag, "Who in a group has got and read a message", 200, missing), s.listReceipts)
	operation(s, route("POST", one+"/read", "readConversation", tag, "Mark as read, here and on the lead's phone", 204, missing), s.readConversation)
	operation(s, route("PUT", one+"/assistant", "switchAssistant", tag, "Turn the AI on or off", 200, invalid400, missing, tooLarge, unprocessed), s.switchAssistant)
}

// changeRoutes are what a user does to a message. They answer with the change,
// which is on its way; what it changed comes as an event.
func (s *Server) changeRoutes(tag, one string) {
	operation(s, route("PUT", one+"/reaction", "reactToMessage", tag, "React with an emoji", 202,
		invalid400, missing, conflict, tooLarge, unprocessed), s.reactToMessage)
	edit := route("PATCH", one, "editMessage", tag, "Edit a text that was sent in the last 15 minutes, or a scheduled message", 202,
		invalid400, forbidden, missing, conflict, tooLarge, unprocessed)
	edit.MaxBodyBytes = messageLimit
	operation(s, edit, s.editMessage)
	operation(s, route("DELETE", one, "revokeMessage", tag, "Take back a message that is not sent yet, or delete one for everyone", 202,
		forbidden, missing, conflict), s.revokeMessage)
	operation(s, route("PUT", one+"/vote", "voteInPoll", tag, "Vote in a poll", 202,
		invalid400, missing, conflict, tooLarge, unprocessed), s.voteInPoll)
}

func (s *Server) settingsRoutes() {
	const tag = "Settings"
	status := route("GET", "/v1/status", "status", tag, "What this server is set up for", 200)
	status.Security = public()
	operation(s, status, s.status)
	operation(s, route("GET", "/v1/settings", "getSettings", tag, "What the agency sets for all of its seats", 200), s.getSettings)
	operation(s, route("PUT", "/v1/settings", "updateSettings", tag, "Set what the agency sets for all of its seats", 200, invalid400, tooLarge, unprocessed), s.updateSettings)
	operation(s, route("GET", "/v1/assistant", "getAssistant", tag, "How the AI is set up", 200), s.getAssistant)
	operation(s, route("PUT", "/v1/assistant", "updateAssistant", tag, "Set up the AI", 200, invalid400, tooLarge, unprocessed), s.updateAssistant)
}

// liveRoute describes the websocket, which is a plain handler.
func (s *Server) liveRoute() {
	schemas := s.document.Components.Schemas
	op := route("GET", "/v1/live", "live", "Live", "The tenant's events as a websocket", 101)
	op.Description = liveDescription
	op.Security = []map[string][]string{{security: {}}}
	op.Parameters = []*huma.Param{{
		Name: "after", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"},
		Description: "Resume after the event with this number",
	}}
	op.Responses = problems(schemas, []int{http.StatusUnauthorized, forbidden, unprocessed, tooMany})
	op.Responses["101"] = &huma.Response{Description: "Each message is a HelloFrame, a ResetFrame, an EventFrame or a PresenceFrame"}
	for _, frame := range []reflect.Type{
		reflect.TypeFor[HelloFrame](), reflect.TypeFor[ResetFrame](), reflect.TypeFor[EventFrame](), reflect.TypeFor[PresenceFrame](),
		reflect.TypeFor[engine.PairingView](), reflect.TypeFor[engine.ClearedView](), reflect.TypeFor[engine.ContactView](),
		reflect.TypeFor[engine.LabelView](), reflect.TypeFor[engine.CallView](),
	} {
		schemas.Schema(frame, true, "")
	}
	s.document.AddOperation(&op)
}
