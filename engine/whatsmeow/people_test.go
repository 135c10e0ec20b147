package whatsmeow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func TestWhoIsOnWhatsApp(t *testing.T) {
	w := newWorld(t)
	a := w.pair(t, w.phone(t, agentNumber, "Thandi")).able(t)
	lead := w.phone(t, leadNumber, "Sipho")
	shop := w.phone(t, thirdNumber, "Baobab")
	require.NoError(t, shop.SetBusiness(t.Context(), simulator.Business{Name: "Baobab Estates"}))
	list, err := a.OnWhatsApp(t.Context(), []string{thirdNumber, "27800000000", leadNumber})
	require.NoError(t, err)
	require.Equal(t, []engine.NumberInfo{
		{Number: thirdNumber, OnWhatsApp: true, Person: new(person(shop)), BusinessName: "Baobab Estates"},
		{Number: "27800000000"},
		{Number: leadNumber, OnWhatsApp: true, Person: new(person(lead))},
	}, list)
}

func TestWhatWhatsAppShowsOfPeople(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, lead, shop := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho"), w.phone(t, thirdNumber, "Baobab")
	a := w.pair(t, agent).able(t)
	require.NoError(t, lead.SetAbout(ctx, "At the harbour"))
	id, err := lead.SetPicture(ctx, jpegPicture(t))
	require.NoError(t, err)
	require.NoError(t, shop.SetBusiness(ctx, simulator.Business{
		Name: "Baobab Estates", Email: "info@baobab.example", Address: "1 Long Street",
		Categories: []simulator.BusinessCategory{{ID: "1", Name: "Estate agent"}},
		Timezone:   "Africa/Johannesburg", Hours: []simulator.BusinessHours{{Day: "mon", Mode: "specific_hours", Open: 480, Close: 1020}},
	}))
	for range 2 { // before and after the LIDs are known
		list, err := a.PeopleInfo(ctx, []engine.Address{lidOf(lead), engine.PhoneAddress("27800000000"), engine.PhoneAddress(thirdNumber)})
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, lidOf(lead), list[0].LID)
		require.Equal(t, "At the harbour", list[0].About)
		require.Equal(t, id, list[0].PictureID)
		require.Equal(t, 1, list[0].Devices)
		require.Equal(t, person(shop), list[1].Person)
		require.Equal(t, "Baobab Estates", list[1].BusinessName)
		_, err = a.OnWhatsApp(ctx, []string{leadNumber})
		require.NoError(t, err)
	}

	whole, err := a.DownloadPicture(ctx, engine.PhoneAddress(leadNumber), false)
	require.NoError(t, err)
	_, data := lead.Picture()
	require.Equal(t, engine.PictureFile{ID: id, MIMEType: "image/jpeg", Data: data}, whole)
	preview, err := a.Picture(ctx, lidOf(lead), true)
	require.NoError(t, err)
	require.True(t, preview.Preview)
	require.NotEmpty(t, preview.URL)
	_, err = a.Picture(ctx, lidOf(shop), false)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	require.NoError(t, lead.SetPrivacy(ctx, "profile", "none"))
	_, err = a.Picture(ctx, lidOf(lead), false)
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(err))
	require.NoError(t, lead.RemovePicture(ctx))

	profile, err := a.BusinessProfile(ctx, engine.PhoneAddress(thirdNumber))
	require.NoError(t, err)
	require.Equal(t, engine.BusinessProfile{
		Person: person(shop), Email: "info@baobab.example", Address: "1 Long Street", Categories: []string{"Estate agent"},
		Timezone: "Africa/Johannesburg", Hours: []engine.BusinessHours{{Day: "mon", Mode: "specific_hours", Open: "480", Close: "1020"}},
	}, profile)
	_, err = a.BusinessProfile(ctx, lidOf(lead))
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}

func TestLinksToPeople(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, shop := w.phone(t, agentNumber, "Thandi"), w.phone(t, thirdNumber, "Baobab")
	a := w.pair(t, agent).able(t)
	require.NoError(t, shop.SetBusiness(ctx, simulator.Business{Name: "Baobab Estates"}))
	_, err := a.OnWhatsApp(ctx, []string{thirdNumber}) // from which the LID is known
	require.NoError(t, err)
	link, err := shop.MessageLink(ctx, "I saw the flat")
	require.NoError(t, err)
	target, err := a.ResolveLink(ctx, link)
	require.NoError(t, err)
	named := person(shop)
	named.Name = "Baobab"
	require.Equal(t, engine.LinkTarget{Person: named, Kind: engine.LinkMessage, BusinessName: "Baobab Estates", Text: "I saw the flat"}, target)

	own, err := a.ContactLink(ctx, false)
	require.NoError(t, err)
	found, err := shop.FollowLink(ctx, own)
	require.NoError(t, err)
	require.Equal(t, agentNumber, found.Number)
	renewed, err := a.ContactLink(ctx, true)
	require.NoError(t, err)
	require.NotEqual(t, own, renewed)
	_, err = a.ResolveLink(ctx, own)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	theirs, err := shop.ContactLink(ctx, false)
	require.NoError(t, err)
	target, err = a.ResolveLink(ctx, theirs)
	require.NoError(t, err)
	require.Equal(t, engine.LinkTarget{Person: named, Kind: engine.LinkContact}, target)
}

