package whatsmeow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// rubbish is what nobody should name a group, a person or a text by.
func rubbish() []string {
	return []string{
		"", " ", "\x00", "a\x00b", "\xff\xfe", "@", "@@", "@g.us", "@lid", "@newsletter", "1@g.us@g.us", "a@g.us", "-1@g.us", "1 2@g.us",
		"12\x00@g.us", "12\xff@lid", "١٢٣@s.whatsapp.net", "27821110001.2:3@s.whatsapp.net", "27821110001:4@s.whatsapp.net", "0@s.whatsapp.net",
		"status@broadcast", "27821110001@c.us", "27821110001@evil.example", "server@s.whatsapp.net", "s.whatsapp.net", "g.us",
		strings.Repeat("9", 5000) + "@g.us", strings.Repeat("9", 5000) + "@s.whatsapp.net", strings.Repeat("9", 5000) + "@newsletter",
		strings.Repeat("x", 100_000), "https://chat.whatsapp.com/", "https://chat.whatsapp.com/\x00", "https://chat.whatsapp.com/a b",
		"https://wa.me/qr/", "https://wa.me/qr/%00", "https://wa.me/message/a/b", "https://whatsapp.com/channel/?", "../../etc/passwd",
		"javascript:alert(1)", "\u202e", "🏡",
	}
}

