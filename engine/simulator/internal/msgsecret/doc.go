// Package msgsecret encrypts what is added to a message later (votes, reactions, comments, edits, answers to an
// invitation) under a key that derives from the secret which the message brought along. Only who can read the message
// can read or write such an addition.
package msgsecret
