package store

import (
	"strings"
	"unicode/utf8"
)

// clean makes a text that came from outside fit for both databases:
// PostgreSQL refuses a zero byte and what is not UTF-8, and a message that is
// refused would be delivered again for ever.
func clean(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