// calls are one call of every ability's method for a piece of rubbish, which
// stands in every place that takes a text. What takes none gets bad numbers.
func calls(a able, junk string) map[string]func(context.Context) error {
	bad := engine.Address(junk)
	people := []engine.Address{bad}
	group, channel, who := engine.Address("120363000000000001@g.us"), engine.Address("120363000000000001@newsletter"), engine.PhoneAddress(leadNumber)
	data := []byte(junk + "\x89PNG\r\n")
	odd := time.Duration(len(junk)) * time.Minute
	if odd == 0 {
		odd = -time.Second
	}
	return map[string]func(context.Context) error{
		"Group": func(ctx context.Context) error { _, err := a.Group(ctx, bad); return err },
		"CreateGroup members": func(ctx context.Context) error {
			_, _, err := a.CreateGroup(ctx, engine.NewGroup{Subject: "x", Members: people})
			return err
		},
		"CreateGroup community": func(ctx context.Context) error {
			_, _, err := a.CreateGroup(ctx, engine.NewGroup{Subject: "x", Community: bad + "!"})
			return err
		},
		"CreateGroup timer": func(ctx context.Context) error {
			_, _, err := a.CreateGroup(ctx, engine.NewGroup{Subject: "x", Settings: engine.GroupSettings{Timer: int(odd)}})
			return err
		},
		"LeaveGroup":           func(ctx context.Context) error { return a.LeaveGroup(ctx, bad) },
		"ChangeGroup":          func(ctx context.Context) error { return a.ChangeGroup(ctx, bad, engine.GroupChange{Subject: new("x")}) },
		"ChangeGroup timer":    func(ctx context.Context) error { return a.ChangeGroup(ctx, group, engine.GroupChange{Timer: &odd}) },
		"ChangeGroup nothing":  func(ctx context.Context) error { return a.ChangeGroup(ctx, group, engine.GroupChange{}) },
		"SetGroupPicture":      func(ctx context.Context) error { _, err := a.SetGroupPicture(ctx, bad, nil); return err },
		"SetGroupPicture data": func(ctx context.Context) error { _, err := a.SetGroupPicture(ctx, group, data); return err },
		"ChangeMembers": func(ctx context.Context) error {
			_, err := a.ChangeMembers(ctx, bad, engine.MemberAdd, []engine.Address{who})
			return err
		},
		"ChangeMembers action": func(ctx context.Context) error {
			_, err := a.ChangeMembers(ctx, group, engine.MemberAction(junk), []engine.Address{who})
			return err
		},
		"ChangeMembers people": func(ctx context.Context) error {
			_, err := a.ChangeMembers(ctx, group, engine.MemberRemove, people)
			return err
		},
		"ChangeMembers many": func(ctx context.Context) error {
			_, err := a.ChangeMembers(ctx, group, engine.MemberAdd, make([]engine.Address, 300+len(junk)))
			return err
		},
		"InviteLink": func(ctx context.Context) error { _, err := a.InviteLink(ctx, bad, true); return err },
		"PreviewInvite": func(ctx context.Context) error {
			_, err := a.PreviewInvite(ctx, engine.GroupInvite{Link: junk})
			return err
		},
		"PreviewInvite group": func(ctx context.Context) error {
			_, err := a.PreviewInvite(ctx, engine.GroupInvite{Group: bad, Admin: who, Code: "x"})
			return err
		},
		"PreviewInvite admin": func(ctx context.Context) error {
			_, err := a.PreviewInvite(ctx, engine.GroupInvite{Group: group, Admin: bad, Code: "x"})
			return err
		},
		"AcceptInvite": func(ctx context.Context) error {
			_, err := a.AcceptInvite(ctx, engine.GroupInvite{Link: junk})
			return err
		},
		"AcceptInvite code": func(ctx context.Context) error {
			_, err := a.AcceptInvite(ctx, engine.GroupInvite{Group: group, Admin: who, Code: junk})
			return err
		},
		"JoinRequests": func(ctx context.Context) error { _, err := a.JoinRequests(ctx, bad); return err },
		"AnswerJoinRequests": func(ctx context.Context) error {
			_, err := a.AnswerJoinRequests(ctx, bad, true, []engine.Address{who})
			return err
		},
		"AnswerJoinRequests people": func(ctx context.Context) error {
			_, err := a.AnswerJoinRequests(ctx, group, false, people)
			return err
		},
		"CommunityGroups": func(ctx context.Context) error { _, err := a.CommunityGroups(ctx, bad); return err },
		"LinkGroup":       func(ctx context.Context) error { return a.LinkGroup(ctx, group, bad) },
		"UnlinkGroup":     func(ctx context.Context) error { return a.UnlinkGroup(ctx, bad, group) },
		"Channel":         func(ctx context.Context) error { _, err := a.Channel(ctx, bad); return err },
		"ChannelByLink":   func(ctx context.Context) error { _, err := a.ChannelByLink(ctx, junk); return err },
		"CreateChannel data": func(ctx context.Context) error {
			_, err := a.CreateChannel(ctx, engine.NewChannel{Name: "x", Picture: data})
			return err
		},
		"ChangeChannel": func(ctx context.Context) error {
			_, err := a.ChangeChannel(ctx, bad, engine.ChannelChange{Name: new("x")})
			return err
		},
		"ChangeChannel data": func(ctx context.Context) error {
			_, err := a.ChangeChannel(ctx, channel, engine.ChannelChange{Picture: &data})
			return err
		},
		"ChangeChannel empty": func(ctx context.Context) error {
			_, err := a.ChangeChannel(ctx, channel, engine.ChannelChange{})
			return err
		},
		"FollowChannel": func(ctx context.Context) error { return a.FollowChannel(ctx, bad, true) },
		"MuteChannel":   func(ctx context.Context) error { return a.MuteChannel(ctx, bad, true) },
		"ChannelMessages": func(ctx context.Context) error {
			_, err := a.ChannelMessages(ctx, bad, engine.ChannelPage{Count: 1})
			return err
		},
		"ChannelMessages count": func(ctx context.Context) error {
			_, err := a.ChannelMessages(ctx, channel, engine.ChannelPage{Count: 101 + len(junk), Before: -1})
			return err
		},
		"ViewChannelMessages":      func(ctx context.Context) error { return a.ViewChannelMessages(ctx, bad, []int{1}) },
		"ViewChannelMessages ids":  func(ctx context.Context) error { return a.ViewChannelMessages(ctx, channel, []int{-len(junk)}) },
		"ViewChannelMessages none": func(ctx context.Context) error { return a.ViewChannelMessages(ctx, channel, nil) },
		"ReactInChannel":           func(ctx context.Context) error { return a.ReactInChannel(ctx, bad, 1, "x") },
		"ReactInChannel id":        func(ctx context.Context) error { return a.ReactInChannel(ctx, channel, -len(junk), "x") },
		"WatchChannel":             func(ctx context.Context) error { _, err := a.WatchChannel(ctx, bad); return err },
		"OnWhatsApp":               func(ctx context.Context) error { _, err := a.OnWhatsApp(ctx, []string{junk}); return err },
		"OnWhatsApp many":          func(ctx context.Context) error { _, err := a.OnWhatsApp(ctx, make([]string, 101)); return err },
		"PeopleInfo":               func(ctx context.Context) error { _, err := a.PeopleInfo(ctx, people); return err },
		"Picture":                  func(ctx context.Context) error { _, err := a.Picture(ctx, bad, false); return err },
		"DownloadPicture":          func(ctx context.Context) error { _, err := a.DownloadPicture(ctx, bad, true); return err },
		"BusinessProfile":          func(ctx context.Context) error { _, err := a.BusinessProfile(ctx, bad); return err },
		"ResolveLink":              func(ctx context.Context) error { _, err := a.ResolveLink(ctx, junk); return err },
		"SetPicture":               func(ctx context.Context) error { _, err := a.SetPicture(ctx, data); return err },
		"SetPrivacy": func(ctx context.Context) error {
			_, err := a.SetPrivacy(ctx, engine.PrivacyCategory(junk), engine.PrivacyAll)
			return err
		},
		"SetPrivacy value": func(ctx context.Context) error {
			_, err := a.SetPrivacy(ctx, engine.PrivacyCalls, engine.PrivacyValue(junk))
			return err
		},
		"SetDefaultTimer": func(ctx context.Context) error { return a.SetDefaultTimer(ctx, odd) },
		"SetTimer":        func(ctx context.Context) error { return a.SetTimer(ctx, engine.Party{Phone: bad}, 0) },
		"SetTimer room":   func(ctx context.Context) error { return a.SetTimer(ctx, engine.Party{Room: group}, 0) },
		"SetTimer after":  func(ctx context.Context) error { return a.SetTimer(ctx, engine.Party{Phone: who}, odd) },
		"RequestHistory": func(ctx context.Context) error {
			return a.RequestHistory(ctx, engine.HistoryRequest{Chat: engine.Party{LID: bad}, WhatsAppID: "X", At: time.Now(), Count: 5})
		},
		"RequestHistory room": func(ctx context.Context) error {
			return a.RequestHistory(ctx, engine.HistoryRequest{Chat: engine.Party{Room: bad}, WhatsAppID: "X", At: time.Now(), Count: 5})
		},
		"RequestHistory id": func(ctx context.Context) error {
			return a.RequestHistory(ctx, engine.HistoryRequest{Chat: engine.Party{LID: "1@lid"}, WhatsAppID: junk + " ", At: time.Now(), Count: 5})
		},
		"RequestHistory count": func(ctx context.Context) error {
			return a.RequestHistory(ctx, engine.HistoryRequest{Chat: engine.Party{LID: "1@lid"}, WhatsAppID: "X", Count: -len(junk)})
		},
	}
}

