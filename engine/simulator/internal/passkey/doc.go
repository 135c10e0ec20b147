// Package passkey is what a server and a phone do when linking a client asks for the account's passkey: the server's
// WebAuthn challenge and the check of its answer, and the phone's half of the key exchange that follows, in which the
// client commits itself to a nonce before it learns the phone's, so that a short code that both show proves that nobody
// sits between them. It knows nothing of stanzas.
//
// Sources: whatsmeow's pair-passkey.go, which is the client's half; W3C Web Authentication level 2, §7.2 (verifying an
// assertion); the options as Baileys' tests have them from the real server (rpId, timeout, user verification).
package passkey
