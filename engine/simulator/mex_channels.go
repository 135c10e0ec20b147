package simulator

import (
	"encoding/json"
	"fmt"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
)

// channelVariables are what the queries about channels come with.
type channelVariables struct {
	ID       types.JID        `json:"newsletter_id"`
	User     types.JID        `json:"user_id"`
	Viewer   *bool            `json:"fetch_viewer_metadata"`
	Updates  channelUpdates   `json:"updates"`
	Creation *channelCreation `json:"newsletter_input"`
	Input    struct {
		channelCreation
		Key   string `json:"key"`
		Type  string `json:"type"`
		Limit int    `json:"limit"`
		Count int    `json:"count"`
		// In this form too, when subscribers are asked for.
		ID types.JID `json:"newsletter_id"`
	} `json:"input"`
}

type channelCreation struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Picture     []byte `json:"picture"`
}

type channelUpdates struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Picture     *[]byte `json:"picture"` // empty removes it
	Settings    *struct {
		Reactions *struct {
			Value newsletters.Reactions `json:"value"`
		} `json:"reaction_codes"`
	} `json:"settings"`
}

// channelMex is a query about channels whose variables are decoded.
type channelMex func(d *device, v channelVariables) (data any, err error)

// mexChannel gives what answers a query about channels by its number, or nil. The numbers are those of whatsmeow
// (newsletter.go, for browsers and for other clients) and Baileys (Types/Mex.ts); they change with WhatsApp's releases
// and the old ones go on working.
func (s *Server) mexChannel(id string) channelMex {
	switch id {
	case "6563316087068696", "7272540469429201", "9779843322044422", "6620195908089573":
		return s.mexChannelInfo
	case "6388546374527196":
		return s.mexFollowed
	case "8621797084555037":
		return s.mexFollowedOrFollow
	case "6234210096708695", "27527996220149684", "8823471724422422", "6996806640408138":
		return s.mexCreateChannel
	case "9926858900719341", "24404358912487870", "7871414976211147":
		return s.mexFollow
	case "6392786840836363", "8782612271820087", "9767147403369991", "7238632346214362":
		return s.mexUnfollow
	case "6274038279359549", "5971669009605755", "29766401636284406", "25151904754424642":
		return s.mexMute(true, "xwa2_newsletter_mute_v2")
	case "6068417879924485", "6104029483058502", "9864994326891137", "7337137176362961":
		return s.mexMute(false, "xwa2_newsletter_unmute_v2")
	default:
		return s.mexChannelAdmin(id)
	}
}

// mexChannelAdmin goes on with what those who run a channel ask, and with directories.
func (s *Server) mexChannelAdmin(id string) channelMex {
	switch id {
	case "7150902998257522", "7839742399440946", "24250201037901610":
		return s.mexUpdateChannel
	case "30062808666639665", "8316537688363079":
		return s.mexDeleteChannel
	case "7130823597031706":
		return s.mexAdminCount
	case "7341777602580933":
		return s.mexChangeOwner
	case "6551828931592903":
		return s.mexDemote
	case "9800646650009898", "25403502652570342", "9783111038412085":
		return s.mexSubscribers
	case "7263823273662354", "27256776790637714":
		return s.mexDirectory("xwa2_newsletters_recommended")
	case "6190824427689257":
		return s.mexDirectory("xwa2_newsletters_directory_list")
	default:
		return nil
	}
}

// decoded makes a handler that takes variables as they came.
func (handle channelMex) decoded() mexHandler {
	return func(d *device, variables json.RawMessage) (any, error) {
		var v channelVariables
		if len(variables) > 0 {
			if err := json.Unmarshal(variables, &v); err != nil {
				return nil, fmt.Errorf("%w variables: %w", ErrInvalid, err)
			}
		}
		if v.ID.IsEmpty() {
			v.ID = v.Input.ID
		}
		return handle(d, v)
	}
}

// channelID checks that a query names a channel.
func (v channelVariables) channelID() (string, error) {
	if v.ID.Server != types.NewsletterServer || v.ID.User == "" {
		return "", fmt.Errorf("%w newsletter_id", ErrInvalid)
	}
	return v.ID.User, nil
}

func under(field string, value any) map[string]any { return map[string]any{field: value} }

func (s *Server) mexChannelInfo(d *device, v channelVariables) (any, error) {
	info, err := s.findChannel(v.Input.Key, d.account.lid)
	if err != nil {
		return nil, err
	}
	return under("xwa2_newsletter", s.channelData(info, v.Viewer != nil && *v.Viewer)), nil
}

func (s *Server) mexFollowed(d *device, _ channelVariables) (any, error) {
	list := []any{}
	for _, info := range s.newsletters.Followed(d.account.lid) {
		list = append(list, s.channelData(info, true))
	}
	return under("xwa2_newsletter_subscribed", list), nil
}

// mexFollowedOrFollow answers a number that whatsmeow gives to two queries of clients that are no browsers.
func (s *Server) mexFollowedOrFollow(d *device, v channelVariables) (any, error) {
	if v.ID.IsEmpty() {
		return s.mexFollowed(d, v)
	}
	return s.mexFollow(d, v)
}

