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
// again when the client connects the next time.
//
// A client is not shown as online, so that the agent's phone keeps ringing:
// WhatsApp mutes a phone while a companion is available. It becomes available
// only while it shows 'typing…', which WhatsApp shows for nobody who is
// offline, and for no longer than [typingLimit] without a renewal.
//
// History that a phone offers after linking is acknowledged but not imported
// yet. Messages of groups, broadcast lists, the status feed and channels are
// acknowledged and dropped, in one place: see direct.
//
// An idle seat costs no goroutine and no timer beyond the library's own four.
package whatsmeow
