package simulator

import (
	"encoding/json"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// mexNotice is a kind of GraphQL notification: the operation that its element names, and the field that the data is in
// (whatsmeow, handleMexNotification; the operations as WhatsApp Web dispatches them, also in Baileys' messages-recv).
type mexNotice struct{ operation, field string }

var (
	mexJoined       = mexNotice{"NotificationNewsletterJoin", "xwa2_notify_newsletter_on_join"}
	mexLeft         = mexNotice{"NotificationNewsletterLeave", "xwa2_notify_newsletter_on_leave"}
	mexMuted        = mexNotice{"NotificationNewsletterMuteChange", "xwa2_notify_newsletter_on_mute_change"}
	mexUpdated      = mexNotice{"NotificationNewsletterUpdate", "xwa2_notify_newsletter_on_metadata_update"}
	mexStateChanged = mexNotice{"NotificationNewsletterStateChange", "xwa2_notify_newsletter_on_state_change"}
	mexPromoted     = mexNotice{"NotificationNewsletterAdminPromote", "xwa2_notify_newsletter_admin_promote"}
	mexDemoted      = mexNotice{"NotificationNewsletterAdminDemote", "xwa2_notify_newsletter_admin_demote"}
)

// mexNotify tells the account's linked clients, except the one that caused it (nil: none did), something in GraphQL's
// words. value is encoded as JSON.
func (a *account) mexNotify(by *device, notice mexNotice, value any) {
	data, err := json.Marshal(map[string]any{"data": map[string]any{notice.field: value}})
	if err != nil {
		a.server.log.Error("GraphQL notification can't be encoded", "operation", notice.operation, "error", err)
		return
	}
	a.notify(by, types.ServerJID, "mex", nil, binary.Node{
		Tag: "update", Attrs: binary.Attrs{"op_name": notice.operation}, Content: data,
	})
}
