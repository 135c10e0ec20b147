// Package history makes what a phone sends a newly linked client of the past: conversations in parts of bounded size,
// each compressed, in the phases and the order in which phones send them. It writes the parts piece by piece, so that
// thousands of conversations cost little more than one part; it knows nothing of stanzas, files and keys.
//
//   - chat.go: how conversations are kept between link and link.
//   - parts.go: one part after another is filled and given away.
//   - plan.go: which messages belong to which phase.
//
// Sources: whatsmeow's message.go (DownloadHistorySync and what it stores) and its protobuf definitions; Baileys'
// history.ts; whatsapp-rust's history_sync.rs.
package history
