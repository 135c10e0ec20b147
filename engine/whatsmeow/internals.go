package whatsmeow

import (
	"context"
	"encoding/json"
	"fmt"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
)

// The library marks its inner methods as deprecated, for being dangerous. What
// we need of them is here, each with its reason.

// wakeWaiters tells the library that a connection is not coming back. Requests
// that were interrupted wait five seconds for that otherwise (request.go,
// retryFrame). Its public Disconnect says so too, but closes the connection in
// the way that wire avoids.
func wakeWaiters(cli *wm.Client) {
	//lint:ignore SA1019 see above
	cli.DangerousInternals().ExpectDisconnect() //nolint:staticcheck // SA1019: see above
}

// sendPing sends what the library's own pings are, and waits for the answer
// as they do, for at most ten seconds. The library has no public way to ping.
func sendPing(ctx context.Context, cli *wm.Client) {
	//lint:ignore SA1019 see above
	cli.DangerousInternals().SendKeepAlive(ctx) //nolint:staticcheck // SA1019: see above
}

// handleReceipt has the library handle a receipt that came before once more.
func handleReceipt(ctx context.Context, cli *wm.Client, node *waBinary.Node) {
	//lint:ignore SA1019 see above
	cli.DangerousInternals().HandleReceipt(ctx, node) //nolint:staticcheck // SA1019: see above
}

// removeDevice asks WhatsApp to unlink the device. The public Logout also
// closes the connection in the way that wire avoids, and deletes the keys
// while they may be in use.
func removeDevice(ctx context.Context, cli *wm.Client, jid types.JID) error {
	//lint:ignore SA1019 see above
	_, err := cli.DangerousInternals().SendIQ(ctx, wm.DangerousInfoQuery{ //nolint:staticcheck // SA1019: see above
		Namespace: "md",
		Type:      "set",
		To:        types.ServerJID,
		NoRetry:   true,
		Content: []waBinary.Node{{
			Tag:   "remove-companion-device",
			Attrs: waBinary.Attrs{"jid": jid, "reason": "user_initiated"},
		}},
	})
	return err
}

// setGroup makes a query that changes a group.
func setGroup(ctx context.Context, cli *wm.Client, to types.JID, content waBinary.Node) (*waBinary.Node, error) {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().SendGroupIQ(ctx, "set", to, content) //nolint:staticcheck // SA1019: see above
}

// mex makes a GraphQL query for whose purpose the library has no method.
func mex(ctx context.Context, cli *wm.Client, queryID string, variables any) (json.RawMessage, error) {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().SendMexIQ(ctx, queryID, variables) //nolint:staticcheck // SA1019: see above
}

// exchange sends a stanza and waits for the one that answers it, which the
// library's own methods do without looking at their context, or not at all.
// The id is the stanza's.
func exchange(ctx context.Context, cli *wm.Client, id string, stanza waBinary.Node) (*waBinary.Node, error) {
	//lint:ignore SA1019 see above
	inner := cli.DangerousInternals() //nolint:staticcheck // SA1019: see above
	answers := inner.WaitResponse(id)
	if err := inner.SendNode(ctx, stanza); err != nil {
		inner.CancelResponse(id, answers)
		return nil, err
	}
	select {
	case answer := <-answers:
		if answer == nil || answer.Tag == "xmlstreamend" || answer.Tag == "stream:error" {
			return nil, wm.ErrNotConnected
		}
		return answer, nil
	case <-ctx.Done():
		// Not cancelled: the library may be about to send into the channel, which
		// that would close. It forgets it with the connection, as for its own.
		return nil, ctx.Err()
	}
}

// requestID returns an ID for a stanza.
func requestID(cli *wm.Client) string {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().GenerateRequestID() //nolint:staticcheck // SA1019: see above
}

// unifiedSession returns the number that the library makes for a session.
func unifiedSession(cli *wm.Client) string {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().GetUnifiedSessionID() //nolint:staticcheck // SA1019: see above
}

// learn keeps what a part of the history tells the library. The public
// DownloadHistorySync does so too, but has a part in memory three times over.
// (It also keeps names, which we have among our contacts.)
func (s *session) learn(ctx context.Context, rest *waHistorySync.HistorySync) error {
	//lint:ignore SA1019 see above
	inner := s.wm.DangerousInternals() //nolint:staticcheck // SA1019: see above
	if err := inner.StoreNCTSalt(ctx, rest.GetNctSalt()); err != nil {
		return unreadKeys(fmt.Errorf("keep the salt: %w", err))
	}
	if mappings := rest.GetPhoneNumberToLidMappings(); len(mappings) > 0 {
		inner.StoreHistoricalPNLIDMappings(ctx, mappings)
	}
	if rest.GlobalSettings != nil {
		inner.StoreGlobalSettings(ctx, rest.GetGlobalSettings())
	}
	if rest.CompanionMetaNonce != nil {
		inner.StoreCompanionMetaNonce(ctx, rest.GetCompanionMetaNonce())
	}
	return ctx.Err()
}

// messageInfo reads what a message's stanza says of it. The library tells so
// after it has acknowledged one that it can't decrypt: see acks.
func messageInfo(cli *wm.Client, node *waBinary.Node) (*types.MessageInfo, error) {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().ParseMessageInfo(node) //nolint:staticcheck // SA1019: see above
}

// storeSecrets keeps the secrets of messages of the past, and people's tokens.
// See learn.
func storeSecrets(ctx context.Context, cli *wm.Client, conversations []*waHistorySync.Conversation) {
	if len(conversations) > 0 {
		//lint:ignore SA1019 see above
		cli.DangerousInternals().StoreHistoricalMessageSecrets(ctx, conversations) //nolint:staticcheck // SA1019: see above
	}
}

// fetchPatches fetches patches of a collection of app state, with what they
// keep outside themselves. The public FetchAppState moves the version on
// before anybody has stored what changed: see states.
func fetchPatches(ctx context.Context, cli *wm.Client, name appstate.WAPatchName, after uint64, snapshot bool) (*appstate.PatchList, error) {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().FetchAppStatePatches(ctx, name, after, snapshot) //nolint:staticcheck // SA1019: see above
}

// requestStateKeys asks the phone for keys that patches need, each once a day.
func requestStateKeys(ctx context.Context, cli *wm.Client, patches *appstate.PatchList) {
	//lint:ignore SA1019 see above
	cli.DangerousInternals().RequestMissingAppStateKeys(ctx, patches) //nolint:staticcheck // SA1019: see above
}

// tellLibrary lets the library do what it does with a change of app state, and
// returns the event that it would dispatch, or nil.
func tellLibrary(ctx context.Context, cli *wm.Client, name appstate.WAPatchName, m appstate.Mutation, all bool) any {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().DispatchAppState(ctx, name, m, all) //nolint:staticcheck // SA1019: see above
}

// unsubscribePresence ends what SubscribePresence began, for which the library
// has no method though WhatsApp's own clients do it.
func unsubscribePresence(ctx context.Context, cli *wm.Client, jid types.JID) error {
	//lint:ignore SA1019 see above
	return cli.DangerousInternals().SendNode(ctx, waBinary.Node{ //nolint:staticcheck // SA1019: see above
		Tag: "presence", Attrs: waBinary.Attrs{"type": "unsubscribe", "to": jid},
	})
}
