//go:build !linux

package engine

import "time"

// sinceBoot is how long the program has run, but for the time in which the
// machine slept.
func sinceBoot() time.Duration { return time.Since(started) }

var started = time.Now() //nolint:gochecknoglobals // constant
