package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// MediaState says where a message's file is.
type MediaState string

// The states of a file.
const (
	MediaWaiting  MediaState = "waiting"     // it is about to be fetched, or waits for its seat or the phone, as its note says
	MediaLoading  MediaState = "downloading" // it is being fetched from WhatsApp
	MediaOffered  MediaState = "offered"     // WhatsApp has it; it is fetched when somebody asks for it
	MediaStored   MediaState = "stored"      // we have it
	MediaGone     MediaState = "gone"        // neither WhatsApp nor the phone has it any more
	MediaFailed   MediaState = "failed"      // it could not be fetched, or is damaged
	MediaTooLarge MediaState = "too_large"   // it is larger than this server keeps
	MediaExpired  MediaState = "expired"     // we had it, and deleted it after its time
	MediaViewOnce MediaState = "view_once"   // its sender wants it to be seen once, on the phone; it is not kept
)

// MediaQueue is the queue of jobs that fetch and clean files: so many run at
// once as the server is set up for, whatever else it does.
const MediaQueue = "media"

// MediaDownloadArgs names the job that fetches a file.
type MediaDownloadArgs struct {
	Tenant TenantID `json:"tenant"`
	Media  MediaID  `json:"media"`
}

// Kind returns the job's name.
func (MediaDownloadArgs) Kind() string { return "media_download" }

// MediaAttempts is how often a job tries to fetch a file.
const MediaAttempts = 8

// MediaFile is a file's row.
type MediaFile struct {
	ID         MediaID
	Seat       SeatKey   // no seat: it was uploaded to be sent
	Message    MessageID // that it came with; empty: it was uploaded
	WhatsAppID string    // of that message
	Chat       Party     // where that message was written
	Sender     Party     // in a room: who wrote it; zero if the seat did
	FromMe     bool      // it is the seat's own
	Kind       Kind      // of that message
	Raw        []byte    // the message in WhatsApp's encoding
	History    bool      // the message was imported
	Media      Media     // what is known of the file
	Hash       string    // SHA-256 in hex, once it is stored
	Thumbnail  string    // the hash of its small picture; empty: none
	Preview    []byte    // a small JPEG that the sender's phone made; nil: none
	Source     string    // what it was made from, if it was; not read back
	Path       string    // where WhatsApp has it, if the phone has uploaded it again
	Answer     []byte    // what the phone answered, not read yet; nil: nothing
	Asked      int       // how often the phone was asked
	AskedAt    time.Time // last; zero: never
	Parked     bool      // it waits until its seat connects; not read back
	CreatedAt  time.Time
	StoredAt   time.Time // zero: never
}

// Errors of [MediaClient.Download], to be found with [errors.Is].
var (
	// ErrMediaGone tells that WhatsApp doesn't have a file any more. The phone
	// may upload it again.
	ErrMediaGone = errors.New("WhatsApp does not have the file any more")
	// ErrMediaDamaged tells that a file is not what its message says.
	ErrMediaDamaged = errors.New("the file is not what its message says")
	// ErrMediaTooLarge tells that a file has more bytes than were allowed.
	ErrMediaTooLarge = errors.New("the file has more bytes than are allowed")
	// ErrMediaLost tells that the phone doesn't have a file either.
	ErrMediaLost = errors.New("the phone does not have the file")
)

// MediaClient is what clients can do with files that came with messages. A
// message is named by its encoding, [Message.Raw], so that it works long after
// the message came. See [Call].
type MediaClient interface {
	// Download fetches a message's file from WhatsApp, decrypts it, checks it,
	// and leaves it in an empty file, never whole in memory. A path that is
	// not empty is used in place of the message's.
	Download(ctx context.Context, raw []byte, path string, limit int64, into *os.File) error

	// AskForFile asks the phone to upload a message's file again. It answers
	// by a [MediaAnswer], unless it is offline.
	AskForFile(ctx context.Context, file MediaFile) error

	// ReadAnswer returns where the phone has put the file of a message, or an
	// error: [ErrMediaLost] if it doesn't have it.
	ReadAnswer(raw []byte, answer []byte) (path string, err error)
}

// BlobKey names a file's content. One tenant never reaches another's, even if
// both have the same file.
type BlobKey struct {
	Tenant TenantID
	Hash   string // SHA-256 in hex
}

// BlobOwner names a file's row.
type BlobOwner struct {
	Tenant TenantID
	Media  MediaID
}

// Blobs keeps the contents of files. Package store/blob implements it.
type Blobs interface {
	// Temp makes an empty file, which belongs to the caller until it is given
	// to Put. [Discard] closes and removes it.
	Temp() (*os.File, error)
	// Put keeps a file made by Temp under its key, and takes it over: when Put
	// returns without an error it is there to stay, also after a crash. The
	// caller says the truth about the hash. A key that is there already stays.
	Put(ctx context.Context, key BlobKey, file *os.File) error
	// Open returns the content of a file and its size, or [CodeNotFound].
	// Whoever seeks in it reads only what is then asked for.
	Open(ctx context.Context, key BlobKey) (io.ReadSeekCloser, int64, error)
	// Delete forgets a file. One that isn't there is no error.
	Delete(ctx context.Context, key BlobKey) error
	// List names all files that have been there since before a time, those of
	// a tenant one after the other, until found returns an error, which List
	// then returns.
	List(ctx context.Context, before time.Time, found func(BlobKey) error) error
}

// Discard closes and removes a file that [Blobs.Temp] made. After Put it does
// nothing.
func Discard(file *os.File) {
	_ = file.Close() // either nobody wants it any more, or it is closed
	_ = os.Remove(file.Name())
}

// Upload is where WhatsApp has a file that the seat has uploaded, and the keys
// to read it. A message that is sent again has the same.
type Upload struct {
	URL       string    `json:"url"`
	Path      string    `json:"path"`
	Handle    string    `json:"handle,omitempty"` // in a channel
	Key       []byte    `json:"key,omitempty"`
	SHA256    []byte    `json:"sha256"`
	EncSHA256 []byte    `json:"enc_sha256,omitempty"`
	Size      uint64    `json:"size"`
	At        time.Time `json:"at"`
	MediaType string    `json:"media_type"` // what the client calls the kind
	Preview   []byte    `json:"-"`          // a small JPEG to show meanwhile
}

// Files gives a client the files that it sends, and keeps what became of them.
// Package engine/media implements it.
type Files interface {
	// Uploaded returns an upload that was kept before, with the preview of the
	// file in any case; found says whether there was one.
	Uploaded(ctx context.Context, seat SeatKey, media MediaID, mediaType string) (upload Upload, found bool, err error)
	// KeepUpload keeps an upload before the message that has it is sent.
	KeepUpload(ctx context.Context, seat SeatKey, media MediaID, upload Upload) error
	// OpenFile returns a stored file's content.
	OpenFile(ctx context.Context, tenant TenantID, media MediaID) (io.ReadSeekCloser, error)
	// Temp makes an empty file for the caller, who ends it by [Discard].
	Temp() (*os.File, error)
}
