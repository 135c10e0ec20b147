package api_test

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// ableClient is a client with every ability, which notes what it was called
// with and answers with what is set, or with zero values.
type ableClient struct {
	engine.Client
	called []any
	fail   error
}

func (a *ableClient) note(call ...any) { a.called = append(a.called, call...) }

// last takes what the client was called with.
func (a *ableClient) last() []any {
	called := a.called
	a.called = nil
	return called
}

func (*ableClient) Capabilities() engine.Capabilities { return engine.Capabilities{Groups: true} }

func (a *ableClient) Groups(context.Context) ([]engine.Group, error) { return nil, a.fail }

func (a *ableClient) Group(_ context.Context, group engine.Address) (engine.Group, error) {
	a.note("Group", group)
	return engine.Group{Address: group, Members: []engine.GroupMember{{Person: engine.Person{Phone: "27821234567"}, Role: engine.RoleAdmin}}}, a.fail
}

func (a *ableClient) CreateGroup(_ context.Context, group engine.NewGroup) (engine.Group, []engine.MemberResult, error) {
	a.note("CreateGroup", group)
	return engine.Group{Subject: group.Subject}, []engine.MemberResult{{Outcome: engine.OutcomeInvite}}, a.fail
}

func (a *ableClient) LeaveGroup(_ context.Context, group engine.Address) error {
	a.note("LeaveGroup", group)
	return a.fail
}

func (a *ableClient) ChangeGroup(_ context.Context, group engine.Address, change engine.GroupChange) error {
	a.note("ChangeGroup", group, change)
	return a.fail
}

func (a *ableClient) SetGroupPicture(_ context.Context, group engine.Address, picture []byte) (string, error) {
	a.note("SetGroupPicture", group, string(picture))
	return "7", a.fail
}

func (a *ableClient) ChangeMembers(_ context.Context, group engine.Address, action engine.MemberAction, people []engine.Address) ([]engine.MemberResult, error) {
	a.note("ChangeMembers", group, action, people)
	return []engine.MemberResult{{Outcome: engine.OutcomeDone}}, a.fail
}

func (a *ableClient) InviteLink(_ context.Context, group engine.Address, renew bool) (string, error) {
	a.note("InviteLink", group, renew)
	return "https://chat.whatsapp.com/x", a.fail
}

func (a *ableClient) PreviewInvite(_ context.Context, invite engine.GroupInvite) (engine.Group, error) {
	a.note("PreviewInvite", invite)
	return engine.Group{}, a.fail
}

func (a *ableClient) AcceptInvite(_ context.Context, invite engine.GroupInvite) (engine.Joined, error) {
	a.note("AcceptInvite", invite)
	return engine.Joined{Pending: true}, a.fail
}

func (a *ableClient) JoinRequests(_ context.Context, group engine.Address) ([]engine.JoinRequest, error) {
	a.note("JoinRequests", group)
	return nil, a.fail
}

func (a *ableClient) AnswerJoinRequests(_ context.Context, group engine.Address, approve bool, people []engine.Address) ([]engine.MemberResult, error) {
	a.note("AnswerJoinRequests", group, approve, people)
	return nil, a.fail
}

func (a *ableClient) CreateCommunity(_ context.Context, community engine.NewCommunity) (engine.Group, error) {
	a.note("CreateCommunity", community)
	return engine.Group{Community: true}, a.fail
}

func (a *ableClient) CommunityGroups(_ context.Context, community engine.Address) ([]engine.CommunityGroup, error) {
	a.note("CommunityGroups", community)
	return nil, a.fail
}

func (a *ableClient) LinkGroup(_ context.Context, community, group engine.Address) error {
	a.note("LinkGroup", community, group)
	return a.fail
}

func (a *ableClient) UnlinkGroup(_ context.Context, community, group engine.Address) error {
	a.note("UnlinkGroup", community, group)
	return a.fail
}

func (a *ableClient) Channels(context.Context) ([]engine.Channel, error) { return nil, a.fail }

func (a *ableClient) Channel(_ context.Context, channel engine.Address) (engine.Channel, error) {
	a.note("Channel", channel)
	return engine.Channel{Address: channel}, a.fail
}

func (a *ableClient) ChannelByLink(_ context.Context, link string) (engine.Channel, error) {
	a.note("ChannelByLink", link)
	return engine.Channel{}, a.fail
}

func (a *ableClient) CreateChannel(_ context.Context, channel engine.NewChannel) (engine.Channel, error) {
	a.note("CreateChannel", channel)
	return engine.Channel{}, a.fail
}

func (a *ableClient) ChangeChannel(_ context.Context, channel engine.Address, change engine.ChannelChange) (engine.Channel, error) {
	a.note("ChangeChannel", channel, change)
	return engine.Channel{}, a.fail
}

func (a *ableClient) FollowChannel(_ context.Context, channel engine.Address, follow bool) error {
	a.note("FollowChannel", channel, follow)
	return a.fail
}

func (a *ableClient) MuteChannel(_ context.Context, channel engine.Address, mute bool) error {
	a.note("MuteChannel", channel, mute)
	return a.fail
}

