package simulator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
)

// People are known to internal/newsletters by the user part of their LID.

// channelLink begins the links to channels (whatsmeow: NewsletterLinkPrefix).
const channelLink = "https://whatsapp.com/channel/"

func channelJID(id string) types.JID { return types.NewJID(id, types.NewsletterServer) }

// channelError words what internal/newsletters says as the simulator's errors do. That these become 404, 403 and 400 in
// answers and acknowledgements is inferred from how other queries are refused.
func channelError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, newsletters.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, newsletters.ErrForbidden):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	default:
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
}

// findChannel finds a channel by its address, link or invite code, as somebody sees it. ErrNotFound.
func (s *Server) findChannel(name, viewer string) (newsletters.Info, error) {
	if id, ok := strings.CutSuffix(name, "@"+types.NewsletterServer); ok {
		info, err := s.newsletters.Get(id, viewer)
		return info, channelError(err)
	}
	info, err := s.newsletters.Invited(strings.TrimPrefix(name, channelLink), viewer)
	return info, channelError(err)
}

// createChannel makes a channel and tells the owner's other clients. A picture is a JPEG; none is no bytes.
func (s *Server) createChannel(by *device, name, description string, picture []byte) (newsletters.Info, error) {
	if err := pictures.Check(picture); len(picture) > 0 && err != nil {
		return newsletters.Info{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	info, err := s.newsletters.Create(by.account.lid, name, description, s.clock.Now())
	if err != nil {
		return newsletters.Info{}, channelError(err)
	}
	if len(picture) > 0 {
		if _, err = s.changePicture(channelJID(info.ID), by, picture); err != nil {
			return newsletters.Info{}, err
		}
	}
	mexJoined.tell(by.account, by, s.channelData(info, true))
	return info, nil
}

// followChannel makes the account a follower and tells its other clients.
func (s *Server) followChannel(by *device, id string) error {
	info, changed, err := s.newsletters.Follow(id, by.account.lid)
	if changed {
		mexJoined.tell(by.account, by, s.channelData(info, true))
	}
	return channelError(err)
}

// unfollowChannel ends that.
func (s *Server) unfollowChannel(by *device, id string) error {
	changed, err := s.newsletters.Unfollow(id, by.account.lid)
	if changed {
		mexLeft.tell(by.account, by, map[string]any{"id": channelJID(id), "role": newsletters.Guest})
	}
	return channelError(err)
}

// muteChannel decides whether the account's devices are to make themselves heard for it.
func (s *Server) muteChannel(by *device, id string, on bool) error {
	changed, err := s.newsletters.Mute(id, by.account.lid, on)
	if changed {
		mexMuted.tell(by.account, by, map[string]any{"id": channelJID(id), "mute": onOff(on)})
	}
	return channelError(err)
}

// updateChannel changes what a channel is called and looks like; a picture of no bytes is removed, nil stays.
func (s *Server) updateChannel(by *device, id string, change newsletters.Change, picture *[]byte) (newsletters.Info, error) {
	if picture != nil && len(*picture) > 0 {
		if err := pictures.Check(*picture); err != nil {
			return newsletters.Info{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	info, err := s.newsletters.Update(id, by.account.lid, change, s.clock.Now())
	if err != nil {
		return newsletters.Info{}, channelError(err)
	}
	if picture != nil {
		if _, err = s.changePicture(channelJID(id), by, *picture); err != nil {
			return newsletters.Info{}, err
		}
	}
	s.tellMembers(by, id, mexUpdated, map[string]any{
		"id": channelJID(id), "thread_metadata": s.channelData(info, false)["thread_metadata"],
	})
	return info, nil
}

// deleteChannel ends a channel and tells everybody who followed it.
func (s *Server) deleteChannel(by *device, id string) error {
	members := s.newsletters.Members(id)
	if err := s.newsletters.Delete(id, by.account.lid); err != nil {
		return channelError(err)
	}
	s.pictures.Remove(channelJID(id).String())
	s.tellPeople(by, members, mexStateChanged, channelStateData(id, newsletters.Deleted))
	return nil
}

func channelStateData(id string, state newsletters.State) map[string]any {
	return map[string]any{
		"id": channelJID(id), "is_requestor": false, "state": map[string]any{"type": state},
	}
}

// setChannelState suspends a channel or lets it go on, as WhatsApp itself does.
func (s *Server) setChannelState(id string, state newsletters.State) error {
	if err := s.newsletters.SetState(id, state); err != nil {
		return channelError(err)
	}
	s.tellMembers(nil, id, mexStateChanged, channelStateData(id, state))
	return nil
}

// appointAdmin makes a follower an admin, or takes that away, and tells them and those who run the channel.
func (s *Server) appointAdmin(by *device, id string, who *account, on bool) error {
	if err := s.newsletters.Appoint(id, by.account.lid, who.lid, on); err != nil {
		return channelError(err)
	}
	notice := mexPromoted
	if !on {
		notice = mexDemoted
	}
	s.tellMembers(by, id, notice, map[string]any{"id": channelJID(id), "user": map[string]any{"id": who.hid()}})
	return nil
}

// tellMembers notifies the clients of everybody in a channel, except the one that caused it.
func (s *Server) tellMembers(by *device, id string, notice mexNotice, value any) {
	s.tellPeople(by, s.newsletters.Members(id), notice, value)
}

func (s *Server) tellPeople(by *device, members []newsletters.Member, notice mexNotice, value any) {
	for _, member := range members {
		if a := s.follower(member.ID); a != nil {
			notice.tell(a, by, value)
		}
	}
}

// follower finds the account that internal/newsletters knows by its LID's user part.
func (s *Server) follower(lid string) *account {
	return s.directory.find(types.NewJID(lid, types.HiddenUserServer))
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// channelData is a channel in GraphQL's words, as whatsmeow's types.NewsletterMetadata reads them.
func (s *Server) channelData(info newsletters.Info, viewer bool) map[string]any {
	thread := map[string]any{
		"creation_time": unixText(info.Created), "handle": nil, "invite": info.Invite,
		"name": channelText(info.Name), "description": channelText(info.Description),
		"subscribers_count": fmt.Sprint(info.Subscribers), "verification": "UNVERIFIED",
		"settings": map[string]any{"reaction_codes": map[string]any{"value": info.Reactions}},
		"picture":  nil,
		"preview":  map[string]any{"id": "", "direct_path": "", "type": "PREVIEW"},
	}
	if info.Verified {
		thread["verification"] = "VERIFIED"
	}
	if picture, ok := s.pictures.Get(channelJID(info.ID).String()); ok {
		thread["picture"] = map[string]any{"id": picture.ID, "direct_path": picture.Full.Path, "type": "IMAGE"}
		thread["preview"] = map[string]any{"id": picture.ID, "direct_path": picture.Preview.Path, "type": "PREVIEW"}
	}
	data := map[string]any{
		"id": channelJID(info.ID), "state": map[string]any{"type": info.State}, "thread_metadata": thread,
		"viewer_metadata": nil,
	}
	if viewer {
		data["viewer_metadata"] = map[string]any{"mute": onOff(info.Muted), "role": info.Role}
	}
	return data
}

func channelText(text newsletters.Text) map[string]any {
	micros := fmt.Sprint(text.Updated.UnixMicro())
	return map[string]any{"id": micros, "text": text.Text, "update_time": micros}
}

func unixText(t time.Time) string { return fmt.Sprint(t.Unix()) }
