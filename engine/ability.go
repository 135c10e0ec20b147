package engine

import "context"

// Clients reaches the clients of connected seats. [Supervisor] is one.
type Clients interface {
	// WithClient runs fn with a connected seat's client, in the caller's
	// goroutine, under a context that ends with the caller's or the seat. It
	// fails with [CodeNotConnected] if the seat has no connection now, and with
	// [CodeBusy] if it has too much to do. It must not be called while a fact
	// is being stored, which the client waits for.
	WithClient(ctx context.Context, key SeatKey, fn func(ctx context.Context, client Client) error) error
}

// Call runs fn with a connected seat's client, seen as the ability that fn
// needs: an interface beyond [Client] that not every provider has, such as one
// for groups. It fails with [CodeUnsupported] if the client lacks the ability,
// and as [Clients.WithClient] does.
func Call[A any](ctx context.Context, clients Clients, key SeatKey, fn func(ctx context.Context, client A) error) error {
	return clients.WithClient(ctx, key, func(ctx context.Context, client Client) error {
		able, ok := client.(A)
		if !ok {
			return Errorf(CodeUnsupported, "This seat's connection to WhatsApp can't do that. Connect the seat with another provider.")
		}
		return fn(ctx, able)
	})
}
