package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

// Records are the rows of files. Package store implements it.
type Records interface {
	// Media returns a file's row, or [engine.CodeNotFound]: also if its message
	// was deleted.
	Media(ctx context.Context, tenant engine.TenantID, id engine.MediaID) (engine.MediaFile, error)
	// SetMediaStored records that the blob store has a file: its hash, that of
	// its small picture, and what was found out about it.
	SetMediaStored(ctx context.Context, tenant engine.TenantID, id engine.MediaID, hash, thumbnail string, about engine.Media) error
	// SetMediaState records where a file is, with a sentence that says why.
	SetMediaState(ctx context.Context, tenant engine.TenantID, id engine.MediaID, state engine.MediaState, note string) error
	// SetMediaPercent records how much is here of a file that is being fetched.
	SetMediaPercent(ctx context.Context, tenant engine.TenantID, id engine.MediaID, percent int) error
	// SetMediaAsked counts that the phone was asked for a file, with a sentence
	// that says so, and enqueues the job for a time at which to look again.
	SetMediaAsked(ctx context.Context, tenant engine.TenantID, id engine.MediaID, again time.Time, note string) error
	// SetMediaPath records where the phone has put a file, and that its answer
	// was read.
	SetMediaPath(ctx context.Context, tenant engine.TenantID, id engine.MediaID, path string) error

	// ParkMedia leaves a file, with a sentence that says so, until UnparkMedia
	// enqueues the jobs of a seat's.
	ParkMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID, note string) error
	UnparkMedia(ctx context.Context, seat engine.SeatKey) error
	ParkedSeats(ctx context.Context) ([]engine.SeatKey, error)

	// AddUpload stores the row of a file that is to be sent.
	AddUpload(ctx context.Context, tenant engine.TenantID, file engine.MediaFile) error
	// MediaBySource returns the stored file that has a source.
	MediaBySource(ctx context.Context, tenant engine.TenantID, source string) (engine.MediaFile, bool, error)
	// Uploaded and KeepUpload are those of [engine.Files], without previews.
	Uploaded(ctx context.Context, seat engine.SeatKey, id engine.MediaID, mediaType string) (engine.Upload, bool, error)
	KeepUpload(ctx context.Context, seat engine.SeatKey, id engine.MediaID, upload engine.Upload) error

	// AgedMedia returns files that were stored before a time, and UnusedMedia
	// those that no message shows and that were made before it.
	AgedMedia(ctx context.Context, before time.Time, limit int) ([]engine.BlobOwner, error)
	UnusedMedia(ctx context.Context, before time.Time, limit int) ([]engine.BlobOwner, error)
	// ExpireMedia lets a file go, which its messages then show. DropMedia
	// deletes the row of one that no message shows. Both return the hashes of
	// what nothing of the tenant refers to any more.
	ExpireMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID, note string) ([]string, error)
	DropMedia(ctx context.Context, tenant engine.TenantID, id engine.MediaID) ([]string, error)
	// OrphanBlobs returns those of some hashes that no file of the tenant has,
	// none if the tenant is not known.
	OrphanBlobs(ctx context.Context, tenant engine.TenantID, hashes []string) ([]string, error)
}

// Config is what a [Service] needs. Fields without a default are required.
type Config struct {
	Records Records
	Blobs   engine.Blobs
	Clients engine.Clients // of the seats; may be set later by [Service.Connect]
	Log     *slog.Logger

	MaxBytes int64         // of a file; default 100 MB
	Keep     time.Duration // how long files stay; 0: for ever
	FFmpeg   string        // the program; empty: there is none
	// Private lets files be fetched from addresses of private networks.
	Private bool
	// Again are the waits for the phone's answer, one for each time that it is
	// asked; default 1 minute, 10 minutes, 2 hours.
	Again []time.Duration
	// Progress is how often it is shown how much of a file is here, if that
	// takes longer; default 1.5 seconds.
	Progress time.Duration
	// Unused is how long a file stays that was uploaded and is not sent;
	// default a day.
	Unused time.Duration
	// Orphaned is how old content is at least that is deleted because no row
	// refers to it; default a day.
	Orphaned time.Duration
}

// DefaultMaxBytes is how large a file may be if nothing else is said: 100 MB,
// more than WhatsApp's clients send as anything but a document.
const DefaultMaxBytes = 100 << 20

// Service does everything with files. It implements [engine.Files].
type Service struct {
	config  Config
	log     *slog.Logger
	running held
	picture chan struct{} // has room for whoever decodes a picture
	program chan struct{} // has room for whoever runs FFmpeg
	stripes [64]sync.RWMutex
	seed    maphash.Seed
}

var _ engine.Files = (*Service)(nil)

