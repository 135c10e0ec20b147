package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/myaibud/aibud/engine"
)

// S3Config says where a bucket is. The bucket must exist.
type S3Config struct {
	Bucket    string
	Endpoint  string // such as https://s3.eu-central-1.amazonaws.com
	Region    string // empty: asked for
	AccessKey string // empty, with SecretKey: what the machine's role gives
	SecretKey string
	Prefix    string // before every name in the bucket; may be empty
	Scratch   string // a folder for files that are being made
}

// S3 keeps files in a bucket. It implements [engine.Blobs].
type S3 struct {
	client *minio.Client
	bucket string
	prefix string
	temp   scratch
}

var _ engine.Blobs = (*S3)(nil)

// OpenS3 returns the files in a bucket, after a look whether it is there.
func OpenS3(ctx context.Context, config S3Config) (*S3, error) {
	endpoint, err := url.Parse(config.Endpoint)
	if err != nil || endpoint.Host == "" {
		return nil, errors.New("the S3 endpoint must look like https://s3.example.com")
	}
	temp, err := openScratch(config.Scratch)
	if err != nil {
		return nil, err
	}
	keys := credentials.NewStaticV4(config.AccessKey, config.SecretKey, "")
	if config.AccessKey == "" {
		keys = credentials.NewIAM("")
	}
	client, err := minio.New(endpoint.Host, &minio.Options{Creds: keys, Secure: endpoint.Scheme == "https", Region: config.Region})
	if err != nil {
		return nil, fmt.Errorf("S3: %w", err)
	}
	there, err := client.BucketExists(ctx, config.Bucket)
	if err != nil {
		return nil, fmt.Errorf("look for the S3 bucket %q: %w", config.Bucket, err)
	}
	if !there {
		return nil, fmt.Errorf("there is no S3 bucket %q: make it, or name another one", config.Bucket)
	}
	return &S3{client: client, bucket: config.Bucket, prefix: strings.Trim(config.Prefix, "/"), temp: temp}, nil
}

// Temp implements [engine.Blobs].
func (s *S3) Temp() (*os.File, error) { return s.temp.file() }

func (s *S3) name(key engine.BlobKey) string {
	return path.Join(s.prefix, string(key.Tenant), key.Hash)
}

// Put implements [engine.Blobs].
func (s *S3) Put(ctx context.Context, key engine.BlobKey, file *os.File) error {
	if err := check(key); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return broken("write", err)
	}
	if known, err := s.client.StatObject(ctx, s.bucket, s.name(key), minio.StatObjectOptions{}); err == nil && known.Size == info.Size() {
		engine.Discard(file)
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return broken("write", err)
	}
	_, err = s.client.PutObject(ctx, s.bucket, s.name(key), file, info.Size(), minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, NumThreads: 1,
	})
	if err != nil {
		return broken("write", err)
	}
	engine.Discard(file)
	return nil
}

// partSize is how much of a large file is sent at once.
const partSize = 16 << 20

// Open implements [engine.Blobs].
func (s *S3) Open(ctx context.Context, key engine.BlobKey) (io.ReadSeekCloser, int64, error) {
	if err := check(key); err != nil {
		return nil, 0, err
	}
	object, err := s.client.GetObject(ctx, s.bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, broken("read", err)
	}
	info, err := object.Stat()
	if err != nil {
		_ = object.Close() // the other error counts
		if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
			return nil, 0, missing(err)
		}
		return nil, 0, broken("read", err)
	}
	return object, info.Size, nil
}

// Delete implements [engine.Blobs].
func (s *S3) Delete(ctx context.Context, key engine.BlobKey) error {
	if err := check(key); err != nil {
		return err
	}
	if err := s.client.RemoveObject(ctx, s.bucket, s.name(key), minio.RemoveObjectOptions{}); err != nil {
		return broken("delete", err)
	}
	return nil
}

// List implements [engine.Blobs].
func (s *S3) List(ctx context.Context, before time.Time, found func(engine.BlobKey) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when found does
	defer cancel()
	prefix := s.prefix
	if prefix != "" {
		prefix += "/"
	}
	for object := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if object.Err != nil {
			return broken("list", object.Err)
		}
		tenant, hash, _ := strings.Cut(strings.TrimPrefix(object.Key, prefix), "/")
		key := engine.BlobKey{Tenant: engine.TenantID(tenant), Hash: hash}
		if check(key) != nil || s.name(key) != object.Key || !object.LastModified.Before(before) { // not ours, or young
			continue
		}
		if err := found(key); err != nil {
			return err
		}
	}
	return ctx.Err()
}
