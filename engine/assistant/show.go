package assistant

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// typingAgain is how often 'typing…' is shown anew: WhatsApp clears it on
	// the lead's phone after about 25 s.
	typingAgain = 10 * time.Second
	// showTime is how long a seat may take to show something, so that one that
	// hangs doesn't keep the lead waiting for the reply.
	showTime = 2 * time.Second
)

// show marks the lead's messages as read and shows 'typing…' until the
// returned function is called, which clears it. Failures only mean that the
// lead doesn't see it.
func (a *Assistant) show(ctx context.Context, turn engine.Turn) (stop func()) {
	if ids := unread(turn.Messages); len(ids) > 0 {
		a.try(ctx, "mark as read", func(ctx context.Context) error {
			return a.seats.MarkRead(ctx, turn.Seat, turn.Chat, ids)
		})
	}
	a.typing(ctx, turn, true)
	showing, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.keepTyping(showing, turn)
	}()
	return func() {
		cancel()
		<-done
		a.typing(context.WithoutCancel(ctx), turn, false)
	}
}

// keepTyping shows 'typing…' anew until ctx ends.
func (a *Assistant) keepTyping(ctx context.Context, turn engine.Turn) {
	ticker := time.NewTicker(typingAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.typing(ctx, turn, true)
		}
	}
}

func (a *Assistant) typing(ctx context.Context, turn engine.Turn, on bool) {
	a.try(ctx, "show typing", func(ctx context.Context) error {
		return a.seats.SetTyping(ctx, turn.Seat, turn.Chat, on)
	})
}

// try runs do for at most showTime. A failure is noted by its code alone,
// since a seat's error may name the lead's number.
func (a *Assistant) try(ctx context.Context, what string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	if err := do(ctx); err != nil {
		a.log.DebugContext(ctx, "lead not shown what the assistant does", "what", what, "code", engine.CodeOf(err))
	}
}

// unread returns WhatsApp's IDs of what the lead wrote since the agency last
// did.
func unread(messages []engine.Message) []string {
	var ids []string
	for _, message := range messages {
		switch {
		case message.Direction == engine.Outbound:
			ids = nil
		case !message.Kind.Amends() && message.WhatsAppID != "":
			ids = append(ids, message.WhatsAppID)
		}
	}
	return ids
}
