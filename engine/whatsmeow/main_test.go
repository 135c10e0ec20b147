package whatsmeow_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// rootSeed gives all simulators of these tests one root key, since the library
// trusts one for the whole process.
var rootSeed = [32]byte{7, 7, 7}

func TestMain(m *testing.M) {
	sim, err := simulator.Start(context.Background(), simulator.Config{RootSeed: &rootSeed})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	key := sim.RootKey()
	_ = sim.Close()
	whatsmeow.Configure(whatsmeow.Process{Name: "Aibud test", RootKey: &key})
	// The library answers a phone's keys in a goroutine that no context ends
	// (message.go, handleProtocolMessage). If the connection ends just then, it
	// may wait for an answer until its own limit of 75 seconds.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow.(*Client).handleAppStateSyncKeyShare"))
}
