package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// outgoingBody is a message to send: exactly one content, and what surrounds it.
type outgoingBody struct {
	To         string       `json:"to"`
	Text       string       `json:"text"`
	Preview    *Preview     `json:"preview"`
	Media      *Media       `json:"media"`
	Location   *Location    `json:"location"`
	Contact    *Contact     `json:"contact"`
	Contacts   Contacts     `json:"contacts"`
	Poll       *Poll        `json:"poll"`
	Vote       *Vote        `json:"vote"`
	Occasion   *Occasion    `json:"occasion"`
	Invite     *GroupInvite `json:"invite"`
	Attendance *Attendance  `json:"attendance"`
	Reaction   *Reaction    `json:"reaction"`
	Comment    *Comment     `json:"comment"`
	Edit       *Edit        `json:"edit"`
	Revoke     *Revoke      `json:"revoke"`
	Forward    *Forward     `json:"forward"`
	Pin        *Pin         `json:"pin"`
	Keep       *Keep        `json:"keep"`
	Timer      *Timer       `json:"timer"`
	Buttons    *Buttons     `json:"buttons"`
	List       *List        `json:"list"`
	Tap        *Tap         `json:"tap"`
	Raw        string       `json:"raw"` // base64 of an encoded waE2E.Message

	ReplyTo   string   `json:"reply_to"`
	Mentions  []string `json:"mentions"`
	Forwarded int      `json:"forwarded"`
	ViewOnce  bool     `json:"view_once"`
	Expires   *int     `json:"expires"` // seconds
}

// given makes a list of one content, or of none if the field was left out.
func given[C any, P interface {
	*C
	Content
}](field P) []Content {
	if field == nil {
		return nil
	}
	return []Content{field}
}

func (b *outgoingBody) content() (Content, error) {
	var all []Content
	for _, one := range [][]Content{
		given(b.Media), given(b.Location), given(b.Poll), given(b.Vote), given(b.Occasion), given(b.Invite), given(b.Attendance),
		given(b.Reaction), given(b.Comment), given(b.Edit), given(b.Revoke), given(b.Forward), given(b.Pin), given(b.Keep),
		given(b.Timer), given(b.Buttons), given(b.List), given(b.Tap),
	} {
		all = append(all, one...)
	}
	if b.Text != "" || b.Preview != nil {
		all = append(all, Text{Body: b.Text, Preview: b.Preview})
	}
	if b.Contact != nil {
		all = append(all, Contacts{*b.Contact})
	}
	if len(b.Contacts) > 0 {
		all = append(all, b.Contacts)
	}
	if b.Raw != "" {
		raw, err := b.raw()
		if err != nil {
			return nil, err
		}
		all = append(all, raw)
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%w message: exactly one content, such as text, media or poll; %d given", ErrInvalid, len(all))
	}
	return all[0], nil
}

func (b *outgoingBody) raw() (Content, error) {
	encoded, err := base64.StdEncoding.DecodeString(b.Raw)
	if err != nil {
		return nil, fmt.Errorf("%w raw: %w", ErrInvalid, err)
	}
	message := new(waE2E.Message)
	if err = proto.Unmarshal(encoded, message); err != nil {
		return nil, fmt.Errorf("%w raw: no encoded message", ErrInvalid)
	}
	return Raw{message}, nil
}

func (b *outgoingBody) options() []Option {
	var out []Option
	if b.ReplyTo != "" {
		out = append(out, ReplyTo(b.ReplyTo))
	}
	if len(b.Mentions) > 0 {
		out = append(out, Mention(b.Mentions...))
	}
	if b.Forwarded != 0 {
		out = append(out, Forwarded(b.Forwarded))
	}
	if b.ViewOnce {
		out = append(out, ViewOnce())
	}
	if b.Expires != nil {
		out = append(out, func(d *draft) error {
			after, err := span(*b.Expires)
			d.expires = after
			return err
		})
	}
	return out
}

func (s *Server) controlSend(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body outgoingBody
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	content, err := body.content()
	if err != nil {
		return 0, nil, err
	}
	id, err := p.Send(r.Context(), body.To, content, body.options()...)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"id": id}, nil
}

func (s *Server) controlMessages(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	page, err := query(r, "since")
	if err != nil {
		return 0, nil, err
	}
	since := 0
	if text := page.Get("since"); text != "" {
		if since, err = strconv.Atoi(text); err != nil || since < 0 {
			return 0, nil, fmt.Errorf("%w since: a message's seq or 0", ErrInvalid)
		}
	}
	return http.StatusOK, p.Messages(since), nil
}

// controlFile gives the file of a message as its phone downloads and decrypts it.
func (s *Server) controlFile(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	data, err := p.File(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	sum := sha256.Sum256(data)
	return http.StatusOK, map[string]any{"size": len(data), "sha256": hex.EncodeToString(sum[:]), "data": data}, nil
}

func (s *Server) controlRead(r *http.Request) (int, any, error) {
	return s.controlReceipts(r, (*Phone).Read)
}

func (s *Server) controlPlayed(r *http.Request) (int, any, error) {
	return s.controlReceipts(r, (*Phone).Played)
}

func (s *Server) controlReceipts(r *http.Request, give func(p *Phone, ctx context.Context, ids ...string) error) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		IDs []string `json:"message_ids"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if len(body.IDs) == 0 {
		return 0, nil, fmt.Errorf("%w message_ids: none given", ErrInvalid)
	}
	if err = give(p, r.Context(), body.IDs...); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
