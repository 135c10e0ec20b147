package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var _ engine.People = (*Client)(nil)

// personWords explains what WhatsApp refuses to tell about a person.
func personWords(code int) *engine.Error {
	switch code {
	case codeUnauthorized, codeForbidden:
		return engine.Errorf(engine.CodeForbidden, "It is hidden from this number.")
	case codeNotFound, codeGone:
		return engine.Errorf(engine.CodeNotFound, "There is nothing of that kind.")
	}
	return nil
}

// OnWhatsApp implements [engine.People].
func (c *Client) OnWhatsApp(ctx context.Context, numbers []string) ([]engine.NumberInfo, error) {
	if err := engine.CheckNumbers(numbers); err != nil {
		return nil, err
	}
	queries := make([]string, len(numbers))
	for i, number := range numbers {
		queries[i] = "+" + number
	}
	return ask(ctx, c, personWords, func(ctx context.Context, s *session) ([]engine.NumberInfo, error) {
		found, err := s.wm.IsOnWhatsApp(ctx, queries)
		if err != nil {
			return nil, err
		}
		byQuery := make(map[string]types.IsOnWhatsAppResponse, len(found))
		for _, info := range found {
			byQuery[strings.TrimPrefix(info.Query, "+")] = info
		}
		list := make([]engine.NumberInfo, 0, len(numbers))
		for _, number := range numbers {
			answer := engine.NumberInfo{Number: number}
			if info, ok := byQuery[number]; ok && info.IsIn {
				answer.OnWhatsApp, answer.BusinessName = true, businessName(info.VerifiedName)
				if answer.Person, err = s.person(ctx, info.JID, info.PhoneNumber); err != nil {
					return nil, err
				}
			}
			list = append(list, answer)
		}
		return list, nil
	})
}

func businessName(name *types.VerifiedName) string {
	if name == nil {
		return ""
	}
	return clean(name.Details.GetVerifiedName())
}

// PeopleInfo implements [engine.People].
func (c *Client) PeopleInfo(ctx context.Context, people []engine.Address) ([]engine.PersonInfo, error) {
	if err := engine.CheckPeople(people); err != nil {
		return nil, err
	}
	return ask(ctx, c, personWords, func(ctx context.Context, s *session) ([]engine.PersonInfo, error) {
		jids := make([]types.JID, len(people))
		for i, a := range people {
			var err error
			if jids[i], err = s.numberJID(ctx, a); err != nil {
				return nil, err
			}
		}
		return s.peopleInfo(ctx, jids)
	})
}

// numberJID returns the number's JID of a person if it is known: only for
// that WhatsApp tells the LID too.
func (s *session) numberJID(ctx context.Context, a engine.Address) (types.JID, error) {
	party, err := s.party(ctx, addressJID(a), types.EmptyJID)
	if err != nil || party.Phone == "" {
		return addressJID(a), err
	}
	return addressJID(party.Phone), nil
}

func (s *session) peopleInfo(ctx context.Context, jids []types.JID) ([]engine.PersonInfo, error) {
	found, err := s.wm.GetUserInfo(ctx, jids)
	if err != nil {
		return nil, err
	}
	list := make([]engine.PersonInfo, 0, len(jids))
	for _, jid := range jids {
		info, ok := found[jid]
		if !ok || len(info.Devices) == 0 { // an account has its phone at least
			continue
		}
		who, err := s.person(ctx, jid, info.LID)
		if err != nil {
			return nil, err
		}
		// The library puts a verified name into its list of contacts only.
		contact, err := s.wm.Store.Contacts.GetContact(ctx, jid)
		if err != nil {
			return nil, fmt.Errorf("look up a verified name: %w", err)
		}
		list = append(list, engine.PersonInfo{
			Person: *who, About: clean(info.Status), PictureID: clean(info.PictureID), Devices: len(info.Devices),
			BusinessName: clean(contact.BusinessName),
		})
	}
	return list, nil
}