func (s *Server) mexCreateChannel(d *device, v channelVariables) (any, error) {
	wanted := v.Input.channelCreation
	if v.Creation != nil {
		wanted = *v.Creation
	}
	info, err := s.createChannel(d, wanted.Name, wanted.Description, wanted.Picture)
	if err != nil {
		return nil, err
	}
	return under("xwa2_newsletter_create", s.channelData(info, true)), nil
}

func (s *Server) mexFollow(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err == nil {
		err = s.followChannel(d, id)
	}
	if err != nil {
		return nil, err
	}
	return s.acted(d, id, "xwa2_newsletter_join_v2")
}

func (s *Server) mexUnfollow(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err == nil {
		err = s.unfollowChannel(d, id)
	}
	if err != nil {
		return nil, err
	}
	return s.acted(d, id, "xwa2_newsletter_leave_v2")
}

func (s *Server) mexMute(on bool, field string) channelMex {
	return func(d *device, v channelVariables) (any, error) {
		id, err := v.channelID()
		if err == nil {
			err = s.muteChannel(d, id, on)
		}
		if err != nil {
			return nil, err
		}
		return s.acted(d, id, field)
	}
}

// acted answers what changed a channel, or somebody's place in it.
func (s *Server) acted(d *device, id, field string) (any, error) {
	info, err := s.newsletters.Get(id, d.account.lid)
	if err != nil {
		return nil, channelError(err)
	}
	return under(field, map[string]any{"id": channelJID(id), "state": map[string]any{"type": info.State}}), nil
}

func (s *Server) mexUpdateChannel(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err != nil {
		return nil, err
	}
	change := newsletters.Change{Name: v.Updates.Name, Description: v.Updates.Description}
	if v.Updates.Settings != nil && v.Updates.Settings.Reactions != nil {
		change.Reactions = &v.Updates.Settings.Reactions.Value
	}
	info, err := s.updateChannel(d, id, change, v.Updates.Picture)
	if err != nil {
		return nil, err
	}
	return under("xwa2_newsletter_update", s.channelData(info, false)), nil
}

func (s *Server) mexDeleteChannel(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err == nil {
		err = s.deleteChannel(d, id)
	}
	if err != nil {
		return nil, err
	}
	return s.acted(d, id, "xwa2_newsletter_delete_v2")
}

func (s *Server) mexAdminCount(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err != nil {
		return nil, err
	}
	if _, err = s.newsletters.Get(id, d.account.lid); err != nil {
		return nil, channelError(err)
	}
	return under("xwa2_newsletter_admin", map[string]any{"id": channelJID(id), "admin_count": s.newsletters.Admins(id)}), nil
}

// channelUser finds whom a query about a channel's admins names.
func (s *Server) channelUser(v channelVariables) (*account, error) {
	a := s.directory.find(bare(v.User))
	if a == nil {
		return nil, fmt.Errorf("user_id %w", ErrNotFound)
	}
	return a, nil
}

func (s *Server) mexChangeOwner(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err != nil {
		return nil, err
	}
	who, err := s.channelUser(v)
	if err != nil {
		return nil, err
	}
	if err = s.newsletters.Transfer(id, d.account.lid, who.lid); err != nil {
		return nil, channelError(err)
	}
	return s.acted(d, id, "xwa2_newsletter_change_owner")
}

func (s *Server) mexDemote(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err != nil {
		return nil, err
	}
	who, err := s.channelUser(v)
	if err == nil {
		err = s.appointAdmin(d, id, who, false)
	}
	if err != nil {
		return nil, err
	}
	return s.acted(d, id, "xwa2_newsletter_demote")
}

// maxSubscribers bounds one answer about who follows a channel.
const maxSubscribers = 5000

// mexSubscribers tells those who run a channel who follows it.
func (s *Server) mexSubscribers(d *device, v channelVariables) (any, error) {
	id, err := v.channelID()
	if err != nil {
		return nil, err
	}
	if _, err = s.newsletters.Get(id, d.account.lid); err != nil {
		return nil, channelError(err)
	}
	if !s.newsletters.Runs(id, d.account.lid) {
		return nil, fmt.Errorf("%w: only its admins see who follows it", ErrRefused)
	}
	limit := maxSubscribers
	if v.Input.Count > 0 {
		limit = min(limit, v.Input.Count)
	}
	edges := []any{}
	for _, member := range s.newsletters.Members(id) {
		if a := s.follower(member.ID); a != nil && len(edges) < limit {
			edges = append(edges, map[string]any{
				"node": map[string]any{"id": a.hid(), "display_name": a.pushName()}, "role": member.Role,
			})
		}
	}
	return under("xwa2_newsletter_subscribers", under("subscribers", under("edges", edges))), nil
}

const (
	directoryPage = 20
	directoryMost = 100
)

func (s *Server) mexDirectory(field string) channelMex {
	return func(d *device, v channelVariables) (any, error) {
		limit := directoryPage
		if v.Input.Limit > 0 {
			limit = min(v.Input.Limit, directoryMost)
		}
		list := []any{}
		for _, info := range s.newsletters.Directory(d.account.lid, limit) {
			list = append(list, s.channelData(info, false))
		}
		return under(field, map[string]any{
			"result": list, "page_info": map[string]any{"hasNextPage": false, "hasPreviousPage": false},
		}), nil
	}
}
