package engine

import (
	"path"
	"strings"
	"unicode"
)

// maxNameShown is how many characters a file's name may have.
const maxNameShown = 200

// FileName makes of what somebody calls a file a name that can be shown and
// saved under: without a path, and without characters that nobody sees. Those
// that turn the direction of writing could make “exe.pdf” of “fdp.exe”.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, name))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	if runes := []rune(name); len(runes) > maxNameShown {
		ending := path.Ext(name)
		if len(ending) > 16 {
			ending = ""
		}
		name = string(runes[:maxNameShown-len([]rune(ending))]) + ending
	}
	return name
}
