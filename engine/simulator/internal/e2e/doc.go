// Package e2e is a phone's end-to-end encryption: an identity, pre-keys, Signal sessions and the sender keys of groups,
// kept in memory, with the padding that WhatsApp puts around a message. The cryptography is libsignal's; nothing here is
// safe for concurrent use, its phone holds a lock.
package e2e
