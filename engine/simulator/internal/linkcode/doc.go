// Package linkcode is the phone's half of linking a client by an eight-character code: it opens what the client wrapped
// with the code, answers in kind, and derives the secret that authenticates the link. It knows nothing of stanzas.
//
// Source: whatsmeow's pair-code.go, which is the client's half.
package linkcode
