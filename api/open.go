package api

import (
	"context"
	"strings"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

// NewConversation says with whom a conversation is to be opened.
type NewConversation struct {
	Phone string `json:"phone" minLength:"1" maxLength:"64" doc:"As people write it: with country code, or without one in the agency's country" example:"082 123 4567"`
	Name  string `json:"name,omitempty" maxLength:"100" doc:"What to call the person until WhatsApp tells what they call themselves"`
}

func (s *Server) openRoutes() {
	open := ask("POST", "/v1/seats/{seat}/conversations", "openConversation", "Conversations", "Find or begin the conversation with a phone number", 200)
	open.Description = "WhatsApp is asked who has the number, since it may know the account by another form of it, such as without Brazil's ninth digit. " +
		"While the seat is not connected, a conversation that is here already is found by the number alone."
	operation(s, open, s.openConversation)
}

func (s *Server) openConversation(ctx context.Context, request *seatDo[NewConversation]) (*conversationResponse, error) {
	seat, err := s.getSeat(ctx, &request.SeatPath)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(request.Body.Name)
	if name != "" {
		if err := checkName("name", name); err != nil {
			return nil, err
		}
	}
	number, err := s.typed(ctx, "body.phone", request.Body.Phone)
	if err != nil {
		return nil, err
	}
	found, err := askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) ([]engine.NumberInfo, error) {
		return phone.Lookup(ctx, client, []phone.Number{number})
	})
	if engine.CodeOf(err) == engine.CodeNotConnected {
		return s.openKnown(ctx, seat.Body, number)
	}
	if err != nil {
		return nil, err
	}
	who := found.Body[0].Person
	if who == nil {
		return nil, engine.Errorf(engine.CodeNotOnWhatsApp, "%s is not on WhatsApp. Check the number, or reach the person in another way.", number.International())
	}
	if who.Phone != "" && who.Phone == seat.Body.Phone {
		return nil, invalid("body.phone", "That is the number of the seat itself. Give somebody else's.")
	}
	with := engine.Party{LID: who.LID, Name: name}
	if who.Phone != "" {
		with.Phone = engine.PhoneAddress(who.Phone)
	}
	view, err := s.tenant(ctx).OpenConversation(ctx, seat.Body.ID, with)
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &conversationResponse{Body: view}, nil
}

// openKnown finds a conversation that is here already, for a seat that can't
// ask WhatsApp now.
func (s *Server) openKnown(ctx context.Context, seat engine.SeatView, number phone.Number) (*conversationResponse, error) {
	forms := number.Forms()
	view, err := s.tenant(ctx).ConversationWith(ctx, seat.ID, string(forms[0]), string(forms[len(forms)-1]))
	if engine.CodeOf(err) == engine.CodeNotFound {
		return nil, engine.Errorf(engine.CodeNotConnected, "%s is not connected to WhatsApp, which has to be asked who has this number. Connect the seat and try again.", seat.Name)
	}
	if err != nil {
		return nil, err
	}
	return &conversationResponse{Body: view}, nil
}
