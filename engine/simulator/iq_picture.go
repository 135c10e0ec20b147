package simulator

import (
	"errors"
	"fmt"
	"net/http"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// queryPicture answers with where a picture can be fetched, or sets or removes one. Without a target it is the asker's
// own picture.
func (s *Server) queryPicture(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	target, ok := jidAttr(n, "target")
	if !ok {
		target = d.account.hid()
	}
	owner := s.chatAs(bare(target), d.account.hid())
	picture, asked := n.GetOptionalChildByTag("picture")
	if kind == "set" {
		return s.setPicture(d, owner, content(&picture))
	}
	if !asked {
		return nil, errBadRequest
	}
	if failure := s.maySeePicture(d, owner, &picture); failure != nil {
		return nil, failure
	}
	return s.pictureAnswer(owner, &picture)
}

// pictureAnswer describes an owner's picture; nothing if it is the one that the client says it has.
func (s *Server) pictureAnswer(owner types.JID, asked *binary.Node) ([]binary.Node, *queryError) {
	picture, ok := s.pictures.Get(owner.String())
	switch {
	case !ok:
		return nil, errItemNotFound
	case attr(asked, "id") == picture.ID:
		return nil, nil
	}
	kind, img := "image", picture.Full
	if attr(asked, "type") == "preview" {
		kind, img = "preview", picture.Preview
	}
	return []binary.Node{{Tag: "picture", Attrs: binary.Attrs{
		"id": picture.ID, "type": kind, "url": s.MediaURL() + img.Path, "direct_path": img.Path, "hash": img.Hash,
	}}}, nil
}

// maySeePicture tells why the asker does not get to see a picture, nil if it does.
func (s *Server) maySeePicture(d *device, owner types.JID, asked *binary.Node) *queryError {
	if owner.Server == types.NewsletterServer {
		return nil // channels are public
	}
	a := s.directory.find(owner)
	switch {
	case owner.Server == types.GroupServer:
		return s.maySeeGroupPicture(d, owner, asked)
	case a == nil:
		return errItemNotFound
	case !a.admits(privacy.Picture, d.account):
		return errNotAuthorized
	default:
		return nil
	}
}

func (s *Server) setPicture(d *device, owner types.JID, data []byte) ([]binary.Node, *queryError) {
	change := s.changePicture
	switch {
	case owner.Server == types.GroupServer:
		change = s.changeGroupPicture
	case owner != d.account.hid():
		return nil, errForbidden
	}
	id, err := change(owner, d, data)
	switch {
	case errors.Is(err, pictures.ErrFormat):
		return nil, errNotAcceptable
	case err != nil:
		return nil, groupRefusal(err)
	case id == "":
		return nil, nil
	}
	return []binary.Node{{Tag: "picture", Attrs: binary.Attrs{"id": id}}}, nil
}

// changePicture replaces the picture of a person, group or channel by a JPEG, or removes it if there is no data, and
// tells everybody concerned; by is the device where it was done. It returns the picture's id, "" if it was removed.
// Whether by may do that is the caller's to find out. ErrInvalid and pictures.ErrFormat.
func (s *Server) changePicture(owner types.JID, by *device, data []byte) (id string, err error) {
	if len(data) == 0 {
		if !s.pictures.Remove(owner.String()) {
			return "", nil
		}
	} else {
		picture, err := s.pictures.Set(owner.String(), data, s.clock.Now())
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		id = picture.ID
	}
	if a := s.directory.find(owner); a != nil {
		a.notify(by, a.pn(), "account_sync", nil, binary.Node{Tag: "picture"})
		a.tellOthers(privacy.Picture, "picture", func(form types.JID) binary.Node { return pictureNotice(form, id) })
	}
	return id, nil
}

// pictureNotice says that a picture changed, or went if id is "" (whatsmeow, handlePictureNotification).
func pictureNotice(owner types.JID, id string) binary.Node {
	if id == "" {
		return binary.Node{Tag: "delete", Attrs: binary.Attrs{"jid": owner}}
	}
	return binary.Node{Tag: "set", Attrs: binary.Attrs{"jid": owner, "id": id}}
}

// pictureFact is a picture's id in the answer to a user query.
func (a *account) pictureFact(viewer *account) binary.Node {
	if !a.admits(privacy.Picture, viewer) {
		return failedFact("picture", errNotAuthorized)
	}
	picture, ok := a.server.pictures.Get(a.hid().String())
	if !ok {
		return failedFact("picture", errItemNotFound)
	}
	return binary.Node{Tag: "picture", Attrs: binary.Attrs{"id": picture.ID}}
}

// handlePicture serves a picture as the picture host does: 403 once it was replaced or removed.
func (s *Server) handlePicture(w http.ResponseWriter, r *http.Request) {
	data, ok := s.pictures.Fetch(r.URL.Path)
	if !ok {
		http.Error(w, "URL signature expired", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	if _, err := w.Write(data); err != nil { //nolint:gosec // a JPEG, and said to be one
		s.log.Debug("picture not written", "error", err)
	}
}
