// Package noise is the server's half of WhatsApp's transport: a Noise_XX_25519_AESGCM_SHA256 handshake with a two-link
// certificate chain, and length-prefixed, encrypted frames in websocket messages.
//
// The byte order, the prologue ("WA", 6, dictionary version) and the certificate's fields are those that whatsmeow's
// socket package and handshake.go send and check; the optional "ED" routing header before the prologue is the one that
// Baileys' noise handler writes.
package noise
