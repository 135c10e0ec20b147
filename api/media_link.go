package api

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/myaibud/aibud/engine"
)

type (
	linkRequest struct {
		Media string `path:"media" doc:"The file's ID"`
		Body  NewMediaLink
	}
	linkResponse struct {
		Body MediaLink
	}
	linksRequest struct {
		Body NewMediaLinks
	}
	linksResponse struct {
		Body MediaLinks
	}
)

// NewMediaLink says what a link should be like.
type NewMediaLink struct {
	ExpiresIn int `json:"expires_in,omitempty" minimum:"60" maximum:"604800" default:"3600" doc:"Seconds for which it works"`
}

// MediaLink is a link to a file that works without signing in.
type MediaLink struct {
	URL          string    `json:"url" doc:"Whoever has it can read the file"`
	ThumbnailURL string    `json:"thumbnail_url" doc:"The same for its small picture"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// NewMediaLinks names the files that links are wanted to.
type NewMediaLinks struct {
	Media     []string `json:"media" minItems:"1" maxItems:"200" nullable:"false" doc:"IDs of files"`
	ExpiresIn int      `json:"expires_in,omitempty" minimum:"60" maximum:"604800" default:"3600" doc:"Seconds for which they work at least; up to ten minutes more, so that who asks again soon gets the same links, which browsers have cached"`
}

// MediaLinks are links to files, one for each that was asked for.
type MediaLinks struct {
	Items []MediaLinkOf `json:"items" nullable:"false"`
}

// MediaLinkOf is a link and the file that it is for.
type MediaLinkOf struct {
	Media engine.MediaID `json:"media"`
	MediaLink
}

func (s *Server) linkMedia(ctx context.Context, request *linkRequest) (*linkResponse, error) {
	if s.config.Media == nil {
		return nil, noMediaHere()
	}
	if !isID(request.Media) {
		return nil, noMedia()
	}
	user, id := userOf(ctx), engine.MediaID(request.Media)
	content, _, err := s.config.Media.Content(ctx, user.Tenant, id, false)
	if err != nil {
		return nil, notFound(err, noMedia())
	}
	if err := content.Close(); err != nil {
		return nil, err
	}
	key, err := s.tenant(ctx).LinkKey(ctx)
	if err != nil {
		return nil, err
	}
	expires := s.config.Now().Add(linkTime(request.Body.ExpiresIn)).Truncate(time.Second).UTC()
	return &linkResponse{Body: s.link(key, user.Tenant, id, expires)}, nil
}

// linkStep is what the times of links that are made together are rounded up to.
const linkStep = 10 * time.Minute

// linkMedias makes links for a page of files. It asks nothing about them: a
// link says who asked, and whether that tenant has such a file, and what of
// it, is found out when the link is used.
func (s *Server) linkMedias(ctx context.Context, request *linksRequest) (*linksResponse, error) {
	if s.config.Media == nil {
		return nil, noMediaHere()
	}
	key, err := s.tenant(ctx).LinkKey(ctx)
	if err != nil {
		return nil, err
	}
	tenant := userOf(ctx).Tenant
	expires := s.linksEnd(request.Body.ExpiresIn)
	links := make([]MediaLinkOf, 0, len(request.Body.Media))
	for i, id := range request.Body.Media {
		if !isID(id) {
			return nil, invalid("body.media["+strconv.Itoa(i)+"]", "That is not the ID of a file.")
		}
		links = append(links, MediaLinkOf{Media: engine.MediaID(id), MediaLink: s.link(key, tenant, engine.MediaID(id), expires)})
	}
	return &linksResponse{Body: MediaLinks{Items: links}}, nil
}

// linkTime is for how many seconds a link works, an hour if nobody says.
func linkTime(seconds int) time.Duration { return time.Duration(cmp.Or(seconds, 3600)) * time.Second }

// linksEnd is when links end that are made together.
func (s *Server) linksEnd(seconds int) time.Time {
	return s.config.Now().Add(linkTime(seconds) + linkStep - 1).Truncate(linkStep).UTC()
}

// link makes a link to one file of a tenant and to its small picture.
func (s *Server) link(key []byte, tenant engine.TenantID, id engine.MediaID, expires time.Time) MediaLink {
	query := url.Values{}
	signLink(query, key, tenant, expires, mediaLink, string(id))
	at := s.config.publicOrigin() + "/v1/media/" + url.PathEscape(string(id))
	return MediaLink{URL: at + "?" + query.Encode(), ThumbnailURL: at + "/thumbnail?" + query.Encode(), ExpiresAt: expires}
}

func (s *Server) revokeMediaLinks(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.tenant(ctx).NewLinkKey(ctx)
}