func TestOwnProfile(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	a := s.able(t)
	require.NoError(t, a.SetAbout(ctx, "Flats and houses"))
	id, err := a.SetPicture(ctx, picture(t, 50, 80))
	require.NoError(t, err)
	seen, err := lead.Look(ctx, agentNumber)
	require.NoError(t, err)
	require.Equal(t, "Flats and houses", seen.About)
	require.Equal(t, id, seen.PictureID)
	profile, err := a.Profile(ctx)
	require.NoError(t, err)
	require.Equal(t, agentNumber, profile.Phone)
	require.Equal(t, lidOf(agent), profile.LID)
	require.Equal(t, "Flats and houses", profile.About)
	require.Equal(t, id, profile.PictureID)
	require.Equal(t, 2, profile.Devices)
	_, err = a.SetPicture(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, a.SetAbout(ctx, ""))
	seen, err = lead.Look(ctx, agentNumber)
	require.NoError(t, err)
	require.Empty(t, seen.About+seen.PictureID)

	require.NoError(t, a.SetDefaultTimer(ctx, 24*time.Hour))
	seen, err = lead.Look(ctx, agentNumber)
	require.NoError(t, err)
	require.Equal(t, 86400, seen.DefaultTimer)

	// The phone shares the keys of settings some time after it was linked.
	require.Eventually(t, func() bool { return a.SetPushName(ctx, "Thandi of Baobab") == nil }, waitLimit, 10*time.Millisecond)
	require.Eventually(t, func() bool { return agent.Name() == "Thandi of Baobab" }, waitLimit, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		profile, err := a.Profile(ctx)
		return err == nil && profile.Name == "Thandi of Baobab"
	}, waitLimit, 10*time.Millisecond)
}

func TestPrivacyIsSet(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	a := s.able(t)
	words := map[engine.PrivacyCategory]string{
		engine.PrivacyLastSeen: "last", engine.PrivacyOnline: "online", engine.PrivacyPicture: "profile", engine.PrivacyAbout: "status",
		engine.PrivacyReadReceipts: "readreceipts", engine.PrivacyGroups: "groupadd", engine.PrivacyCalls: "calladd",
		engine.PrivacyMessages: "messages", engine.PrivacyDefense: "defense", engine.PrivacyStickers: "stickers",
	}
	for category, word := range words {
		for _, value := range engine.PrivacyValues(category) {
			after, err := a.SetPrivacy(ctx, category, value)
			require.NoError(t, err, "%s %s", category, value)
			require.Equal(t, value, privacyOf(after, category), "%s %s", category, value)
			require.NotEmpty(t, agent.Privacy()[word].Value)
		}
	}
	settings, err := a.Privacy(ctx)
	require.NoError(t, err)
	require.Equal(t, engine.PrivacyNobody, settings.LastSeen)
	require.Equal(t, "none", agent.Privacy()["last"].Value)
	told(t, s.memory, func(c engine.AccountChange) bool { return c.Privacy["last"] == "none" })
}

func privacyOf(p engine.Privacy, category engine.PrivacyCategory) engine.PrivacyValue {
	return map[engine.PrivacyCategory]engine.PrivacyValue{
		engine.PrivacyLastSeen: p.LastSeen, engine.PrivacyOnline: p.Online, engine.PrivacyPicture: p.Picture, engine.PrivacyAbout: p.About,
		engine.PrivacyReadReceipts: p.ReadReceipts, engine.PrivacyGroups: p.Groups, engine.PrivacyCalls: p.Calls,
		engine.PrivacyMessages: p.Messages, engine.PrivacyDefense: p.Defense, engine.PrivacyStickers: p.Stickers,
	}[category]
}

func TestStatusAudience(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	a := w.pair(t, agent).able(t)
	audience, err := a.StatusAudience(t.Context())
	require.NoError(t, err)
	require.Equal(t, engine.StatusAudience{Mode: engine.AudienceContacts, People: []engine.Person{}}, audience)
	for choice, mode := range map[simulator.StatusAudience]engine.AudienceMode{
		simulator.StatusExcept: engine.AudienceExcept, simulator.StatusOnly: engine.AudienceOnly,
	} {
		require.NoError(t, agent.SetStatusAudience(choice, leadNumber))
		audience, err = a.StatusAudience(t.Context())
		require.NoError(t, err)
		require.Equal(t, mode, audience.Mode)
		require.Len(t, audience.People, 1)
		require.Equal(t, lidOf(lead), audience.People[0].LID)
	}
}

func TestOlderMessagesAreAskedOfThePhone(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	_, err := lead.SendText(ctx, agentNumber, "Long ago")
	require.NoError(t, err)
	s := w.pair(t, agent)
	_, err = lead.SendText(ctx, agentNumber, "Is it still free?")
	require.NoError(t, err)
	got := s.message(t, "Is it still free?")
	s.until(t, "a first part, with which the phone makes a session", func() bool { return len(s.history) > 0 })
	require.NoError(t, s.able(t).RequestHistory(ctx, engine.HistoryRequest{Chat: got.Chat, WhatsAppID: got.WhatsAppID, At: got.At, Count: 50}))
	s.until(t, "the older part of the chat", func() bool {
		return slices.ContainsFunc(s.history, func(n engine.HistoryNotice) bool { return n.Phase == engine.HistoryOnDemand })
	})
}

func TestMessagesOfAChatDisappear(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	a := w.pair(t, agent).able(t)
	for _, after := range []time.Duration{24 * time.Hour, 0} {
		require.NoError(t, a.SetTimer(ctx, number(leadNumber), after))
		require.NoError(t, a.SetTimer(ctx, number(leadNumber), after), "twice is harmless")
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(lead.Messages(0), func(m simulator.Message) bool {
				return m.Kind == simulator.KindTimer && m.Expires == int(after.Seconds())
			})
		}, waitLimit, 5*time.Millisecond)
	}
}
