package engine

import "context"

// Asker asks the phone for messages that could not be decrypted. A client that
// can implements it, and asks by itself now and then; a person may ask at once.
type Asker interface {
	// AskAgain asks the phone for a message. It returns once WhatsApp has taken
	// the request. The phone, if it is online and has the message, answers later
	// by [Sink.Deliver]. Errors: those of [Client.Send], and [CodeInvalid] for a
	// message that nobody can be asked for.
	AskAgain(ctx context.Context, message Undecrypted) error
}

// Undecrypted is a message that came but could not be decrypted yet: what it takes
// to ask the phone for it.
type Undecrypted struct {
	WhatsAppID string
	Chat       Party
	Sender     Party // in a room: who wrote it; zero if the agent did
	FromMe     bool
}
