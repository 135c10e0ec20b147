package store

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"github.com/myaibud/aibud/engine"
)

const (
	defaultPage = 50
	maxPage     = 100
)

func pageLimit(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// cursor is the place in a list behind an entry: its time, and what orders
// entries of the same time.
type cursor struct {
	at int64
	id string
}

// String returns the cursor as clients see it. They are not to look into it.
func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.at, 10) + "." + c.id))
}

// seq returns what orders messages of the same time.
func (c cursor) seq() (int64, error) {
	if c.id == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(c.id, 10, 64)
	if err != nil {
		return 0, errCursor()
	}
	return seq, nil
}

// parseCursor understands what String returned. An empty text is the place
// before the newest entry.
func parseCursor(text string) (cursor, error) {
	if text == "" {
		return cursor{at: math.MaxInt64}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return cursor{}, errCursor()
	}
	at, id, ok := strings.Cut(string(raw), ".")
	number, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok || id == "" || clean(id) != id {
		return cursor{}, errCursor()
	}
	return cursor{at: number, id: id}, nil
}

func errCursor() error {
	return engine.Errorf(engine.CodeInvalid, "The cursor is not one of ours. Begin again without it.")
}

func messageCursor(m *message) cursor {
	return cursor{at: millis(m.At), id: strconv.FormatInt(m.Seq, 10)}
}
