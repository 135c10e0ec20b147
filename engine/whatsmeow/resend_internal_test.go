package whatsmeow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// What changes another message is sent again with the time that it had, or it
// would undo what was changed since.
func TestChangesAreSentAgainWithTheirTime(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{})
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	chat := types.NewJID("27821110001", types.DefaultUserServer)
	draft := engine.Draft{
		Kind: engine.KindEdit, Text: "Better", WhatsAppID: "A2", To: engine.Party{Phone: "27821110001@s.whatsapp.net"},
		Target: "A1", TargetFromMe: true, At: at,
	}
	edited := func(again bool) int64 {
		ctx := t.Context()
		if again {
			ctx = uploaded(ctx)
		}
		msg, err := s.compose(ctx, chat, draft)
		require.NoError(t, err)
		if draft.Kind == engine.KindReaction {
			return msg.GetReactionMessage().GetSenderTimestampMS()
		}
		return msg.GetEditedMessage().GetMessage().GetProtocolMessage().GetTimestampMS()
	}
	for _, kind := range []engine.Kind{engine.KindEdit, engine.KindReaction} {
		draft.Kind = kind
		require.Equal(t, at.UnixMilli(), edited(true), kind)
		require.InDelta(t, time.Now().UnixMilli(), edited(false), 60_000, kind)
	}
}
