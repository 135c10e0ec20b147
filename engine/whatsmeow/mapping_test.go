package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

func TestWanted(t *testing.T) {
	t.Parallel()
	for jid, want := range map[types.JID]bool{
		types.NewJID("27821110001", types.DefaultUserServer): true,
		types.NewJID("27821110001", types.HostedServer):      true,
		types.NewJID("123456", types.HiddenUserServer):       true,
		types.NewJID("120363", types.GroupServer):            true,
		types.StatusBroadcastJID:                             true,
		types.NewJID("120363", types.NewsletterServer):       true,
		types.NewJID("13135550002", types.DefaultUserServer): false,
		types.NewJID("1", types.BotServer):                   false,
		types.PSAJID:                                         false,
		types.EmptyJID:                                       false,
	} {
		require.Equal(t, want, wanted(types.MessageSource{Chat: jid}), jid.String())
	}
	list, lead := types.NewJID("16500", types.BroadcastServer), types.NewJID("1", types.DefaultUserServer)
	require.True(t, wanted(types.MessageSource{Chat: list, Sender: lead, IsGroup: true}), "it is seen in the chat with the sender")
	require.False(t, wanted(types.MessageSource{Chat: list, IsGroup: true}))
	require.True(t, wanted(types.MessageSource{Chat: list, Sender: lead, IsGroup: true, IsFromMe: true}))
}

func TestAddress(t *testing.T) {
	t.Parallel()
	require.Equal(t, engine.Address("27821110001@s.whatsapp.net"), address(types.JID{User: "27821110001", Device: 4, Server: types.DefaultUserServer}))
	require.Equal(t, engine.Address("27821110001@s.whatsapp.net"), address(types.NewJID("27821110001", types.HostedServer)))
	require.Equal(t, engine.Address("123@lid"), address(types.NewJID("123", types.HiddenUserServer)))
	require.Empty(t, address(types.NewJID("120363", types.GroupServer)))
}

func TestRecipient(t *testing.T) {
	t.Parallel()
	jid, err := recipient(engine.Party{Phone: "27821110001@s.whatsapp.net", LID: "123@lid"})
	require.NoError(t, err)
	require.Equal(t, types.NewJID("123", types.HiddenUserServer), jid)
	jid, err = recipient(engine.Party{Room: "120363@g.us"})
	require.NoError(t, err)
	require.Equal(t, types.NewJID("120363", types.GroupServer), jid)
	for _, bad := range []engine.Party{{}, {Phone: "120363@g.us"}, {Phone: "@s.whatsapp.net"}, {LID: "1:2:3@lid"}, {Room: "@g.us"}} {
		_, err := recipient(bad)
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), bad)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a\uFFFDb", clean("a\xff\x00b"))
	require.Empty(t, pushName("-"))
	require.Equal(t, "Sipho", pushName("Sipho"))
}

func TestProgress(t *testing.T) {
	t.Parallel()
	type result struct {
		delivery   engine.Delivery
		fromMe, ok bool
	}
	for _, test := range []struct {
		kind types.ReceiptType
		mine bool
		want result
	}{
		{types.ReceiptTypeDelivered, false, result{engine.Delivered, false, true}},
		{types.ReceiptTypeRead, false, result{engine.Read, false, true}},
		{types.ReceiptTypeRead, true, result{engine.Read, true, true}},
		{types.ReceiptTypeReadSelf, true, result{engine.Read, true, true}},
		{types.ReceiptTypePlayed, false, result{engine.Played, false, true}},
		{types.ReceiptTypePlayedSelf, true, result{engine.Played, true, true}},
	} {
		delivery, fromMe, ok := progress(&events.Receipt{Type: test.kind, MessageSource: types.MessageSource{IsFromMe: test.mine}})
		require.Equal(t, test.want, result{delivery, fromMe, ok}, test.kind)
	}
	_, _, ok := progress(&events.Receipt{MessageSource: types.MessageSource{IsFromMe: true}})
	require.False(t, ok)
	for _, kind := range []types.ReceiptType{
		types.ReceiptTypeSender, types.ReceiptTypeRetry, types.ReceiptTypeInactive, types.ReceiptTypeServerError,
		types.ReceiptTypePeerMsg, types.ReceiptTypeHistorySync, "something new",
	} {
		_, _, ok := progress(&events.Receipt{Type: kind})
		require.False(t, ok, kind)
	}
}

func TestRequestError(t *testing.T) {
	t.Parallel()
	server := func(code int) error { return fmt.Errorf("%w %d", wm.ErrServerReturnedError, code) }
	for _, test := range []struct {
		err  error
		want engine.Code
	}{
		{server(463), engine.CodeRestricted},
		{server(403), engine.CodeRestricted},
		{server(404), engine.CodeNotOnWhatsApp},
		{server(429), engine.CodeTooMany},
		{server(479), engine.CodeInvalid},
		{server(500), engine.CodeUnavailable},
		{server(503), engine.CodeUnavailable},
		{wm.ErrServerReturnedError, engine.CodeUnavailable},
		{wm.ErrNotConnected, engine.CodeNotConnected},
		{fmt.Errorf("query: %w", &wm.DisconnectedError{Action: "info query"}), engine.CodeNotConnected},
		{wm.ErrMessageTimedOut, engine.CodeTimeout},
		{wm.ErrIQTimedOut, engine.CodeTimeout},
		{context.DeadlineExceeded, engine.CodeTimeout},
		{&wm.IQError{Code: 429, Text: "rate-overlimit"}, engine.CodeTooMany},
		{wm.ErrRecipientADJID, engine.CodeInvalid},
		{errors.New("27821110001 is odd"), engine.CodeUnavailable},
		{errNotOnWhatsApp(), engine.CodeNotOnWhatsApp},
	} {
		err := requestError(test.err)
		require.Equal(t, test.want, engine.CodeOf(err), test.err)
		require.NotContains(t, engine.MessageOf(err), "27821110001")
		require.NotContains(t, engine.MessageOf(err), "server returned")
	}
}

func TestSignalsOfFailedLogins(t *testing.T) {
	t.Parallel()
	now := time.Now()
	banned := ban(&events.TemporaryBan{Code: events.TempBanBlockedByUsers, Expire: time.Hour}, now)
	require.Equal(t, engine.Banned{Detail: "Too many people blocked this number.", Until: now.Add(time.Hour)}, banned)
	require.True(t, ban(&events.TemporaryBan{Code: 999}, now).Until.IsZero())
	require.IsType(t, engine.Refused{}, connectFailure(&events.ConnectFailure{Reason: events.ConnectFailureBadUserAgent}))
	require.IsType(t, engine.Disconnected{}, connectFailure(&events.ConnectFailure{Reason: events.ConnectFailureExperimental}))
	seen := make(map[string]bool)
	for _, evt := range []*events.LoggedOut{
		{},
		{OnConnect: true, Reason: events.ConnectFailureLoggedOut},
		{OnConnect: true, Reason: events.ConnectFailureMainDeviceGone},
		{OnConnect: true, Reason: events.ConnectFailureUnknownLogout},
	} {
		seen[removalDetail(evt)] = true
	}
	require.Len(t, seen, 4)
}
