package simulator

// mexNotice is a kind of GraphQL notification: the operation that its element names, and the field that the data is in
// (whatsmeow, handleMexNotification; the operations as WhatsApp Web dispatches them, also in Baileys' messages-recv).
type mexNotice struct{ operation, field string }

var ( //nolint:gochecknoglobals // constants
	mexJoined       = mexNotice{"NotificationNewsletterJoin", "xwa2_notify_newsletter_on_join"}
	mexLeft         = mexNotice{"NotificationNewsletterLeave", "xwa2_notify_newsletter_on_leave"}
	mexMuted        = mexNotice{"NotificationNewsletterMuteChange", "xwa2_notify_newsletter_on_mute_change"}
	mexUpdated      = mexNotice{"NotificationNewsletterUpdate", "xwa2_notify_newsletter_on_metadata_update"}
	mexStateChanged = mexNotice{"NotificationNewsletterStateChange", "xwa2_notify_newsletter_on_state_change"}
	mexPromoted     = mexNotice{"NotificationNewsletterAdminPromote", "xwa2_notify_newsletter_admin_promote"}
	mexDemoted      = mexNotice{"NotificationNewsletterAdminDemote", "xwa2_notify_newsletter_admin_demote"}
)

// tell notifies the account's linked clients, except the one that caused it (nil: none did).
func (notice mexNotice) tell(a *account, by *device, value any) {
	a.notifyMex(by, notice.operation, map[string]any{notice.field: value})
}
