package engine

// Undecrypted is a message that came but could not be decrypted yet: what it takes
// to ask the phone for it.
type Undecrypted struct {
	WhatsAppID string
	Chat       Party
	Sender     Party // in a room: who wrote it; zero if the agent did
	FromMe     bool
}
