// Package groups keeps the groups and communities of a WhatsApp network: who is in them, what they may do, and how the
// server answers. It knows nothing of stanzas or connections: every call that alters something returns the Changes that
// the people concerned have to be told of, and every refusal is an *Error with the code that WhatsApp's server gives.
//
// A Registry is safe for concurrent use. It takes the time as an argument, and people under names of the caller's choice.
//
// # Sources
//
// Codes and rules: whatsmeow's errors.go and group.go; the lists of codes in Baileys, whatsapp-web.js (addParticipants:
// 403, 404, 408, 409, 417, 419) and whatsapp-rust (joining: 405, 409, 410, 412, 419, 423; a description is only changed
// by who names the previous one, else 409). Limits: a subject has 100 characters, a description 2048, a group 1024
// members, a community's announcement group 5000.
package groups
