package simulator_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func harbourCafe() simulator.Business {
	return simulator.Business{
		Name: "Harbour Café", Level: "low", Address: "1 Quay Street", Email: "hello@harbour.example", Description: "Coffee",
		Websites: []string{"https://harbour.example"}, Categories: []simulator.BusinessCategory{{ID: "1", Name: "Café"}},
		Timezone: "Africa/Johannesburg", Hours: []simulator.BusinessHours{
			{Day: "mon", Mode: "specific_hours", Open: 480, Close: 1020}, {Day: "sun", Mode: "open_24h"},
		},
		Options: map[string]string{"cart_enabled": "true"},
	}
}

// TestBusiness meets a business by its profile, its name in user queries and on its messages.
//
// covers: GetBusinessProfile ResolveBusinessMessageLink GetOrderDetails events.BusinessName
func TestBusiness(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, shop := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Sipho")
	c := linked(t, s, agent)
	ctx := patient(t)
	_, err := c.GetBusinessProfile(ctx, shop.JID())
	require.Error(t, err, "a person has none")
	_, err = shop.MessageLink(ctx, "Hi")
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.ErrorIs(t, shop.EndBusiness(ctx), simulator.ErrNotFound)
	require.NoError(t, shop.SetBusiness(ctx, harbourCafe()))

	t.Run("profile", func(t *testing.T) {
		profile, err := c.GetBusinessProfile(ctx, shop.JID())
		require.NoError(t, err)
		require.Equal(t, shop.JID(), profile.JID)
		require.Equal(t, "1 Quay Street", profile.Address)
		require.Equal(t, "hello@harbour.example", profile.Email)
		require.Equal(t, []types.Category{{ID: "1", Name: "Café"}}, profile.Categories)
		require.Equal(t, "Africa/Johannesburg", profile.BusinessHoursTimeZone)
		require.Equal(t, []types.BusinessHoursConfig{
			{DayOfWeek: "mon", Mode: "specific_hours", OpenTime: "480", CloseTime: "1020"}, {DayOfWeek: "sun", Mode: "open_24h"},
		}, profile.BusinessHours)
		require.Equal(t, map[string]string{"cart_enabled": "true"}, profile.ProfileOptions)
		_, err = c.GetBusinessProfile(ctx, types.NewJID("999999999", types.DefaultUserServer))
		require.ErrorIs(t, err, whatsmeow.ErrIQNotFound)
	})
	t.Run("name", func(t *testing.T) {
		found, err := c.IsOnWhatsApp(ctx, []string{"+" + leadNumber, "+" + agentNumber})
		require.NoError(t, err)
		require.Equal(t, "Harbour Café", found[0].VerifiedName.Details.GetVerifiedName())
		require.Equal(t, "low", found[0].VerifiedName.VerifiedLevel)
		require.Nil(t, found[1].VerifiedName)
		_, err = shop.SendText(ctx, agentNumber, "Your table is ready")
		require.NoError(t, err)
		named := await(c, func(e *events.BusinessName) bool { return e.NewBusinessName == "Harbour Café" })
		require.NotNil(t, named.Message)
		m := await(c, text("Your table is ready"))
		require.Equal(t, "smb:wa", m.Info.VerifiedName.Details.GetIssuer())
		require.Equal(t, 1, m.Info.VerifiedName.Version)
		changed := harbourCafe()
		changed.Name = "Harbour Bar"
		require.NoError(t, shop.SetBusiness(ctx, changed))
		info, err := c.GetUserInfo(ctx, []types.JID{shop.JID()})
		require.NoError(t, err)
		require.Len(t, info, 1)
		renamed := await(c, func(e *events.BusinessName) bool { return e.NewBusinessName == "Harbour Bar" })
		require.Nil(t, renamed.Message)
	})
	t.Run("message link", func(t *testing.T) {
		link, err := shop.MessageLink(ctx, "I'd like a table")
		require.NoError(t, err)
		target, err := c.ResolveBusinessMessageLink(ctx, link)
		require.NoError(t, err)
		require.Equal(t, &types.BusinessMessageLinkTarget{
			JID: shop.JID(), PushName: "Sipho", VerifiedName: "Harbour Bar", IsSigned: true, VerifiedLevel: "low",
			Message: "I'd like a table",
		}, target)
		_, err = c.ResolveBusinessMessageLink(ctx, "NOTHING")
		require.ErrorIs(t, err, whatsmeow.ErrBusinessMessageLinkNotFound)
	})
	t.Run("order", func(t *testing.T) {
		order, err := shop.AddOrder(ctx, simulator.Order{Currency: "ZAR", Products: []simulator.Product{
			{ID: "7", Name: "Flat white", Price: 32_000, Quantity: 2, ImageURL: "https://harbour.example/7.jpg", Variant: "large"},
		}})
		require.NoError(t, err)
		details, err := c.GetOrderDetails(ctx, order.ID, order.Token)
		require.NoError(t, err)
		require.Equal(t, types.OrderPrice{Subtotal: 64_000, Total: 64_000, Currency: "ZAR", PriceStatus: "CONFIRMED"}, details.Price)
		require.Equal(t, []types.OrderProduct{{
			ID: "7", ImageID: "7", ImageURL: "https://harbour.example/7.jpg", Price: 32_000, Currency: "ZAR", Name: "Flat white",
			Quantity: 2, VariantInfo: types.VariantInfo{Properties: "large"},
		}}, details.Products)
		_, err = c.GetOrderDetails(ctx, order.ID, base64.StdEncoding.EncodeToString([]byte("wrong")))
		require.ErrorIs(t, err, whatsmeow.ErrIQNotFound)
		_, err = shop.AddOrder(ctx, simulator.Order{Currency: "ZAR"})
		require.ErrorIs(t, err, simulator.ErrInvalid)
	})
	require.NoError(t, shop.EndBusiness(ctx))
	_, is := shop.Business()
	require.False(t, is)
}