// texts are the calls that take any text, which is good or bad for itself.
func texts(a able, junk string) map[string]func(context.Context) error {
	group, channel := engine.Address("120363000000000001@g.us"), engine.Address("120363000000000001@newsletter")
	return map[string]func(context.Context) error{
		"CreateGroup": func(ctx context.Context) error {
			_, _, err := a.CreateGroup(ctx, engine.NewGroup{Subject: junk})
			return err
		},
		"ChangeGroup": func(ctx context.Context) error { return a.ChangeGroup(ctx, group, engine.GroupChange{Subject: &junk}) },
		"ChangeGroup text": func(ctx context.Context) error {
			return a.ChangeGroup(ctx, group, engine.GroupChange{Description: &junk})
		},
		"CreateCommunity": func(ctx context.Context) error {
			_, err := a.CreateCommunity(ctx, engine.NewCommunity{Subject: junk, Description: junk})
			return err
		},
		"CreateChannel": func(ctx context.Context) error {
			_, err := a.CreateChannel(ctx, engine.NewChannel{Name: junk, Description: junk})
			return err
		},
		"ChangeChannel name": func(ctx context.Context) error {
			_, err := a.ChangeChannel(ctx, channel, engine.ChannelChange{Name: &junk})
			return err
		},
		"ChangeChannel text": func(ctx context.Context) error {
			_, err := a.ChangeChannel(ctx, channel, engine.ChannelChange{Description: &junk})
			return err
		},
		"ReactInChannel": func(ctx context.Context) error { return a.ReactInChannel(ctx, channel, 100, junk) },
		"SetAbout":       func(ctx context.Context) error { return a.SetAbout(ctx, junk) },
		"SetPushName":    func(ctx context.Context) error { return a.SetPushName(ctx, junk) },
	}
}

func TestRubbishIsRefusedWithASentence(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	w.phone(t, leadNumber, "Sipho")
	a := s.able(t)
	for _, junk := range rubbish() {
		for name, call := range calls(a, junk) {
			err := call(t.Context())
			what := fmt.Sprintf("%s of %.40q", name, junk)
			require.Error(t, err, what)
			// Well-formed links and codes that lead nowhere are for WhatsApp to refuse.
			require.Contains(t, []engine.Code{engine.CodeInvalid, engine.CodeNotFound, engine.CodeForbidden}, engine.CodeOf(err), "%s: %v", what, err)
			require.NotEmpty(t, engine.MessageOf(err), what)
		}
		for name, call := range texts(a, junk) {
			err := call(t.Context())
			if name == "SetPushName" && engine.CodeOf(err) == engine.CodeUnavailable {
				continue // the phone has not shared the keys of settings yet
			}
			require.NotContains(t, []engine.Code{engine.CodeInternal, engine.CodeUnavailable, engine.CodeTimeout, engine.CodeNotConnected},
				engine.CodeOf(err), "%s of %.40q: %v", name, junk, err)
		}
	}
	require.NotContains(t, s.signalsSoFar(), engine.Disconnected{}, "the connection went on")
	_, err := a.Groups(t.Context())
	require.NoError(t, err)
}

