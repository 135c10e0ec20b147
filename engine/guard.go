package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// panicError is a panic that guard caught, with the stack that it had.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// LogValue implements [slog.LogValuer], so that whoever logs the error logs the
// stack.
func (e *panicError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("text", e.Error()), slog.String("stack", string(e.stack)))
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*panicError](err)
	return ok
}

// guard runs fn and turns a panic into an error, so that one seat's fault
// stays that seat's.
func guard(fn func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	return fn()
}
