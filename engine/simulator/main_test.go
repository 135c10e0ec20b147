package simulator_test

import (
	"os"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine/simulator"
)

// rootSeed is shared by every server of this test binary, because the client library keeps the key that it trusts in a
// global.
var rootSeed = [32]byte{1, 2, 3}

func TestMain(m *testing.M) {
	if os.Getenv(proxiedClient) != "" {
		os.Exit(runProxiedClient())
	}
	s, err := simulator.Start(background(), simulator.Config{RootSeed: &rootSeed})
	if err != nil {
		panic(err)
	}
	whatsmeow.WACertPubKey = s.RootKey()
	if err = s.Close(); err != nil {
		panic(err)
	}
	// Clients ping often and give up soon, so that a test of a silent server takes a second instead of a minute.
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 400*time.Millisecond, 600*time.Millisecond
	whatsmeow.KeepAliveResponseDeadline = 400 * time.Millisecond
	code := m.Run()
	if code == 0 {
		// The client library's read pump hangs for good when a frame arrives while its socket is being stopped.
		clients := goleak.IgnoreTopFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete")
		// Its loop that downloads history ends a minute after the last part.
		history := goleak.IgnoreTopFunction("go.mau.fi/whatsmeow.(*Client).handleHistorySyncNotificationLoop")
		if err = goleak.Find(clients, history); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
