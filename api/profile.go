package api

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// ProfileChange is what is to be different about a seat's profile.
type ProfileChange struct {
	Name  *string `json:"name,omitempty" minLength:"1" maxLength:"25" doc:"What the account calls itself"`
	About *string `json:"about,omitempty" maxLength:"139" doc:"What it says of itself; empty removes it"`
}

// PrivacyChange is a privacy setting.
type PrivacyChange struct {
	Category engine.PrivacyCategory `json:"category" enum:"last_seen,online,picture,about,read_receipts,groups,calls,messages,stickers,defense"`
	Value    engine.PrivacyValue    `json:"value" enum:"all,contacts,contacts_except,selected,nobody,match_last_seen,known,on_standard,off" doc:"last_seen, picture, about, groups: all, contacts, contacts_except, nobody. online: all, match_last_seen. read_receipts: all, nobody. calls: all, known. messages: all, contacts. stickers: contacts, selected, nobody. defense: on_standard, off"`
}

// Timer is after how long messages disappear.
type Timer struct {
	Seconds int `json:"seconds" enum:"0,86400,604800,7776000" doc:"0: messages stay"`
}

func (t Timer) after() time.Duration { return time.Duration(t.Seconds) * time.Second }

func (s *Server) profileRoutes(seat string) {
	const tag = "Profile"
	one := seat + "/profile"
	operation(s, ask("GET", one, "getProfile", tag, "How others see the seat", 200), s.getProfile)
	change := ask("PATCH", one, "changeProfile", tag, "Change the name or the about text", 204)
	change.Description = "The name is changed first. If WhatsApp then refuses the about text, the new name stays."
	operation(s, change, s.changeProfile)
	picture := ask("PUT", one+"/picture", "setProfilePicture", tag, "Set the picture", 200)
	picture.MaxBodyBytes = pictureLimit
	operation(s, picture, s.setProfilePicture)
	operation(s, ask("DELETE", one+"/picture", "removeProfilePicture", tag, "Remove the picture", 204), s.removeProfilePicture)
	operation(s, ask("GET", one+"/privacy", "getPrivacy", tag, "The privacy settings", 200), s.getPrivacy)
	operation(s, ask("PUT", one+"/privacy", "setPrivacy", tag, "Change one privacy setting", 200), s.setPrivacy)
	operation(s, ask("PUT", one+"/timer", "setDefaultTimer", tag, "After how long messages of new chats disappear", 204), s.setDefaultTimer)
	operation(s, ask("GET", seat+"/status/audience", "getStatusAudience", tag, "Who gets the seat's status updates", 200), s.getStatusAudience)
}

func (s *Server) getProfile(ctx context.Context, request *SeatPath) (*answered[engine.Profile], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.Profiles) (engine.Profile, error) {
		return client.Profile(ctx)
	})
}

func (s *Server) changeProfile(ctx context.Context, request *seatDo[ProfileChange]) (*struct{}, error) {
	body := request.Body
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Profiles) error {
		if body.Name == nil && body.About == nil {
			return invalid("body", "Say what is to be changed about the profile.")
		}
		if body.About != nil { // so that a bad text leaves the name as it is
			if err := engine.CheckAbout(*body.About); err != nil {
				return err
			}
		}
		if body.Name != nil {
			if err := client.SetPushName(ctx, *body.Name); err != nil {
				return err
			}
		}
		if body.About != nil {
			return client.SetAbout(ctx, *body.About)
		}
		return nil
	})
}

func (s *Server) setProfilePicture(ctx context.Context, request *seatDo[PictureUpload]) (*answered[PictureID], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Profiles) (PictureID, error) {
		id, err := client.SetPicture(ctx, request.Body.Picture)
		return PictureID{ID: id}, err
	})
}

func (s *Server) removeProfilePicture(ctx context.Context, request *SeatPath) (*struct{}, error) {
	return doOnSeat(ctx, s, *request, func(ctx context.Context, client engine.Profiles) error {
		_, err := client.SetPicture(ctx, nil)
		return err
	})
}

func (s *Server) getPrivacy(ctx context.Context, request *SeatPath) (*answered[engine.Privacy], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.Profiles) (engine.Privacy, error) {
		return client.Privacy(ctx)
	})
}

func (s *Server) setPrivacy(ctx context.Context, request *seatDo[PrivacyChange]) (*answered[engine.Privacy], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Profiles) (engine.Privacy, error) {
		return client.SetPrivacy(ctx, request.Body.Category, request.Body.Value)
	})
}

func (s *Server) setDefaultTimer(ctx context.Context, request *seatDo[Timer]) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Profiles) error {
		return client.SetDefaultTimer(ctx, request.Body.after())
	})
}

func (s *Server) getStatusAudience(ctx context.Context, request *SeatPath) (*answered[engine.StatusAudience], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.Statuses) (engine.StatusAudience, error) {
		return client.StatusAudience(ctx)
	})
}