// New returns a service. Its jobs are [Service.Worker] and [Service.Cleaner].
func New(config Config) *Service {
	config.MaxBytes = cmp.Or(config.MaxBytes, DefaultMaxBytes)
	config.Progress = cmp.Or(config.Progress, 1500*time.Millisecond)
	config.Orphaned = cmp.Or(config.Orphaned, 24*time.Hour)
	config.Unused = cmp.Or(config.Unused, 24*time.Hour)
	if config.Again == nil {
		config.Again = []time.Duration{time.Minute, 10 * time.Minute, 2 * time.Hour}
	}
	return &Service{
		config: config, log: config.Log, picture: make(chan struct{}, 1), program: make(chan struct{}, 2), seed: maphash.MakeSeed(),
	}
}

// Connect says how to reach seats, before the first job runs.
func (s *Service) Connect(clients engine.Clients) { s.config.Clients = clients }

// MaxBytes is how large a file may be.
func (s *Service) MaxBytes() int64 { return s.config.MaxBytes }

// stripe is held for reading while a tenant's content is put and its row
// written, and for writing while content that has no row any more is deleted:
// otherwise one could be deleted that has just got a row again. There is one
// process to a database.
func (s *Service) stripe(tenant engine.TenantID) *sync.RWMutex {
	return &s.stripes[maphash.String(s.seed, string(tenant))%uint64(len(s.stripes))]
}

// Temp implements [engine.Files].
func (s *Service) Temp() (*os.File, error) { return s.config.Blobs.Temp() }

// OpenFile implements [engine.Files].
func (s *Service) OpenFile(ctx context.Context, tenant engine.TenantID, id engine.MediaID) (io.ReadSeekCloser, error) {
	file, err := s.config.Records.Media(ctx, tenant, id)
	if err == nil && file.Hash == "" {
		err = engine.Errorf(engine.CodeNotFound, "no content")
	}
	if err == nil {
		var content io.ReadSeekCloser
		if content, _, err = s.config.Blobs.Open(ctx, engine.BlobKey{Tenant: tenant, Hash: file.Hash}); err == nil {
			return content, nil
		}
	}
	if engine.CodeOf(err) == engine.CodeNotFound {
		err = engine.Errorf(engine.CodeInvalid, "The file to be sent was deleted meanwhile. Upload it again.")
	}
	return nil, err
}

// Uploaded implements [engine.Files].
func (s *Service) Uploaded(ctx context.Context, seat engine.SeatKey, id engine.MediaID, mediaType string) (engine.Upload, bool, error) {
	upload, found, err := s.config.Records.Uploaded(ctx, seat, id, mediaType)
	if err != nil {
		return engine.Upload{}, false, err
	}
	file, err := s.config.Records.Media(ctx, seat.Tenant, id)
	if err != nil && engine.CodeOf(err) != engine.CodeNotFound {
		return engine.Upload{}, false, err
	}
	upload.Preview = file.Preview
	return upload, found, nil
}

// KeepUpload implements [engine.Files].
func (s *Service) KeepUpload(ctx context.Context, seat engine.SeatKey, id engine.MediaID, upload engine.Upload) error {
	return s.config.Records.KeepUpload(ctx, seat, id, upload)
}

// hashOf returns a file's SHA-256 in hex and its size.
func hashOf(file *os.File) (hash string, size int64, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("read a file: %w", err)
	}
	sum := sha256.New()
	if size, err = io.Copy(sum, file); err != nil {
		return "", 0, fmt.Errorf("read a file: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// keep puts a file and its small picture into the blob store and lets record
// write the row that refers to them.
func (s *Service) keep(ctx context.Context, tenant engine.TenantID, file *os.File, hash string, small []byte,
	record func(thumbnail string) error,
) error {
	stripe := s.stripe(tenant)
	stripe.RLock()
	defer stripe.RUnlock()
	if err := s.config.Blobs.Put(ctx, engine.BlobKey{Tenant: tenant, Hash: hash}, file); err != nil {
		return err
	}
	thumbnail, err := s.keepSmall(ctx, tenant, small)
	if err != nil {
		return err
	}
	return record(thumbnail)
}

// keepSmall puts a small picture, if there is one, and returns its hash.
func (s *Service) keepSmall(ctx context.Context, tenant engine.TenantID, small []byte) (string, error) {
	if len(small) == 0 {
		return "", nil
	}
	file, err := s.config.Blobs.Temp()
	if err != nil {
		return "", err
	}
	defer engine.Discard(file)
	if _, err := file.Write(small); err != nil {
		return "", diskError(fmt.Errorf("write a small picture: %w", err))
	}
	sum := sha256.Sum256(small)
	hash := hex.EncodeToString(sum[:])
	return hash, s.config.Blobs.Put(ctx, engine.BlobKey{Tenant: tenant, Hash: hash}, file)
}

// held are the files that are worked on.
type held struct {
	mu    sync.Mutex
	files map[engine.MediaID]bool
}

// hold reports whether nobody else works on a file, and keeps others off it
// until release is called.
func (h *held) hold(id engine.MediaID) (release func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.files[id] {
		return nil, false
	}
	if h.files == nil {
		h.files = make(map[engine.MediaID]bool)
	}
	h.files[id] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.files, id)
	}, true
}

// take waits for room in a semaphore.
func take(ctx context.Context, room chan struct{}) (release func(), err error) {
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// isStopping says whether a job ends because the server does.
func isStopping(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