func TestBusinessIsChecked(t *testing.T) {
	t.Parallel()
	s := start(t)
	shop := phone(t, s, leadNumber, "Sipho")
	for what, change := range map[string]func(*simulator.Business){
		"no name":    func(b *simulator.Business) { b.Name = "" },
		"long name":  func(b *simulator.Business) { b.Name = strings.Repeat("x", 76) },
		"level":      func(b *simulator.Business) { b.Level = "best" },
		"email":      func(b *simulator.Business) { b.Email = "nowhere" },
		"websites":   func(b *simulator.Business) { b.Websites = []string{"a", "b", "c"} },
		"hours":      func(b *simulator.Business) { b.Hours = append(b.Hours, b.Hours[0]) },
		"closing":    func(b *simulator.Business) { b.Hours[0].Close = 1 },
		"mode":       func(b *simulator.Business) { b.Hours[0].Mode = "never" },
		"option":     func(b *simulator.Business) { b.Options = map[string]string{"no tag": "x"} },
		"long text":  func(b *simulator.Business) { b.Description = strings.Repeat("x", 513) },
		"no unicode": func(b *simulator.Business) { b.Address = "\xff" },
	} {
		b := harbourCafe()
		change(&b)
		require.ErrorIs(t, shop.SetBusiness(patient(t), b), simulator.ErrInvalid, what)
	}
}