func (m *memory) signalsSoFar() []engine.Signal {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]engine.Signal{}, m.signals...)
}

func TestNothingIsAskedWithoutAConnection(t *testing.T) {
	w := newWorld(t)
	s := w.open(t, "", newMemory())
	a := s.able(t)
	for name, call := range map[string]func() error{
		"groups":   func() error { _, err := a.Groups(t.Context()); return err },
		"channels": func() error { _, err := a.Channels(t.Context()); return err },
		"profile":  func() error { _, err := a.Profile(t.Context()); return err },
		"privacy":  func() error { _, err := a.Privacy(t.Context()); return err },
		"audience": func() error { _, err := a.StatusAudience(t.Context()); return err },
		"link":     func() error { _, err := a.ContactLink(t.Context(), false); return err },
		"timer":    func() error { return a.SetTimer(t.Context(), number(leadNumber), 0) },
	} {
		require.Equal(t, engine.CodeNotConnected, engine.CodeOf(call()), name)
	}
}

func TestRefusalsOfTheNetworkHaveSentences(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	a := s.able(t)
	for _, namespace := range []string{"w:g2", "w:mex", "usync", "privacy", "w:qr", "w:profile:picture", "status"} {
		for _, code := range []int{429, 500, 501, 503} {
			require.NoError(t, w.sim.Inject(simulator.Fault{
				Kind: simulator.FaultRateLimit, Number: agentNumber, Namespace: namespace, Code: code, Times: 1,
			}))
			refused := map[string]func() error{
				"w:g2":              func() error { _, err := a.Groups(t.Context()); return err },
				"w:mex":             func() error { _, err := a.Channels(t.Context()); return err },
				"usync":             func() error { _, err := a.OnWhatsApp(t.Context(), []string{leadNumber}); return err },
				"privacy":           func() error { _, err := a.Privacy(t.Context()); return err },
				"w:qr":              func() error { _, err := a.ContactLink(t.Context(), false); return err },
				"w:profile:picture": func() error { _, err := a.Picture(t.Context(), engine.PhoneAddress(leadNumber), false); return err },
				"status":            func() error { _, err := a.StatusAudience(t.Context()); return err },
			}[namespace]()
			require.Equal(t, engine.CodeUnavailable, engine.CodeOf(refused), "%s %d: %v", namespace, code, refused)
		}
	}
}

func TestWhoDoesNotAnswerIsNotWaitedForLonger(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	a := s.able(t)
	channel, err := a.CreateChannel(t.Context(), engine.NewChannel{Name: "Flats"})
	require.NoError(t, err)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultSilent, Number: agentNumber, Seconds: 600}))
	for name, call := range map[string]func(context.Context) error{
		"query":    func(ctx context.Context) error { _, err := a.Groups(ctx); return err },
		"mex":      func(ctx context.Context) error { _, err := a.Channels(ctx); return err },
		"viewed":   func(ctx context.Context) error { return a.ViewChannelMessages(ctx, channel.Address, []int{100}) },
		"reaction": func(ctx context.Context) error { return a.ReactInChannel(ctx, channel.Address, 100, "x") },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		require.Equal(t, engine.CodeTimeout, engine.CodeOf(call(ctx)), name)
		cancel()
	}
	gone := make(chan error, 1)
	go func() { gone <- a.ViewChannelMessages(context.WithoutCancel(t.Context()), channel.Address, []int{100}) }()
	s.Disconnect()
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(<-gone))
}

func TestCapabilitiesSayWhatTheClientCan(t *testing.T) {
	w := newWorld(t)
	s := w.open(t, "", newMemory())
	can := s.Capabilities()
	for name, one := range map[string]struct{ says, has bool }{
		"groups":      {can.Groups, implements[engine.Groups](s.Client)},
		"communities": {can.Communities, implements[engine.Communities](s.Client)},
		"channels":    {can.Channels, implements[engine.Channels](s.Client)},
		"status":      {can.Status, implements[engine.Statuses](s.Client)},
		"people":      {can.People, implements[engine.People](s.Client)},
		"profile":     {can.Profile, implements[engine.Profiles](s.Client)},
		"timers":      {can.Timers, implements[engine.Timers](s.Client)},
		"history":     {can.HistoryOnDemand, implements[engine.Histories](s.Client)},
	} {
		require.Equal(t, one.has, one.says, name)
	}
}

func implements[A any](client engine.Client) bool {
	_, ok := client.(A)
	return ok
}
