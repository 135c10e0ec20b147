// Package whatsmeow is the native WhatsApp client: it speaks WhatsApp's
// multi-device web protocol through the library go.mau.fi/whatsmeow, and is
// the only package that imports that library's client.
//
// A [Provider] holds what all seats share: one store of keys, one transport
// for HTTP and websockets, the version of the web client. A [Client] is one
// seat. Each call of [Client.Connect] makes a session, which lives for one
// connection, has a library client of its own, and tells signals until it is
// over and never afterwards. So a late event of an old connection is never
// taken for one of the new.
//
// Nothing is acknowledged to WhatsApp before the sink has stored it. The
// library acknowledges a stanza when our handler returns true
// (Client.SynchronousAck, AddEventHandlerWithSuccessStatus) and keeps what it
// decrypted until then (EnableDecryptedEventBuffer), since a ciphertext can be
// decrypted only once. A fact that was not stored is delivered by WhatsApp
// again when the client connects the next time. Some things the library
// acknowledges whatever the handler says; then the connection is cut before
// (prompt). What it acknowledges before it tells us is stored when the
// acknowledgement is about to be sent (acks), or asked for anew: app state, the
// block list and the privacy settings on the next connection and by the next
// process (states), a business's name with its next message (book).
//
// A client is not shown as online, so that the agent's phone keeps ringing:
// WhatsApp mutes a phone while a companion is available. It becomes available
// only while it shows 'typing…', which WhatsApp shows for nobody who is
// offline, and for no longer than [typingLimit] without a renewal.
//
// History that a phone offers is stored as a notice before it is acknowledged.
// What it offers is fetched later, for whoever calls [Client.FetchHistory], one
// conversation at a time: a part of a phone's past may be larger than memory.
//
// Messages of groups, broadcast lists, the status feed and channels are facts
// like those of direct chats, with the room as their chat and their writer
// beside it: see rooms.go.
//
// What could not be decrypted waits as a fact of its own. Its sender is asked
// to send it again, and after each login the phone is: see waiting.go.
//
// An idle seat costs no goroutine and no timer beyond the library's own four.
//
// # Keys in memory
//
// By itself the library writes the database of keys twice for each message
// that comes in, in eight statements. Here the keys of a device are kept in
// memory (vault), and what was received is saved in batches: after a second,
// after 128 messages, or with the next thing that must be saved at once. One
// process has a database for itself (store.Exclusive), so that nobody changes
// it behind the memory.
//
// That loses nothing in a crash, for these reasons. They hold for the versions
// in go.mod; file names are those of whatsmeow unless said otherwise.
//
// The database only ever goes from one state that the seat could have crashed
// in to the next: whenever anything of sessions is written, everything that is
// in memory only is written in the same transaction (vault.transact), which
// other devices' changes may share (commits): each is whole in it, or not in it
// at all. What is in memory only is of three kinds.
//
//   - Sessions that moved on by receiving, and by nothing else. The older
//     session in the database can still do what the newer one could. A message
//     that was not acknowledged comes again, and the older session decrypts it
//     as it did the first time. For those that were acknowledged, and don't come
//     again, it skips their keys (libsignal, session.getOrCreateMessageKeys:
//     up to 2,000 in a chain; maxUnsaved keeps us far below). If the other side
//     had begun a new chain, the older session takes that step again, with a new
//     key of our own; that may be another one than before, since nothing was
//     ever sent with the first. And the other side can't be further ahead than
//     one such step, since each needs a message of ours between.
//   - Texts that were decrypted but that the sink has not stored yet. They can
//     be decrypted again, as long as the session in the database has not moved
//     on; when it is saved, they are saved with it, all of them.
//   - The news that the sink has stored a text, so that its row can go. Without
//     it the text is delivered twice, which the sink's store notices by its ID.
//
// Everything else is saved before it takes effect. A session that was read to
// send with, and has received since, is not overwritten: the message is
// encrypted anew (attempt). The library saves the
// sessions that it encrypts with before it sends (send.go,
// encryptMessageForDevices, PutCachedSessions; retry.go and sendfb.go likewise),
// so the other side never sees a key that a crash could have us use again.
// A message that makes a new session is saved at once if it used up a one-time
// key, or if there was no session before: the key's deletion, the session and
// the text in one transaction, as the library does it. Further such messages of
// the same session, which the other side sends until we answer, change no
// more than other messages do (libsignal, Builder.processV3, HasSessionState),
// and one that replaces a session without a one-time key replaces it again from
// the older state in the same way. A session or an identity that is deleted or
// moved to another address, and a changed identity, are saved at once.
//
// The library keeps a hash of each message that was stored for 14 days, to know
// it when it comes again because our acknowledgement was lost. Here the last 64
// are remembered, and then the session itself knows: a key that was used is
// gone, the library ignores the error (signalerror.ErrOldCounter in
// decryptMessages) and acknowledges the message. If a crash has taken that
// from the session too, the text is decrypted again and the sink's store knows
// it. So a row is deleted when its text is stored, and the rows that there are
// are few enough to know them by heart: most messages are received without
// reading the database.
//
// The secrets that most messages carry, with which votes and some edits and
// reactions are read later, go to the sink with their message, which stores
// both in one write, before the message is acknowledged (secretStore). The
// library's table has those of messages that the sink doesn't get.
//
// If the database fails, the vault does what a crash does: it forgets
// everything, and ends the connection before the library can acknowledge what
// it could not decrypt, or ask for it to be sent again. Until a write
// succeeds, nothing is left in memory only, so that failures can't add up to
// more than the keys that a session can skip.
//
// The memory is bounded for each seat, and emptied when the seat has been quiet
// for two minutes.
package whatsmeow
