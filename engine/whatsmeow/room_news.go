package whatsmeow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// roomEvent stores what happened to a group or a channel.
func (s *session) roomEvent(evt any) bool {
	var news engine.RoomNews
	var again bool
	var err error
	switch evt := evt.(type) {
	case *events.JoinedGroup:
		news, err = s.joined(s.ctx, evt)
		s.rooms.meet(evt.JID)
	case *events.GroupInfo:
		news, again, err = s.changed(s.ctx, evt)
	case *events.NewsletterJoin:
		news = channelNews(&evt.NewsletterMetadata)
		s.rooms.meet(evt.ID)
	case *events.NewsletterLeave:
		state := &engine.RoomState{}
		news = engine.RoomNews{Room: engine.Party{Room: room(evt.ID)}, At: time.Now(), State: state}
	}
	if err != nil || news.Room.Room == "" {
		return s.store(nil, false, err)
	}
	jid, err := roomJID(news.Room.Room)
	if err != nil {
		return true
	}
	s.rooms.telling.Lock()
	s.rooms.count(jid)
	store := s.store
	if jid.Server == types.NewsletterServer {
		store = s.prompt
	}
	stored := store(news, len(news.Changes) > 0 || news.State != nil, nil)
	s.rooms.telling.Unlock()
	switch {
	case !stored:
	case again:
		s.relearn(jid)
	default:
		s.meet(jid)
	}
	return stored
}

// count notes that something is told of a room.
func (r *rooms) count(jid types.JID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.news == nil {
		r.news = make(map[types.JID]int)
	}
	r.news[jid]++
}

func (r *rooms) counted(jid types.JID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.news[jid]
}

// actor notes who did something.
func (s *session) actor(ctx context.Context, news *engine.RoomNews, who, alt *types.JID) error {
	if who == nil || !person(*who) {
		return nil
	}
	if s.isSelf(*who) {
		news.FromMe = true
		return nil
	}
	other := types.EmptyJID
	if alt != nil {
		other = *alt
	}
	var err error
	news.Actor, err = s.party(ctx, *who, other)
	return err
}

// joined reads that the seat is in a group now.
func (s *session) joined(ctx context.Context, evt *events.JoinedGroup) (engine.RoomNews, error) {
	news := engine.RoomNews{Room: engine.Party{Room: room(evt.JID), Name: clean(evt.Name)}, At: time.Now()}
	code := engine.NoticeAdded
	switch {
	case evt.Type == "new":
		code = engine.NoticeCreated
		if !evt.GroupCreated.IsZero() {
			news.At = evt.GroupCreated
		}
	case evt.Reason == "invite":
		code = engine.NoticeJoined
	}
	if err := s.actor(ctx, &news, evt.Sender, evt.SenderPN); err != nil {
		return news, err
	}
	var err error
	news.State, err = s.groupState(ctx, &evt.GroupInfo)
	news.Changes = []engine.RoomChange{{Code: code, Self: true}}
	news.ID = newsID(evt.JID, evt.ParticipantVersionID, evt.CreateKey, evt.Reason, string(code))
	return news, err
}

// groupState reads a group as a whole.
func (s *session) groupState(ctx context.Context, info *types.GroupInfo) (*engine.RoomState, error) {
	state := &engine.RoomState{
		Description: clean(info.Topic), Announce: info.IsAnnounce, Locked: info.IsLocked, Approval: info.IsJoinApprovalRequired,
		Community: room(info.LinkedParentJID), FoundedAt: info.GroupCreated,
	}
	if info.IsEphemeral {
		state.Timer = int(info.DisappearingTimer)
	}
	if info.AddressingMode != "" {
		s.rooms.learn(info.JID, addressing(info.AddressingMode))
	}
	for _, p := range info.Participants {
		role := engine.RoleMember
		switch {
		case p.IsSuperAdmin:
			role = engine.RoleSuperAdmin
		case p.IsAdmin:
			role = engine.RoleAdmin
		}
		if s.isSelf(p.JID) || s.isSelf(p.LID) || s.isSelf(p.PhoneNumber) {
			state.Role = role
			continue
		}
		if !person(p.JID) {
			continue
		}
		alt := p.LID
		if p.JID.Server == types.HiddenUserServer {
			alt = p.PhoneNumber
		}
		who, err := s.party(ctx, p.JID, alt)
		if err != nil {
			return nil, err
		}
		state.Members = append(state.Members, engine.RoomMember{Party: who, Role: role})
	}
	return state, nil
}

// changed reads what happened to a group. again says that it has to be looked
// up, since that doesn't tell all.
func (s *session) changed(ctx context.Context, evt *events.GroupInfo) (news engine.RoomNews, again bool, err error) {
	news = engine.RoomNews{Room: engine.Party{Room: room(evt.JID)}, At: evt.Timestamp}
	if err := s.actor(ctx, &news, evt.Sender, evt.SenderPN); err != nil {
		return news, false, err
	}
	if evt.Name != nil {
		news.Room.Name = clean(evt.Name.Name)
	}
	news.Changes = settings(evt)
	for _, list := range []struct {
		code   engine.NoticeCode
		people []types.JID
	}{
		{engine.NoticeAdded, evt.Join},
		{engine.NoticeRemoved, evt.Leave},
		{engine.NoticePromoted, evt.Promote},
		{engine.NoticeDemoted, evt.Demote},
		{engine.NoticeRequested, requested(evt)},
		{engine.NoticeWithdrawn, named(evt.UnknownChanges, "revoked_membership_requests")},
	} {
		change, err := s.membership(ctx, list.code, list.people, evt)
		if err != nil {
			return news, false, err
		}
		if change != nil {
			news.Changes = append(news.Changes, *change)
		}
	}
	words := []string{evt.ParticipantVersionID, strconv.FormatInt(evt.Timestamp.Unix(), 10), evt.Notify}
	for _, c := range news.Changes {
		words = append(words, string(c.Code), c.Value, fmt.Sprint(c.Self))
		for _, p := range c.People {
			words = append(words, string(p.LID), string(p.Phone))
		}
	}
	news.ID = newsID(evt.JID, words...)
	return news, evt.MembershipApprovalMode != nil || evt.Link != nil || evt.Unlink != nil, nil
}

