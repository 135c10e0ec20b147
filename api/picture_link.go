package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/myaibud/aibud/engine"
)

// NewPictureLinks names whose pictures links are wanted to.
type NewPictureLinks struct {
	Addresses []string `json:"addresses" minItems:"1" maxItems:"200" nullable:"false" doc:"Addresses of people, groups and channels, or phone numbers"`
	ExpiresIn int      `json:"expires_in,omitempty" minimum:"60" maximum:"604800" default:"3600" doc:"Seconds for which they work at least; up to ten minutes more, so that who asks again soon gets the same links, which browsers have cached"`
}

// PictureLinks are links to pictures, one for each that was asked for.
type PictureLinks struct {
	Items []PictureLink `json:"items" nullable:"false"`
}

// PictureLink is a link to a picture that works without signing in, as long as
// the seat is connected.
type PictureLink struct {
	Address    string    `json:"address" doc:"As it was asked for"`
	URL        string    `json:"url" doc:"Whoever has it can see the picture"`
	PreviewURL string    `json:"preview_url" doc:"The same for a small one"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// maxAddress is how long an address is at most, as the routes say.
const maxAddress = 64

// linkPictures makes links for a page of people. Whether somebody has a
// picture WhatsApp says when the link is used.
func (s *Server) linkPictures(ctx context.Context, request *seatDo[NewPictureLinks]) (*answered[PictureLinks], error) {
	if err := s.own(ctx, request.SeatPath); err != nil {
		return nil, err
	}
	key, err := s.tenant(ctx).LinkKey(ctx)
	if err != nil {
		return nil, err
	}
	tenant, expires := userOf(ctx).Tenant, s.linksEnd(request.Body.ExpiresIn)
	links := make([]PictureLink, 0, len(request.Body.Addresses))
	for i, of := range request.Body.Addresses {
		if of == "" || len(of) > maxAddress {
			return nil, invalid("body.addresses["+strconv.Itoa(i)+"]", "That is not the address of a person, group or channel.")
		}
		query := url.Values{}
		signLink(query, key, tenant, expires, pictureLink, request.Seat, of)
		at := s.config.publicOrigin() + "/v1/seats/" + url.PathEscape(request.Seat) + "/pictures/" + url.PathEscape(of) + "/file?" + query.Encode()
		links = append(links, PictureLink{Address: of, URL: at, PreviewURL: at + "&size=preview", ExpiresAt: expires})
	}
	return &answered[PictureLinks]{Body: PictureLinks{Items: links}}, nil
}

// allowPicture lets those through who are signed in, or bring a link to the
// picture.
func (s *Server) allowPicture(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if !isLink(r.URL.Query()) {
		s.requireUser(ctx, next)
		return
	}
	tenant, err := s.linkedTenant(r, pictureLink, r.PathValue("seat"), r.PathValue("address"))
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	next(huma.WithValue(ctx, userKey{}, engine.User{Tenant: tenant}))
}

// pictureRoute describes the route that answers with a picture.
func (s *Server) pictureRoute(path, tag string) {
	op := ask("GET", path, "downloadPicture", tag, "The picture of a person, group or channel itself", 200)
	op.Security = []map[string][]string{{security: {}}}
	op.Middlewares = huma.Middlewares{s.allowPicture}
	op.Errors = append(op.Errors, http.StatusUnauthorized)
	op.Parameters = linkParameters()
	operation(s, op, s.downloadPicture)
	s.document.Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"image/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}