// pictureWords explains why there is no picture to see.
func pictureWords(code int) *engine.Error {
	switch code {
	case codeUnauthorized, codeForbidden:
		return engine.Errorf(engine.CodeForbidden, "The picture is hidden from this number.")
	case codeNotFound:
		return engine.Errorf(engine.CodeNotFound, "There is no picture.")
	}
	return nil
}

// Picture implements [engine.People].
func (c *Client) Picture(ctx context.Context, of engine.Address, preview bool) (engine.Picture, error) {
	if err := engine.CheckPictured(of); err != nil {
		return engine.Picture{}, err
	}
	return ask(ctx, c, pictureWords, func(ctx context.Context, s *session) (engine.Picture, error) {
		return s.picture(ctx, addressJID(of), preview)
	})
}

func (s *session) picture(ctx context.Context, jid types.JID, preview bool) (engine.Picture, error) {
	info, err := s.wm.GetProfilePictureInfo(ctx, jid, &wm.GetProfilePictureParams{Preview: preview})
	if errors.Is(err, wm.ErrIQNotAuthorized) && jid.Server == types.GroupServer {
		// A community's has to be asked for in another way.
		community, again := s.wm.GetProfilePictureInfo(ctx, jid, &wm.GetProfilePictureParams{Preview: preview, IsCommunity: true})
		if again == nil {
			info, err = community, nil
		}
	}
	if err != nil {
		return engine.Picture{}, err
	}
	if info == nil || info.URL == "" {
		return engine.Picture{}, refusedError(codeNotFound)
	}
	return engine.Picture{ID: clean(info.ID), URL: clean(info.URL), Preview: preview}, nil
}

// DownloadPicture implements [engine.People].
func (c *Client) DownloadPicture(ctx context.Context, of engine.Address, preview bool) (engine.PictureFile, error) {
	if err := engine.CheckPictured(of); err != nil {
		return engine.PictureFile{}, err
	}
	return ask(ctx, c, pictureWords, func(ctx context.Context, s *session) (engine.PictureFile, error) {
		info, err := s.picture(ctx, addressJID(of), preview)
		if err != nil {
			return engine.PictureFile{}, err
		}
		data, err := c.provider.fetchPicture(ctx, s.transport(), info.URL)
		if err != nil {
			return engine.PictureFile{}, err
		}
		kind := http.DetectContentType(data)
		switch kind {
		case "image/jpeg", "image/png", "image/webp":
			return engine.PictureFile{ID: info.ID, MIMEType: kind, Data: data}, nil
		}
		return engine.PictureFile{}, noPicture(errors.New("WhatsApp's server sent no picture"))
	})
}

// pictureHost is where WhatsApp's pictures are.
const pictureHost = ".whatsapp.net"

// fetchPicture downloads a picture from where WhatsApp says that it is, and
// from nowhere else.
func (p *Provider) fetchPicture(ctx context.Context, way http.RoundTripper, address string) ([]byte, error) {
	where, err := url.Parse(address)
	if err != nil || p.cfg.Endpoint == nil && (where.Scheme != "https" || !strings.HasSuffix(where.Hostname(), pictureHost)) {
		return nil, noPicture(errors.New("the picture is not on one of WhatsApp's servers"))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, noPicture(err)
	}
	client := http.Client{Transport: way, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, noPicture(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, noPicture(fmt.Errorf("status %d", response.StatusCode))
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, engine.MaxPicture+1))
	if err != nil {
		return nil, noPicture(err)
	}
	if len(data) > engine.MaxPicture {
		return nil, noPicture(errors.New("the picture is too large"))
	}
	return data, nil
}

func noPicture(cause error) error {
	return &engine.Error{Code: engine.CodeUnavailable, Message: "The picture could not be downloaded from WhatsApp. Try again in a moment.", Err: discreet{cause}}
}