// settings are the changes of a group that concern nobody.
func settings(evt *events.GroupInfo) []engine.RoomChange {
	var changes []engine.RoomChange
	add := func(code engine.NoticeCode, value string) {
		changes = append(changes, engine.RoomChange{Code: code, Value: clean(value)})
	}
	onOff := map[bool]string{true: "on", false: "off"}
	if evt.Name != nil {
		add(engine.NoticeSubject, evt.Name.Name)
	}
	if evt.Topic != nil {
		add(engine.NoticeDescription, evt.Topic.Topic)
	}
	if evt.Announce != nil {
		add(engine.NoticeAnnounce, onOff[evt.Announce.IsAnnounce])
	}
	if evt.Locked != nil {
		add(engine.NoticeLocked, onOff[evt.Locked.IsLocked])
	}
	if evt.MembershipApprovalMode != nil {
		add(engine.NoticeApproval, "") // the library doesn't tell which way
	}
	if evt.Ephemeral != nil {
		add(engine.NoticeTimer, strconv.Itoa(int(evt.Ephemeral.DisappearingTimer)))
	}
	if evt.NewInviteLink != nil {
		add(engine.NoticeLink, "") // the link itself lets people in
	}
	if evt.Suspended || evt.Unsuspended {
		add(engine.NoticeSuspended, onOff[evt.Suspended])
	}
	if evt.Delete != nil {
		add(engine.NoticeDeleted, "")
	}
	return changes
}

// requested are the people who ask to be let into a group: somebody by the
// link, or members for others. The library hands these nodes on as they are.
func requested(evt *events.GroupInfo) []types.JID {
	people := named(evt.UnknownChanges, "created_membership_requests")
	for _, node := range evt.UnknownChanges {
		if node.Tag == "membership_approval_request" && evt.Sender != nil {
			people = append(people, *evt.Sender)
		}
	}
	return people
}

// maxNamed bounds how many people one change may be about.
const maxNamed = 1024

// named are the people in a node of a group's notification.
func named(nodes []*waBinary.Node, tag string) []types.JID {
	var people []types.JID
	for _, node := range nodes {
		if node.Tag != tag {
			continue
		}
		for _, child := range node.GetChildren() {
			if jid, ok := child.Attrs["jid"].(types.JID); ok && len(people) < maxNamed {
				people = append(people, jid)
			}
		}
	}
	return people
}

// membership makes a change that concerns people, or nil if there are none. Who
// did it to themselves came or left.
func (s *session) membership(ctx context.Context, code engine.NoticeCode, people []types.JID, evt *events.GroupInfo) (*engine.RoomChange, error) {
	if len(people) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	own := len(people) == 1 && evt.Sender != nil && (plain(people[0]) == plain(*evt.Sender) ||
		evt.SenderPN != nil && plain(people[0]) == plain(*evt.SenderPN))
	switch {
	case code == engine.NoticeRemoved && own:
		code = engine.NoticeLeft
	case code == engine.NoticeAdded && (own || evt.JoinReason == "invite" || evt.JoinReason == "linked_group_join"):
		code = engine.NoticeJoined
	}
	change := &engine.RoomChange{Code: code}
	for _, jid := range people {
		if s.isSelf(jid) {
			change.Self = true
			continue
		}
		if !person(jid) {
			continue
		}
		who, err := s.party(ctx, jid, types.EmptyJID)
		if err != nil {
			return nil, err
		}
		change.People = append(change.People, who)
	}
	return change, nil
}

// newsID makes the same ID of the same news.
func newsID(jid types.JID, words ...string) string {
	sum := sha256.New()
	for _, word := range append([]string{jid.String()}, words...) {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(word), word)
	}
	return "notice-" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// channelNews reads a channel as a whole.
func channelNews(info *types.NewsletterMetadata) engine.RoomNews {
	state := &engine.RoomState{
		Description: clean(info.ThreadMeta.Description.Text), Followers: info.ThreadMeta.SubscriberCount,
		FoundedAt: info.ThreadMeta.CreationTime.Time,
	}
	if info.ViewerMeta != nil {
		switch info.ViewerMeta.Role {
		case types.NewsletterRoleSubscriber:
			state.Role = engine.RoleMember
		case types.NewsletterRoleAdmin:
			state.Role = engine.RoleAdmin
		case types.NewsletterRoleOwner:
			state.Role = engine.RoleSuperAdmin
		case types.NewsletterRoleGuest:
		}
	}
	return engine.RoomNews{
		Room: engine.Party{Room: room(info.ID), Name: clean(info.ThreadMeta.Name.Text)}, At: time.Now(), State: state,
	}
}
