package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDiskFull fills the disk on which everything is.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	var folder string
	f := newFailing(t, "", func(data string) {
		folder = data
		mountSmall(t, data)
	})
	ballast := filepath.Join(folder, "ballast")
	fill(t, ballast)
	f.sayUntilRefused()
	require.NoError(t, os.Remove(ballast))
	f.stored()
	f.say("after")
	f.stored()
}

// mountSmall puts a small file system where a folder is to be.
func mountSmall(t *testing.T, folder string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o700))
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m")
	require.NoError(t, err, "a small file system could not be mounted: run the tests as root, in a container with CAP_SYS_ADMIN")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
}

// fill takes all room that there is.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
}
