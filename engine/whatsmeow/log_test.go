package whatsmeow

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

func TestLibraryLogNamesNobody(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := libraryLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))}
	jid := types.NewJID("27821110001", types.DefaultUserServer)
	node := &waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"from": jid, "notify": "Sipho"}}
	log.Warnf("Error decrypting message %s from %s: %v", "3EB0AA", jid, errors.New(`no session for 27821110001.0 with "Sipho"`))
	log.Errorf("Unknown stream error: %s after %d tries", node, 3)
	log.Infof("Successfully paired %s", jid)
	log.Debugf("%s", node)
	log.Sub("Socket").Warnf("Invalid %q and %+v, 100%%", "Sipho", jid)
	text := out.String()
	for _, secret := range []string{"2782", "3EB0AA", "Sipho"} {
		require.NotContains(t, text, secret)
	}
	require.Contains(t, text, "Error decrypting message … from …: no session for …")
	require.Contains(t, text, "Unknown stream error: message after 3 tries")
	require.Contains(t, text, "100%")
	require.NotContains(t, text, "Successfully paired")
	require.NotContains(t, text, "%!")
}
