package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// libraryLog takes the library's log. Its warnings and errors are passed on,
// without the values that could name a person or hold a text; its information
// is debugging to us; its debugging, which prints whole stanzas, is dropped.
type libraryLog struct{ log *slog.Logger }

var _ waLog.Logger = libraryLog{}

// Warnf implements [waLog.Logger].
func (l libraryLog) Warnf(msg string, args ...any) { l.write(slog.LevelWarn, msg, args) }

// Errorf implements [waLog.Logger].
func (l libraryLog) Errorf(msg string, args ...any) { l.write(slog.LevelError, msg, args) }

// Infof implements [waLog.Logger].
func (l libraryLog) Infof(msg string, args ...any) { l.write(slog.LevelDebug, msg, args) }

// Debugf implements [waLog.Logger].
func (l libraryLog) Debugf(string, ...any) {}

// Sub implements [waLog.Logger]. The library's modules share one logger, which
// costs nothing.
func (l libraryLog) Sub(string) waLog.Logger { return l }

func (l libraryLog) write(level slog.Level, format string, args []any) {
	ctx := context.Background()
	if !l.log.Enabled(ctx, level) {
		return
	}
	safe := make([]any, len(args))
	for i, arg := range args {
		if err, ok := arg.(error); ok && errors.Is(err, errTakenOver) {
			return // the library's failure is our success: see states
		}
		safe[i] = harmless(arg)
	}
	l.log.Log(ctx, level, "whatsmeow", "says", fmt.Sprintf(verbs.ReplaceAllString(format, "%v"), safe...))
}

// verbs are the verbs of a format other than %v and %%.
var verbs = regexp.MustCompile(`%[+#]?[a-uw-zA-Z]`)

// secrets are what an error's text may name a person by, or hold of a key:
// long numbers, and long words with digits in them.
var secrets = regexp.MustCompile(`\d{5,}|"[^"]*"|<[^>]*>|[A-Za-z0-9+/=_-]{20,}`)

// harmless returns what may be logged of a value.
func harmless(arg any) any {
	switch arg := arg.(type) {
	case nil, int, int64, int32, uint32, uint64, uint8, bool, time.Duration:
		return arg
	case error:
		if p, ok := errors.AsType[panicked](arg); ok {
			return p.Error() // a stack names nobody
		}
		return secrets.ReplaceAllString(arg.Error(), "…")
	case *waBinary.Node:
		return arg.Tag
	case waBinary.Node:
		return arg.Tag
	}
	return "…"
}
