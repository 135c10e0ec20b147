package simulator

import "errors"

// Errors that callers may tell apart with errors.Is.
var (
	// ErrNotFound: no such phone, device or message.
	ErrNotFound = errors.New("not found")
	// ErrTaken: the number is already registered.
	ErrTaken = errors.New("already taken")
	// ErrInvalid: an argument that makes no sense.
	ErrInvalid = errors.New("invalid")
	// ErrExpired: the pairing code is too old, unknown or already used.
	ErrExpired = errors.New("pairing code expired")
	// ErrRefused: the client did not accept what the phone offered it.
	ErrRefused = errors.New("client refused")
	// ErrUnsupported: not part of this simulator yet.
	ErrUnsupported = errors.New("not supported yet")
	// ErrClosed: the server has ended.
	ErrClosed = errors.New("simulator closed")
)
