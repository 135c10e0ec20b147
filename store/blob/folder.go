package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/myaibud/aibud/engine"
)

// Folder keeps files in a folder: TENANT/ab/cd/HASH, so that no folder gets
// too full. It implements [engine.Blobs].
type Folder struct {
	root string
	temp scratch
}

var _ engine.Blobs = (*Folder)(nil)

// OpenFolder returns the files in a folder, which it makes if it must.
func OpenFolder(root string) (*Folder, error) {
	temp, err := openScratch(filepath.Join(root, "temp"))
	if err != nil {
		return nil, err
	}
	return &Folder{root: root, temp: temp}, nil
}

// Temp implements [engine.Blobs].
func (f *Folder) Temp() (*os.File, error) { return f.temp.file() }

// check refuses what must never become a path.
func check(key engine.BlobKey) error {
	if raw, err := hex.DecodeString(key.Hash); err != nil || len(raw) != 32 {
		return errors.New("a file's key is not a SHA-256 in hex")
	}
	if key.Tenant == "" || !filepath.IsLocal(string(key.Tenant)) || filepath.Base(string(key.Tenant)) != string(key.Tenant) {
		return errors.New("a file's tenant is not one that can be a folder")
	}
	return nil
}

func (f *Folder) path(key engine.BlobKey) string {
	return filepath.Join(f.root, string(key.Tenant), key.Hash[:2], key.Hash[2:4], key.Hash)
}

// Put implements [engine.Blobs]: the content is on the disk before it has its
// name, and its name before Put returns.
func (f *Folder) Put(_ context.Context, key engine.BlobKey, file *os.File) error {
	if err := check(key); err != nil {
		return err
	}
	path := f.path(key)
	if _, err := os.Stat(path); err == nil {
		engine.Discard(file)
		return nil
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return broken("write", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return broken("write", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return broken("write", err)
	}
	for folder := filepath.Dir(path); len(folder) >= len(f.root); folder = filepath.Dir(folder) {
		if err := syncFolder(folder); err != nil {
			return broken("write", err)
		}
	}
	return nil
}

// syncFolder makes the names in a folder survive a crash.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // a path of ours
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Open implements [engine.Blobs].
func (f *Folder) Open(_ context.Context, key engine.BlobKey) (io.ReadSeekCloser, int64, error) {
	if err := check(key); err != nil {
		return nil, 0, err
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, missing(err)
	}
	if err != nil {
		return nil, 0, broken("read", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close() // the other error counts
		return nil, 0, broken("read", err)
	}
	return file, info.Size(), nil
}

// Delete implements [engine.Blobs].
func (f *Folder) Delete(_ context.Context, key engine.BlobKey) error {
	if err := check(key); err != nil {
		return err
	}
	if err := os.Remove(f.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return broken("delete", err)
	}
	return nil
}

// List implements [engine.Blobs].
func (f *Folder) List(ctx context.Context, before time.Time, found func(engine.BlobKey) error) error {
	return filepath.WalkDir(f.root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return broken("list", err)
		case err != nil: // deleted meanwhile
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && path == string(f.temp):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		inside, err := filepath.Rel(f.root, path)
		if err != nil {
			return broken("list", err)
		}
		tenant, _, _ := strings.Cut(filepath.ToSlash(inside), "/")
		key := engine.BlobKey{Tenant: engine.TenantID(tenant), Hash: entry.Name()}
		if check(key) != nil || f.path(key) != path { // not ours
			return nil
		}
		if info, err := entry.Info(); err != nil || !info.ModTime().Before(before) {
			return nil //nolint:nilerr // deleted meanwhile
		}
		return found(key)
	})
}

func missing(cause error) error {
	return &engine.Error{Code: engine.CodeNotFound, Message: "The file is not there any more.", Err: cause}
}

func broken(what string, cause error) error {
	return &engine.Error{
		Code:    engine.CodeUnavailable,
		Message: "The store of files does not work or has no space left. Try again in a moment.",
		Err:     fmt.Errorf("%s a file: %w", what, cause),
	}
}

// scratch is a folder of files that are being made.
type scratch string

// scratchAge is how old a file must be to be one that a crash has left.
const scratchAge = 24 * time.Hour

// openScratch makes the folder and removes what crashes have left in it.
func openScratch(folder string) (scratch, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder for files: %w", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("read the folder for files: %w", err)
	}
	for _, entry := range left {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > scratchAge {
			_ = os.Remove(filepath.Join(folder, entry.Name())) // next time, then
		}
	}
	return scratch(folder), nil
}

func (s scratch) file() (*os.File, error) {
	file, err := os.CreateTemp(string(s), "file-*")
	if err != nil {
		return nil, broken("begin", err)
	}
	return file, nil
}
