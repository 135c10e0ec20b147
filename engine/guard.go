package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// panicError is a panic that guard caught, with the stack that it had.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

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