func (a *ableClient) ChannelMessages(_ context.Context, channel engine.Address, page engine.ChannelPage) ([]engine.ChannelMessage, error) {
	a.note("ChannelMessages", channel, page)
	return []engine.ChannelMessage{{ServerID: 5, Reactions: map[string]int{"🏡": 2}}}, a.fail
}

func (a *ableClient) ViewChannelMessages(_ context.Context, channel engine.Address, serverIDs []int) error {
	a.note("ViewChannelMessages", channel, serverIDs)
	return a.fail
}

func (a *ableClient) ReactInChannel(_ context.Context, channel engine.Address, serverID int, emoji string) error {
	a.note("ReactInChannel", channel, serverID, emoji)
	return a.fail
}

func (a *ableClient) WatchChannel(_ context.Context, channel engine.Address) (time.Duration, error) {
	a.note("WatchChannel", channel)
	return 5 * time.Minute, a.fail
}

func (a *ableClient) OnWhatsApp(_ context.Context, numbers []string) ([]engine.NumberInfo, error) {
	a.note("OnWhatsApp", numbers)
	return []engine.NumberInfo{{Number: numbers[0], OnWhatsApp: true}}, a.fail
}

func (a *ableClient) PeopleInfo(_ context.Context, people []engine.Address) ([]engine.PersonInfo, error) {
	a.note("PeopleInfo", people)
	return nil, a.fail
}

func (a *ableClient) Picture(_ context.Context, of engine.Address, preview bool) (engine.Picture, error) {
	a.note("Picture", of, preview)
	return engine.Picture{ID: "7"}, a.fail
}

func (a *ableClient) DownloadPicture(_ context.Context, of engine.Address, preview bool) (engine.PictureFile, error) {
	a.note("DownloadPicture", of, preview)
	return engine.PictureFile{MIMEType: "image/jpeg", Data: []byte("\xff\xd8\xff")}, a.fail
}

func (a *ableClient) BusinessProfile(_ context.Context, of engine.Address) (engine.BusinessProfile, error) {
	a.note("BusinessProfile", of)
	return engine.BusinessProfile{Categories: []string{}, Hours: []engine.BusinessHours{}}, a.fail
}

func (a *ableClient) ResolveLink(_ context.Context, link string) (engine.LinkTarget, error) {
	a.note("ResolveLink", link)
	return engine.LinkTarget{Kind: engine.LinkContact}, a.fail
}

func (a *ableClient) ContactLink(_ context.Context, renew bool) (string, error) {
	a.note("ContactLink", renew)
	return "https://wa.me/qr/x", a.fail
}

func (a *ableClient) AskAgain(_ context.Context, message engine.Undecrypted) error {
	a.note("AskAgain", message)
	return a.fail
}

func (a *ableClient) Profile(context.Context) (engine.Profile, error) {
	return engine.Profile{}, a.fail
}

func (a *ableClient) SetPushName(_ context.Context, name string) error {
	a.note("SetPushName", name)
	return a.fail
}

func (a *ableClient) SetAbout(_ context.Context, text string) error {
	a.note("SetAbout", text)
	return a.fail
}

func (a *ableClient) SetPicture(_ context.Context, picture []byte) (string, error) {
	a.note("SetPicture", string(picture))
	return "7", a.fail
}

func (a *ableClient) Privacy(context.Context) (engine.Privacy, error) {
	return engine.Privacy{}, a.fail
}

func (a *ableClient) SetPrivacy(_ context.Context, category engine.PrivacyCategory, value engine.PrivacyValue) (engine.Privacy, error) {
	a.note("SetPrivacy", category, value)
	return engine.Privacy{}, a.fail
}

func (a *ableClient) SetDefaultTimer(_ context.Context, after time.Duration) error {
	a.note("SetDefaultTimer", after)
	return a.fail
}

func (a *ableClient) SetTimer(_ context.Context, chat engine.Party, after time.Duration) error {
	a.note("SetTimer", chat.Phone, after)
	return a.fail
}

func (a *ableClient) StatusAudience(context.Context) (engine.StatusAudience, error) {
	return engine.StatusAudience{Mode: engine.AudienceOnly, People: []engine.Person{}}, a.fail
}

func (a *ableClient) RequestHistory(_ context.Context, request engine.HistoryRequest) error {
	a.note("RequestHistory", request.Chat.Phone, request.WhatsAppID, request.Count)
	return a.fail
}

func (a *ableClient) FollowPresence(_ context.Context, who engine.Party) error {
	a.note("FollowPresence", who.Phone)
	return a.fail
}

func (a *ableClient) UnfollowPresence(_ context.Context, who engine.Party) error {
	a.note("UnfollowPresence", who.Phone)
	return a.fail
}

func (a *ableClient) SetAvailable(_ context.Context, on bool) error {
	a.note("SetAvailable", on)
	return a.fail
}

func (a *ableClient) SetRecording(_ context.Context, chat engine.Party, on bool) error {
	a.note("SetRecording", chat.Phone, on)
	return a.fail
}

func (a *ableClient) SetTyping(_ context.Context, chat engine.Party, on bool) error {
	a.note("SetTyping", chat.Phone, on)
	return a.fail
}
