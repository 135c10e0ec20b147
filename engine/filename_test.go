package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFileNames(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"lease.pdf": "lease.pdf", "../../etc/passwd": "passwd", `C:\a\b.png`: "b.png", "a\x00b\n.txt": "ab.txt", "..": "", "/": "", "": "",
		" spaced .pdf ": "spaced .pdf", "\xff.png": ".png", "lease\u202efdp.exe": "leasefdp.exe", "\u2067a\u2069.pdf": "a.pdf", "חוזה.pdf": "חוזה.pdf",
	} {
		require.Equal(t, want, FileName(given), "%q", given)
	}
	require.Len(t, []rune(FileName(strings.Repeat("x", 500)+".pdf")), maxNameShown)
}
