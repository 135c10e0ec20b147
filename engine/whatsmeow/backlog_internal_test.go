package whatsmeow

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServerTimeIsReadWhateverOurClockSays(t *testing.T) {
	t.Parallel()
	server := time.UnixMilli(1_790_000_123_456)
	session := strconv.FormatInt(server.Add(unifiedOffset).UnixMilli()%unifiedWeek.Milliseconds(), 10)
	for _, off := range []time.Duration{0, time.Minute, -time.Minute, 24 * time.Hour, -24 * time.Hour, 80 * time.Hour, -80 * time.Hour} {
		require.True(t, server.Equal(serverTime(session, server.Add(off))), "%s", off)
	}
	now := time.Now()
	require.Equal(t, now, serverTime("", now))
}
