package noise_test

import (
	"os"
	"testing"
	"time"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
)

// TestMain makes one authority before tests run beside each other: the Signal library sets up its logger when it first
// signs, without a lock.
func TestMain(m *testing.M) {
	if _, err := noise.NewAuthority([32]byte{1}, time.Now()); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