// BusinessProfile implements [engine.People].
func (c *Client) BusinessProfile(ctx context.Context, of engine.Address) (engine.BusinessProfile, error) {
	if err := engine.CheckPerson(of); err != nil {
		return engine.BusinessProfile{}, err
	}
	return ask(ctx, c, personWords, func(ctx context.Context, s *session) (engine.BusinessProfile, error) {
		jid, err := s.numberJID(ctx, of)
		if err != nil {
			return engine.BusinessProfile{}, err
		}
		found, err := s.wm.GetBusinessProfile(ctx, jid)
		// What the library says of an answer without a profile (user.go,
		// parseBusinessProfile).
		if err != nil && err.Error() == "missing jid in business profile" {
			return engine.BusinessProfile{}, engine.Errorf(engine.CodeNotFound, "That account is no business.")
		}
		if err != nil {
			return engine.BusinessProfile{}, err
		}
		who, err := s.person(ctx, found.JID, jid)
		if err != nil {
			return engine.BusinessProfile{}, err
		}
		return businessProfile(who, found), nil
	})
}

func businessProfile(who *engine.Person, found *types.BusinessProfile) engine.BusinessProfile {
	profile := engine.BusinessProfile{
		Email: clean(found.Email), Address: clean(found.Address), Timezone: clean(found.BusinessHoursTimeZone),
		Categories: make([]string, 0, len(found.Categories)), Hours: make([]engine.BusinessHours, 0, len(found.BusinessHours)),
	}
	if who != nil {
		profile.Person = *who
	}
	for _, category := range found.Categories {
		profile.Categories = append(profile.Categories, clean(category.Name))
	}
	for _, hours := range found.BusinessHours {
		profile.Hours = append(profile.Hours, engine.BusinessHours{
			Day: clean(hours.DayOfWeek), Mode: clean(hours.Mode), Open: clean(hours.OpenTime), Close: clean(hours.CloseTime),
		})
	}
	return profile
}

// linkWords explains what WhatsApp says of links to people.
func linkWords(code int) *engine.Error {
	switch code {
	case codeBadRequest, codeNotFound, codeNotAcceptable, codeGone:
		return engine.Errorf(engine.CodeNotFound, "The link leads nowhere, or was revoked.")
	}
	return nil
}

// ResolveLink implements [engine.People].
func (c *Client) ResolveLink(ctx context.Context, link string) (engine.LinkTarget, error) {
	kind, err := engine.LinkKindOf(link)
	if err != nil {
		return engine.LinkTarget{}, err
	}
	code, err := linkCode(link, "That is not a whole link. Copy it again.", wm.ContactQRLinkPrefix, wm.ContactQRLinkDirectPrefix,
		wm.BusinessMessageLinkPrefix, wm.BusinessMessageLinkDirectPrefix)
	if err != nil {
		return engine.LinkTarget{}, err
	}
	return ask(ctx, c, linkWords, func(ctx context.Context, s *session) (engine.LinkTarget, error) {
		if kind == engine.LinkContact {
			target, err := s.wm.ResolveContactQRLink(ctx, code)
			if err != nil {
				return engine.LinkTarget{}, err
			}
			return s.linkTarget(ctx, target.JID, target.PushName, engine.LinkTarget{Kind: kind})
		}
		target, err := s.wm.ResolveBusinessMessageLink(ctx, code)
		if err != nil {
			return engine.LinkTarget{}, err
		}
		return s.linkTarget(ctx, target.JID, target.PushName, engine.LinkTarget{
			Kind: kind, BusinessName: clean(target.VerifiedName), Text: clean(target.Message),
		})
	})
}

func (s *session) linkTarget(ctx context.Context, jid types.JID, name string, target engine.LinkTarget) (engine.LinkTarget, error) {
	who, err := s.person(ctx, jid, types.EmptyJID)
	if err != nil {
		return engine.LinkTarget{}, err
	}
	if who == nil {
		return engine.LinkTarget{}, refusedError(codeNotFound)
	}
	target.Person = *who
	target.Name = pushName(name)
	return target, nil
}

// ContactLink implements [engine.People].
func (c *Client) ContactLink(ctx context.Context, renew bool) (string, error) {
	return ask(ctx, c, linkWords, func(ctx context.Context, s *session) (string, error) {
		code, err := s.wm.GetContactQRLink(ctx, renew)
		if err != nil {
			return "", err
		}
		return wm.ContactQRLinkPrefix + strings.TrimPrefix(clean(code), wm.ContactQRLinkPrefix), nil
	})
}
