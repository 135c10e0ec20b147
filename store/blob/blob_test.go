package blob_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store/blob"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	folder, err := blob.OpenFolder(t.TempDir())
	require.NoError(t, err)
	exercise(t, folder)
}

func TestS3(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("files"))
	server := httptest.NewServer(gofakes3.New(backend).Server())
	defer server.Close()
	config := blob.S3Config{
		Bucket: "files", Endpoint: server.URL, Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Prefix: "aibud", Scratch: t.TempDir(),
	}
	bucket, err := blob.OpenS3(t.Context(), config)
	require.NoError(t, err)
	exercise(t, bucket)
	config.Bucket = "another"
	_, err = blob.OpenS3(t.Context(), config)
	require.ErrorContains(t, err, "no S3 bucket")
}

func exercise(t *testing.T, blobs engine.Blobs) {
	t.Helper()
	content := bytes.Repeat([]byte("file"), 1<<18)
	sum := sha256.Sum256(content)
	key := engine.BlobKey{Tenant: "tenant", Hash: hex.EncodeToString(sum[:])}
	for range 2 { // one that is there stays
		file, err := blobs.Temp()
		require.NoError(t, err)
		_, err = file.Write(content)
		require.NoError(t, err)
		require.NoError(t, blobs.Put(t.Context(), key, file))
		_, err = os.Stat(file.Name())
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	got, size, err := blobs.Open(t.Context(), key)
	require.NoError(t, err)
	require.EqualValues(t, len(content), size)
	_, err = got.Seek(1000, io.SeekStart)
	require.NoError(t, err)
	part := make([]byte, 8)
	_, err = io.ReadFull(got, part)
	require.NoError(t, err)
	require.Equal(t, content[1000:1008], part)
	require.NoError(t, got.Close())

	listed := func(before time.Time) (found []engine.BlobKey) {
		require.NoError(t, blobs.List(t.Context(), before, func(key engine.BlobKey) error {
			found = append(found, key)
			return nil
		}))
		return found
	}
	making, err := blobs.Temp()
	require.NoError(t, err)
	defer engine.Discard(making)
	require.Equal(t, []engine.BlobKey{key}, listed(time.Now().Add(time.Minute)), "and no file that is being made")
	require.Empty(t, listed(time.Now().Add(-time.Minute)))
	enough := errors.New("enough")
	require.ErrorIs(t, blobs.List(t.Context(), time.Now().Add(time.Minute), func(engine.BlobKey) error { return enough }), enough)

	other := key
	other.Tenant = "other"
	_, _, err = blobs.Open(t.Context(), other)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	require.NoError(t, blobs.Delete(t.Context(), other))
	require.NoError(t, blobs.Delete(t.Context(), key))
	require.NoError(t, blobs.Delete(t.Context(), key))
	_, _, err = blobs.Open(t.Context(), key)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	for _, bad := range []engine.BlobKey{{Tenant: "tenant", Hash: "../x"}, {Tenant: "../..", Hash: key.Hash}, {Hash: key.Hash}, {Tenant: "a/b", Hash: key.Hash}} {
		_, _, err := blobs.Open(t.Context(), bad)
		require.Error(t, err)
		require.Error(t, blobs.Delete(t.Context(), bad))
	}
}
