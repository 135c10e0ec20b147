package whatsmeow

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	wm "go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
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

func TestErrorsOfRequestsNameNobody(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		errors.New(`no LID found for 27821110001@s.whatsapp.net from server`),
		fmt.Errorf("%w 463 for 27821110001@s.whatsapp.net", wm.ErrServerReturnedError),
		&engine.Error{Code: engine.CodeNotAdmin, Message: "Only admins may.", Err: errors.New("27821110001@s.whatsapp.net is none")},
	} {
		err := requestError(cause)
		require.NotContains(t, err.Error(), "27821110001")
		require.NotEqual(t, engine.CodeInternal, engine.CodeOf(err))
	}
	err := requestError(safely(func() error { panic("27821110001") }))
	require.NotContains(t, err.Error(), "27821110001")
	require.Contains(t, err.Error(), "TestErrorsOfRequestsNameNobody", "the stack is told")
}
