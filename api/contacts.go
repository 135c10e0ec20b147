package api

import (
	"cmp"
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	// ContactPath names a contact.
	ContactPath struct {
		Contact string `path:"contact" doc:"The contact's ID"`
	}
	// SavedContact is a person as they are to stand in a seat's address book.
	SavedContact struct {
		SavedName string `json:"saved_name" minLength:"1" maxLength:"100"`
		FirstName string `json:"first_name,omitempty" maxLength:"100"`
	}
	saveContactRequest struct {
		ContactPath
		Seat string `query:"seat" required:"true" doc:"The ID of the seat in whose address book"`
		Body SavedContact
	}
	blockRequest struct {
		SeatPath
		ContactPath
	}
	contactResponse struct{ Body engine.ContactView }
	// ContactList is a list of people.
	ContactList struct {
		Items []engine.ContactView `json:"items" nullable:"false"`
	}
	contactsResponse     struct{ Body ContactList }
	seatSettingsResponse struct{ Body engine.SeatSettings }
	seatSettingsRequest  struct {
		SeatPath
		Body SeatBehaviour
	}
	// SeatBehaviour is what can be set of how a seat behaves.
	SeatBehaviour struct {
		RejectCalls bool                `json:"reject_calls" doc:"Refuse calls at once"`
		Presence    engine.PresenceMode `json:"presence,omitempty" enum:"unavailable,watching,available" doc:"When the seat appears online; absent: as it is"`
		RejectText  string              `json:"reject_text" maxLength:"4000" doc:"Sent to who called and was refused, at most once an hour; empty: nothing is sent"`
	}
)

func (s *Server) contactRoutes() {
	const tag, one, seat = "Contacts", "/v1/contacts/{contact}", "/v1/seats/{seat}"
	asked := []int{invalid400, missing, conflict, tooLarge, unprocessed}
	operation(s, route("GET", one, "getContact", tag, "One contact", 200, missing), s.getContact)
	operation(s, route("PATCH", one, "saveContact", tag, "Save the person in a seat's address book", 200, asked...), s.saveContact)
	operation(s, route("PUT", seat+"/blocked/{contact}", "blockContact", tag, "Block a person on a seat", 204, missing, conflict, unprocessed), s.blockContact)
	operation(s, route("DELETE", seat+"/blocked/{contact}", "unblockContact", tag, "End a block", 204, missing, conflict, unprocessed), s.unblockContact)
	operation(s, route("GET", seat+"/blocked", "listBlocked", tag, "Whom a seat blocks", 200, missing), s.listBlocked)
	operation(s, route("GET", seat+"/settings", "getSeatSettings", "Seats", "How a seat behaves", 200, missing), s.getSeatSettings)
	operation(s, route("PUT", seat+"/settings", "setSeatSettings", "Seats", "Set how a seat behaves", 200, invalid400, missing, tooLarge, unprocessed), s.setSeatSettings)
}

func noContact() *engine.Error {
	return engine.Errorf(engine.CodeNotFound, "There is no such contact.")
}

func (s *Server) contact(ctx context.Context, path *ContactPath) (engine.ContactView, engine.Party, error) {
	if !isID(path.Contact) {
		return engine.ContactView{}, engine.Party{}, noContact()
	}
	view, party, err := s.tenant(ctx).Contact(ctx, engine.ContactID(path.Contact))
	return view, party, notFound(err, noContact())
}

func (s *Server) getContact(ctx context.Context, request *ContactPath) (*contactResponse, error) {
	view, _, err := s.contact(ctx, request)
	if err != nil {
		return nil, err
	}
	return &contactResponse{Body: view}, nil
}

func (s *Server) saveContact(ctx context.Context, request *saveContactRequest) (*contactResponse, error) {
	_, party, err := s.contact(ctx, &request.ContactPath)
	if err != nil {
		return nil, err
	}
	if err := checkName("saved_name", request.Body.SavedName); err != nil {
		return nil, err
	}
	if _, err := s.getSeat(ctx, &SeatPath{Seat: request.Seat}); err != nil {
		return nil, err
	}
	change := engine.ContactChange{Party: party, SavedName: &request.Body.SavedName, FirstName: &request.Body.FirstName}
	if err := s.tell(ctx, s.seatKey(ctx, request.Seat), change); err != nil {
		return nil, err
	}
	return s.getContact(ctx, &request.ContactPath)
}

func (s *Server) blockContact(ctx context.Context, request *blockRequest) (*struct{}, error) {
	return nil, s.block(ctx, request, true)
}

func (s *Server) unblockContact(ctx context.Context, request *blockRequest) (*struct{}, error) {
	return nil, s.block(ctx, request, false)
}

func (s *Server) block(ctx context.Context, request *blockRequest, on bool) error {
	_, party, err := s.contact(ctx, &request.ContactPath)
	if err != nil {
		return err
	}
	if _, err := s.getSeat(ctx, &request.SeatPath); err != nil {
		return err
	}
	if party.Room != "" {
		return engine.Errorf(engine.CodeInvalid, "People can be blocked; a group can be left.")
	}
	return engine.Call(ctx, s.config.Seats, s.seatKey(ctx, request.Seat), func(ctx context.Context, client engine.BlockClient) error {
		return client.SetBlocked(ctx, party, on)
	})
}

func (s *Server) listBlocked(ctx context.Context, request *SeatPath) (*contactsResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	found, err := s.tenant(ctx).Blocked(ctx, engine.SeatID(request.Seat))
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &contactsResponse{Body: ContactList{Items: found}}, nil
}

func (s *Server) getSeatSettings(ctx context.Context, request *SeatPath) (*seatSettingsResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	return seatSettings(s.tenant(ctx).SeatSettings(ctx, engine.SeatID(request.Seat)))
}

func (s *Server) setSeatSettings(ctx context.Context, request *seatSettingsRequest) (*seatSettingsResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	if err := checkProse("reject_text", request.Body.RejectText); err != nil {
		return nil, err
	}
	before, err := s.getSeatSettings(ctx, &request.SeatPath)
	if err != nil {
		return nil, err
	}
	return seatSettings(s.tenant(ctx).SetSeatSettings(ctx, engine.SeatID(request.Seat), engine.SeatSettings{
		Presence: cmp.Or(request.Body.Presence, before.Body.Presence), RejectCalls: request.Body.RejectCalls, RejectText: request.Body.RejectText,
	}))
}

func seatSettings(settings engine.SeatSettings, err error) (*seatSettingsResponse, error) {
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &seatSettingsResponse{Body: settings}, nil
}
