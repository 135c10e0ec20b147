package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is how long the machine has been on. Go's own monotonic time stands
// still while it sleeps.
func sinceBoot() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return time.Since(started)
	}
	return time.Duration(now.Nano())
}

var started = time.Now() //nolint:gochecknoglobals // constant
