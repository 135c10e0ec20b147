package msgsecret

import (
	"crypto/rand"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
)

// Use is what an addition is for; it is part of the key, so that one can't be passed off as another. The words are
// WhatsApp's (whatsmeow, msgsecret.go).
type Use string

// Uses of a message's secret.
const (
	PollVote      Use = "Poll Vote"
	Reaction      Use = "Enc Reaction"
	Comment       Use = "Enc Comment"
	MessageEdit   Use = "Message Edit"
	EventResponse Use = "Event Response"
	ReportToken   Use = "Report Token"
)

// Size is how long a message's secret is, in bytes.
const Size = 32

const nonceSize = 12

// ErrUnreadable means that an addition was made for another message, person or use, or was damaged.
var ErrUnreadable = errors.New("addition to a message can't be decrypted")

// New draws a secret for a message.
func New() ([]byte, error) {
	secret := make([]byte, Size)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("draw message secret: %w", err)
	}
	return secret, nil
}

// Bond ties an addition to its message. Both addresses count in the form (number or LID) in which they were written,
// without their device.
type Bond struct {
	ID     string    // the message's
	Author types.JID // who wrote the message
	By     types.JID // who adds
	Secret []byte    // the message's
}

// Key derives the key for one use.
func (b Bond) Key(use Use) []byte {
	info := b.ID + b.Author.ToNonAD().String() + b.By.ToNonAD().String() + string(use)
	return hkdfutil.SHA256(b.Secret, nil, []byte(info), 32)
}

// bound is what the ciphertext is tied to besides its key; only votes and answers to invitations have it.
func (b Bond) bound(use Use) []byte {
	if use != PollVote && use != EventResponse {
		return nil
	}
	return []byte(b.ID + "\x00" + b.By.ToNonAD().String())
}

// Seal encrypts an addition.
func (b Bond) Seal(use Use, plain []byte) (ciphertext, nonce []byte, err error) {
	nonce = make([]byte, nonceSize)
	if _, err = rand.Read(nonce); err != nil {
		return nil, nil, fmt.Errorf("draw nonce: %w", err)
	}
	ciphertext, err = gcmutil.Encrypt(b.Key(use), nonce, plain, b.bound(use))
	if err != nil {
		return nil, nil, fmt.Errorf("encrypt addition to a message: %w", err)
	}
	return ciphertext, nonce, nil
}

// Open decrypts an addition. ErrUnreadable.
func (b Bond) Open(use Use, ciphertext, nonce []byte) ([]byte, error) {
	if len(nonce) != nonceSize || len(b.Secret) == 0 {
		return nil, ErrUnreadable
	}
	plain, err := gcmutil.Decrypt(b.Key(use), nonce, ciphertext, b.bound(use))
	if err != nil {
		return nil, ErrUnreadable
	}
	return plain, nil
}
