package whatsmeow

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// WhatsApp may say that nothing waits before the library tells of the login.
func TestLoginWaitsForItsOutcome(t *testing.T) {
	l := make(login, 1)
	for _, signal := range []engine.Signal{
		engine.Backlog{Percent: 100}, engine.RestrictionChanged{}, engine.Connected{}, engine.Disconnected{},
	} {
		l.Signal(signal)
	}
	require.Equal(t, engine.Connected{}, <-l)
	require.Empty(t, l)
}
