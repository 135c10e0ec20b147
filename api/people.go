package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/phone"
)

// PersonPath names a person.
type PersonPath struct {
	SeatPath
	Person string `path:"person" maxLength:"64" doc:"A phone number in digits with country code, or the address of a person"`
}

type (
	pictureRequest struct {
		SeatPath
		Address string `path:"address" maxLength:"64" doc:"The address of a group or channel, or the phone number or address of a person"`
		Size    string `query:"size" enum:"full,preview" default:"full"`
	}
	pictureFile struct {
		ContentType  string `header:"Content-Type"`
		CacheControl string `header:"Cache-Control"`
		Body         []byte
	}
)

// NumberQuery asks about phone numbers.
type NumberQuery struct {
	Numbers []string `json:"numbers" minItems:"1" maxItems:"100" nullable:"false" doc:"Such as 27821234567 or +27 82 123 4567; without a country code they belong to the agency's country"`
}

// PeopleQuery asks about people.
type PeopleQuery struct {
	People []string `json:"people" minItems:"1" maxItems:"50" nullable:"false" doc:"Phone numbers such as 27821234567 or +27 82 123 4567, or addresses of people"`
}

// PersonLink is a link to a person.
type PersonLink struct {
	Link string `json:"link" minLength:"1" maxLength:"2000" example:"https://wa.me/qr/ABCDEFGHIJKLMN"`
}

func (s *Server) peopleRoutes(seat string) {
	const tag = "People"
	operation(s, ask("POST", seat+"/people/check", "checkNumbers", tag, "Which of up to 100 numbers are on WhatsApp", 200), s.checkNumbers)
	operation(s, ask("POST", seat+"/people/info", "getPeople", tag, "What WhatsApp shows of up to 50 people; who has no account is left out", 200), s.getPeople)
	operation(s, ask("GET", seat+"/people/{person}/business", "getBusiness", tag, "What a business says of itself", 200), s.getBusiness)
	operation(s, ask("GET", seat+"/pictures/{address}", "getPicture", tag, "Where the picture of a person, group or channel is", 200), s.getPicture)
	s.pictureRoute(seat+"/pictures/{address}/file", tag)
	operation(s, route("POST", seat+"/pictures/links", "linkPictures", tag, "Make links to pictures that work without signing in, for a time", 200,
		invalid400, missing, tooLarge, unprocessed), s.linkPictures)
	operation(s, ask("POST", seat+"/links/resolve", "resolveLink", tag, "Whom a contact link or a business' message link leads to", 200), s.resolveLink)
	operation(s, ask("GET", seat+"/contact-link", "getContactLink", tag, "The link behind the seat's contact QR code", 200), s.getContactLink)
	operation(s, ask("POST", seat+"/contact-link/renew", "renewContactLink", tag, "A new contact link; the old one stops working", 200), s.renewContactLink)
}

func (s *Server) checkNumbers(ctx context.Context, request *seatDo[NumberQuery]) (*answered[Items[engine.NumberInfo]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (Items[engine.NumberInfo], error) {
		numbers, err := s.numbers(ctx, request.Body.Numbers)
		if err != nil {
			return Items[engine.NumberInfo]{}, err
		}
		return items(phone.Lookup(ctx, client, numbers))
	})
}

func (s *Server) getPeople(ctx context.Context, request *seatDo[PeopleQuery]) (*answered[Items[engine.PersonInfo]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (Items[engine.PersonInfo], error) {
		named, err := s.people(ctx, client, request.Body.People)
		if err != nil {
			return Items[engine.PersonInfo]{}, err
		}
		return items(client.PeopleInfo(ctx, named))
	})
}

func (s *Server) getBusiness(ctx context.Context, request *PersonPath) (*answered[engine.BusinessProfile], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (engine.BusinessProfile, error) {
		who, err := s.person(ctx, client, request.Person)
		if err != nil {
			return engine.BusinessProfile{}, err
		}
		return client.BusinessProfile(ctx, who)
	})
}

// pictured is whose picture is asked for.
func (s *Server) pictured(ctx context.Context, client engine.People, r *pictureRequest) (engine.Address, error) {
	if a := engine.Address(r.Address); engine.CheckPictured(a) == nil {
		return a, nil
	}
	return s.person(ctx, client, r.Address)
}

func (s *Server) getPicture(ctx context.Context, request *pictureRequest) (*answered[engine.Picture], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (engine.Picture, error) {
		of, err := s.pictured(ctx, client, request)
		if err != nil {
			return engine.Picture{}, err
		}
		return client.Picture(ctx, of, request.Size == "preview")
	})
}

func (s *Server) downloadPicture(ctx context.Context, request *pictureRequest) (*pictureFile, error) {
	found, err := askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (engine.PictureFile, error) {
		of, err := s.pictured(ctx, client, request)
		if err != nil {
			return engine.PictureFile{}, err
		}
		return client.DownloadPicture(ctx, of, request.Size == "preview")
	})
	if err != nil {
		return nil, err
	}
	return &pictureFile{ContentType: found.Body.MIMEType, CacheControl: "private, max-age=300", Body: found.Body.Data}, nil
}

func (s *Server) resolveLink(ctx context.Context, request *seatDo[PersonLink]) (*answered[engine.LinkTarget], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.People) (engine.LinkTarget, error) {
		return client.ResolveLink(ctx, request.Body.Link)
	})
}

func (s *Server) getContactLink(ctx context.Context, request *SeatPath) (*answered[LinkAnswer], error) {
	return s.contactLink(ctx, request, false)
}

func (s *Server) renewContactLink(ctx context.Context, request *SeatPath) (*answered[LinkAnswer], error) {
	return s.contactLink(ctx, request, true)
}

func (s *Server) contactLink(ctx context.Context, request *SeatPath, renew bool) (*answered[LinkAnswer], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.People) (LinkAnswer, error) {
		link, err := client.ContactLink(ctx, renew)
		return LinkAnswer{Link: link}, err
	})
}
