// Package appstate is the cryptography and the bookkeeping of WhatsApp's app state: settings that all devices of an
// account share through a server that can't read them.
//
// A collection is a dictionary from an index (a JSON array such as ["mute", "<chat>"]) to an action. It changes by
// numbered patches. Replica is a device's view of one: it makes patches, and reads others' after checking every MAC.
// Log is the server's view: ciphertexts only, each known by the MAC of its index.
//
// How keys are expanded, what each MAC covers, and the LTHash are as in whatsmeow's appstate package (keys.go, hash.go,
// decode.go, encode.go, lthash) and in Baileys' chat-utils.ts. How keys are numbered and which of two is newer, that a
// new key's SET of an index goes with a REMOVE of the old key's record, and the bound on mutations inside a patch are
// as in WhatsApp Web (WAWebSyncdKeyManagement, WAWebSyncdRequestBuilderBuild, WAWebSyncdMMSUpload).
//
// Who makes a snapshot: no client library uploads one, and every patch carries the MAC of the state after it
// (snapshotMAC) with the key for it, which is all that a snapshot's own MAC says. So the server can put a snapshot
// together from the records that it has and the last patch's MAC, without being able to read or forge it; Log does so.
package appstate
