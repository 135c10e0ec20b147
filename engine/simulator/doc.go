// Package simulator is a WhatsApp network in a box: a server that speaks WhatsApp's multi-device web protocol so well
// that an unmodified client pairs with it, logs in and exchanges end-to-end encrypted messages, and phones that people
// in tests and demos write with. A client only has to be pointed at it and to trust its root key (whatsmeow: a
// RoundTripper that rewrites the host, and the variable WACertPubKey).
//
// # Parts
//
//   - Server (server.go, conn.go): listener, connections with a reader and a writer each, the control API (control.go,
//     control_phones.go; its calls are in docs/simulator.md).
//   - internal/noise: handshake, certificates, frames. internal/stanza: binary XML from untrusted peers.
//   - login.go, version.go: what ends a handshake: a login, a refusal, or a registration. Linking: pairing.go, link.go,
//     pair_qr.go, pair_code.go (internal/linkcode), pair_passkey.go (internal/passkey), pair_query.go.
//   - directory.go, account.go, device.go: numbers, their LIDs, their devices and what waits for each device until it
//     is acknowledged. keys.go: published pre-keys. vouch.go, reinstall.go, lid_migration.go: identities and addresses.
//   - trust.go (internal/trust): tokens for trusted contacts, and what a restricted account may still do.
//   - iq*.go, mex*.go: queries. message.go, receipt.go, presence.go: what is relayed between devices.
//   - Phone (phone*.go, messages.go; internal/e2e): device 0 of an account, with its Signal sessions, what it showed to
//     its person, and the settings it shares with linked clients.
//   - chat.go: how people, groups and channels are named. notify.go: notifications. internal/clock: the server's time, which
//     Advance puts ahead.
//   - Messages: content*.go (what a person can write, and how a phone shows and applies what comes), outline.go (what the
//     stanza tells of it), inbox.go (a phone's bounded memory), phone_read.go, phone_peer.go (what a phone gives its own
//     clients); internal/msgsecret seals votes, reactions, comments and edits.
//   - Profiles: about.go, timer.go, iq_picture.go, iq_privacy.go, iq_blocklist.go, and acquaintance.go, which decides who
//     sees what and who is told; internal/privacy, internal/pictures.
//   - Calls (calls.go, call_stanza.go, phone_calls.go, phone_ringing.go): their signalling, without sound.
//   - Groups: groups.go, group_nodes.go, iq_groups.go and iq_groups_set.go (queries and notifications), relay_group.go
//     (messages, receipts and typing), sender_keys.go, phone_group.go and phone_groups.go (what a person can do there),
//     status.go; internal/groups decides.
//   - Channels: channels.go, iq_channel.go, mex_channels.go (queries, notices), relay_channel.go (messages), phone_channel.go,
//     phone_post.go; internal/newsletters decides.
//   - Businesses (business.go, iq_business.go), links and orders (links.go), bots.go, stickers.go.
//   - App state: appstate.go and appstate_blobs.go (the server's side), phone_state*.go (the phone's), phone_chats.go,
//     phone_book.go and phone_settings.go (what a person changes), settings.go and settings_view.go (what the phone
//     believes), dirty.go; internal/appstate has the cryptography.
//   - Media: iq_media.go (hosts), media.go and media_retry.go (a phone's files); internal/media has encryption, the store
//     and its HTTP face. proxied.go and internal/proxy: the same server under WhatsApp's own names.
//   - History: history.go and history_message.go (a past that a phone is given), history_past.go (what it went through
//     itself), history_send.go; internal/history makes the parts.
//   - Faults (faults.go: the kinds and their rules; faults_armed.go: those that wait; faults_play.go: what they do).
//   - Bounds for clients that break the protocol: conn.go, conn_write.go, pending.go, bounds.go, internal/noise, internal/stanza. Fuzz tests
//     (fuzz_test.go and the internal packages) begin with what a real client sent (testdata).
//
// # How messages travel
//
// A phone is a device like a client: both hand the server one ciphertext for each device of the receiver and of the
// sender, and the server passes each on (relay) and learns nothing. A client's stanzas wait in its device until a
// receipt or ack names them; they go out in order, again at each login. A phone takes its stanzas in the goroutine of
// whoever caused them, so there is no queue and nothing to wait for: when SendText returns, every phone has the message
// and every connected client's socket has it queued. No lock is held while a stanza is passed on; a phone's sendMu only
// keeps the person's messages in order and is never taken on receipt.
//
// # Rules kept from the real network
//
// A pairing code lives for its turn (60 s, then 20 s each) and the connection ends with the last. A link code lives for
// six minutes and three tries; how many a number may be asked for, and the answer for a number without an account (404),
// are inferred. A passkey is asked for after the scan or code, and the codes are compared unless the client proves that it
// knows the secret that was scanned. A phone has four linked devices at most; their numbers are never given again, and
// first messages of a device are read only with its phone's signature for a key index that is still valid. A phone that
// is installed anew loses its clients (401 when they are there, 403 when they come) and everybody who asked for its
// devices hears of its new identity. Phones and clients give those whom they write to a token, good for the week and the
// three that follow; restricted accounts write only to those whose token they have (463), and messages that no client
// makes are answered 479. A second connection of a device replaces the first. One-time pre-keys are handed out once.
// Whether a number has an account is answered for the other form of a Brazilian, Mexican or Argentinian one too, with the
// address that the account has; messages need that one.
// Clients get typing and presence only while they are available. Receipts of type "inactive" reach the sender, and are
// no delivery to a person. A message can be edited for 15 minutes (receivers allow 20) and deleted for everyone for 60
// hours, by its author or an admin of its group. What can be seen once is encrypted for phones only. Offline stanzas come once a client says that it is active. A client that is told to go (stream error,
// failure) has half a second to close by itself. A subscription to presence lasts as long as its connection, and brings
// something only of people who know the asker: by their address book, or by a token that they issued. Who hides
// the last-seen time does not see that of others. A blocked person's messages and calls are taken and go nowhere. A
// call rings for 45 s on every device (the length is inferred); one that takes or refuses it silences the others. A
// group's message is encrypted once for all; who lacks the key of its sender gets it in a ciphertext of its own, and when a
// holder leaves the key is made anew. The server tells a sender whose idea of a group's devices is outdated
// (phash). Changes to a group are told to every member's devices, the one that made them too. Somebody removed from a
// group can't come back by its link; a community's announcement group has all its people. In a channel only its
// admins write, in plain text; its followers' devices get each message, its numbers count up from 100, and a message
// that is sent again is published once. Who asked for a channel's live updates hears of reactions, votes and views for
// five minutes. A GraphQL query that fails is answered as a result with errors in it. A business' messages carry its
// certified name to others. App state is written one version after the other; who writes on an old one gets what it
// missed. Its server keeps the last patches and makes snapshots by itself; its key changes when a device is unlinked.
// Uploads carry a token that is good for six hours, and are refused if they are not what their hash says; files can be
// downloaded for 30 days (410 after that; 403 for an address that no host gave out), and a phone uploads again what a
// client asks for. A new client gets, once, the last messages of all chats, names, statuses, 90 days of messages, and a
// year of them if it asked for everything; how many come in the first part unless the client says, and the sizes of parts,
// are inferred. Unknown queries are answered 501, unknown stanzas end the stream.
//
// # Not covered
//
// Methods of whatsmeow's Client and its event types that no test of this package covers, and why:
//
//   - AddEventHandler, AddEventHandlerWithSuccessStatus, RemoveEventHandler, RemoveEventHandlers, DangerousInternals:
//     they arrange the client itself and send nothing.
//   - GenerateMessageID, StoreLIDPNMapping: they read or write the client's own store.
//   - SetMaxParallelRetryReceiptHandling: a limit inside the client.
//   - SetWebsocketHTTPClient, SetPreLoginHTTPClient: how the client reaches a server; every test's client is made with them.
//   - SetSOCKSProxy: the same by a SOCKS proxy; the simulator's proxy speaks HTTP.
//   - SendFBMessage, events.FBMessage: Messenger's and Instagram's messages, which WhatsApp's servers don't carry.
//
// # Sources
//
// whatsmeow (go.mau.fi/whatsmeow, 2026-08-21): handshake.go, pair.go, connectionevents.go, prekeys.go, send.go,
// message.go, retry.go, receipt.go, user.go, notification.go, upload.go, download.go, mediaconn.go, mediaretry.go,
// appstate. Baileys (github.com/WhiskeySockets/Baileys): the
// routing header before the prologue, the comma form of the QR text, the version 2 device list with its signed key
// indexes. WhatsApp Web's modules as published (WAWebHandleAccountSyncNotification, …ContactNotification, …VoipCall, the
// WASmax block list responses) and zapo-js (github.com/vinikjkkj/zapo): what clients do at notifications of the profile,
// versions of privacy and block lists, receipts for calls, reasons for their end. whatsapp-rust
// (github.com/oxidezap/whatsapp-rust, github.com/jlucaso1/whatsapp-rust): group notifications, communities, codes of
// refusals, the meta node of messages, the form of edits. Cobalt (github.com/Auties00/Cobalt, after WhatsApp Web's
// WASmaxInNewsletters… modules): messages of channels, live updates. Signal: go.mau.fi/libsignal and signal.org/docs.
//
// # Not yet
//
// A change of one's number, call logs in history, the full history on demand. Queries for them answer 501, the Go and control API ErrUnsupported.
package simulator
