package whatsmeow

import (
	"context"

	wm "go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
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
