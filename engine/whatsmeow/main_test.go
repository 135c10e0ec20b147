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
	goleak.VerifyTestMain(m)
}
