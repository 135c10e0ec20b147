// Package media is WhatsApp's media network: files that are encrypted before they are uploaded, hosts that take them and
// give them out over HTTP, and the limits and lifetimes of what is stored. It knows nothing of stanzas or chats.
//
//   - kind.go: the kinds of files, their paths, keys and size limits.
//   - cipher.go: encryption and its check.
//   - store.go: what is stored, within bounds. upload.go: files on their way in, and those that were cut off half-way.
//   - sign.go: the tokens that uploads need and the signatures in a file's address.
//   - http.go: the face of the media hosts.
//
// Sources: whatsmeow's upload.go, download.go, mediaconn.go; Baileys' messages-media.ts; whatsapp-rust's upload.rs
// (resumable uploads), Cobalt's MediaPath.java (the paths).
package media
