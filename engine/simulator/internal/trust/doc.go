// Package trust keeps who let whom write to them: trusted-contact tokens with their age, and what an account may still
// do when WhatsApp restricts it. It knows nothing of stanzas.
//
// Sources: whatsmeow's tctoken.go (buckets of seven days, four of them, as WhatsApp's own settings tctoken_duration and
// tctoken_num_buckets); WhiskeySockets/Baileys issue 2441 and pull request 2442 (reach-out time-lock, cap on new chats).
package trust