// TestSmallQueries asks for what needs no more than a test each.
//
// covers: AcceptTOSNotice GetBotListV2 GetBotProfiles GetContactQRLink ResolveContactQRLink RegisterForPushNotifications GetServerPushNotificationConfig
func TestSmallQueries(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Sipho")
	c := linked(t, s, agent)
	ctx := patient(t)
	t.Run("terms", func(t *testing.T) {
		require.NoError(t, c.AcceptTOSNotice(ctx, "20601218", "5"))
		require.Equal(t, map[string]string{"20601218": "5"}, agent.Notices())
		require.ErrorIs(t, c.AcceptTOSNotice(ctx, "", "5"), whatsmeow.ErrIQBadRequest)
	})
	t.Run("bots", func(t *testing.T) {
		list, err := c.GetBotListV2(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.True(t, list[0].BotJID.IsBot())
		own := simulator.Bot{
			Number: "13135550099", PersonaID: "9$9", Name: "Tides", Description: "Knows the tides", Intro: "Ask",
			Commands: []simulator.BotCommand{{Name: "today", Description: "Today's tides"}},
			Prompts:  []simulator.BotPrompt{{Emoji: "🌊", Text: "When is low tide?"}},
		}
		require.ErrorIs(t, s.SetBots([]simulator.Bot{{Number: leadNumber, PersonaID: "1", Name: "x"}}), simulator.ErrInvalid)
		require.NoError(t, s.SetBots(append(s.Bots(), own)))
		list, err = c.GetBotListV2(ctx)
		require.NoError(t, err)
		require.Len(t, list, 2)
		profiles, err := c.GetBotProfiles(ctx, list)
		require.NoError(t, err)
		require.Equal(t, "Meta AI", profiles[0].Name)
		require.True(t, profiles[0].IsDefault)
		require.Equal(t, types.BotProfileInfo{
			JID: types.NewJID("13135550099", types.DefaultUserServer), Name: "Tides", Description: "Knows the tides",
			PersonaID: "9$9", Prompts: []string{"🌊 When is low tide?"}, CommandsDescription: "Ask",
			Commands: []types.BotProfileCommand{{Name: "today", Description: "Today's tides"}},
		}, profiles[1])
	})
	t.Run("contact link", func(t *testing.T) {
		code, err := c.GetContactQRLink(ctx, false)
		require.NoError(t, err)
		link, err := agent.ContactLink(ctx, false)
		require.NoError(t, err)
		require.Equal(t, "https://wa.me/qr/"+code, link)
		other, err := lead.FollowLink(ctx, link)
		require.NoError(t, err)
		require.Equal(t, simulator.LinkTarget{Number: agentNumber, Name: "Thandi"}, other)
		renewed, err := c.GetContactQRLink(ctx, true)
		require.NoError(t, err)
		require.NotEqual(t, code, renewed)
		_, err = lead.FollowLink(ctx, code)
		require.ErrorIs(t, err, simulator.ErrNotFound)
		theirs, err := lead.ContactLink(ctx, false)
		require.NoError(t, err)
		target, err := c.ResolveContactQRLink(ctx, theirs)
		require.NoError(t, err)
		require.Equal(t, &types.ContactQRLinkTarget{JID: lead.JID(), Type: "contact", PushName: "Sipho"}, target)
		_, err = c.ResolveContactQRLink(ctx, "NOTHING")
		require.ErrorIs(t, err, whatsmeow.ErrContactQRLinkNotFound)
	})
	t.Run("push", func(t *testing.T) {
		answer, err := c.GetServerPushNotificationConfig(ctx)
		require.NoError(t, err)
		settings := answer.GetChildByTag("settings")
		key, err := base64.RawURLEncoding.DecodeString(settings.AttrGetter().String("webserverkey"))
		require.NoError(t, err)
		require.Len(t, key, 65)
		for _, config := range []whatsmeow.PushConfig{
			&whatsmeow.FCMPushConfig{Token: "token"}, &whatsmeow.APNsPushConfig{Token: "token"},
			&whatsmeow.WebPushConfig{Endpoint: "https://push.example/1", Auth: []byte{1}, P256DH: []byte{2}},
		} {
			require.NoError(t, c.RegisterForPushNotifications(ctx, config))
		}
		require.Equal(t, "web", agent.Devices()[0].Push)
		require.ErrorIs(t, c.RegisterForPushNotifications(ctx, &whatsmeow.FCMPushConfig{}), whatsmeow.ErrIQBadRequest)
	})
}
