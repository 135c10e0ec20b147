package media

import (
	"bytes"
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

// Why a file is not to be had, or can't be stored.
var (
	ErrUnknown = errors.New("media: no such file")
	ErrGone    = errors.New("media: the file is not on the hosts any more")
	ErrFull    = errors.New("media: the hosts are full")
)

const (
	// defaultBytes bounds what is stored. Beyond it the oldest files go, as if their time were over.
	defaultBytes = 256 * mib
	// Life is how long a file can be downloaded.
	Life = 30 * 24 * time.Hour
	// maxGone is how many addresses of former files are known as such.
	maxGone = 10_000
	// publicHost is the host in the addresses that messages carry, whatever hosts a client is given.
	publicHost = "https://mmg.whatsapp.net"
)

// Trouble is what goes wrong with one request; the zero value is none.
type Trouble struct {
	Status int           // answered instead
	Damage bool          // the download has a wrong byte
	Delay  time.Duration // before anything is answered
}

// Options say how a Store behaves.
type Options struct {
	Clock    *clock.Clock
	MaxBytes int64 // of everything stored; default 256 MiB
	// Interfere is asked about each request; owner is who uploads, or whose file is downloaded.
	Interfere func(owner string, r *http.Request) Trouble
}

// Store is what all media hosts together hold. It may be used from many goroutines.
type Store struct {
	clock     *clock.Clock
	secret    [32]byte
	max       int64
	interfere func(string, *http.Request) Trouble

	mu       sync.Mutex
	used     int64
	bodies   map[bodyKey]*body
	order    *list.List // of *body, the oldest first
	paths    map[string]*body
	handles  map[string]*body
	gone     map[string]struct{}
	goneList *list.List // of string
	partials map[bodyKey]*partial
}

// bodyKey names a body: one file may be uploaded as several kinds, such as sound and voice.
type bodyKey struct {
	encrypted bool
	hash      [sha256.Size]byte // of the bytes as uploaded
}

// body is a file's bytes. Its address can end before they do: phones keep their files, and upload them again from here.
type body struct {
	key     bodyKey
	kind    Kind
	owner   string
	data    []byte // never changes
	created time.Time
	path    string // "" if it has no address now
	expires time.Time
	handle  string
	place   *list.Element
}

// File is a stored file as whoever stored it knows it.
type File struct {
	Sealed     // without Body
	URL        string
	DirectPath string
	Handle     string // for deletion, and for messages to channels; "" for other kinds
	StoredAt   time.Time
}

// NewStore makes an empty store.
func NewStore(o Options) (*Store, error) {
	s := &Store{
		clock: o.Clock, max: o.MaxBytes, interfere: o.Interfere,
		bodies: make(map[bodyKey]*body), order: list.New(), paths: make(map[string]*body), handles: make(map[string]*body),
		gone: make(map[string]struct{}), goneList: list.New(), partials: make(map[bodyKey]*partial),
	}
	if s.max <= 0 {
		s.max = defaultBytes
	}
	if s.clock == nil {
		s.clock = new(clock.Clock)
	}
	if _, err := rand.Read(s.secret[:]); err != nil {
		return nil, fmt.Errorf("draw the media hosts' secret: %w", err)
	}
	return s, nil
}

// Put encrypts a file, if files of its kind are, and stores it for its owner, as a phone does. ErrKind, ErrFull.
func (s *Store) Put(owner string, kind Kind, plain []byte) (File, error) {
	sealed, err := Seal(kind, plain)
	if err != nil {
		return File{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err = s.reserve(int64(len(sealed.Body))); err != nil {
		return File{}, err
	}
	b, err := s.keep(owner, kind, sealed.EncSHA256, sealed.Body)
	if err != nil {
		return File{}, err
	}
	out := s.describe(b)
	sealed.Body = nil
	out.Sealed = sealed
	return out, nil
}

// Again gives a stored file a new address, as a phone does that uploads it again; its key and hashes stay what they
// were. ErrGone if the file itself is no longer there.
func (s *Store) Again(owner string, file Described) (File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bodies[keyOf(len(file.GetMediaKey()) > 0, uploadedHash(file))]
	if b == nil {
		return File{}, ErrGone
	}
	s.retire(b)
	b.owner = owner
	if err := s.address(b); err != nil {
		return File{}, err
	}
	return s.describe(b), nil
}

// Get downloads what a message describes, checks and decrypts it, as a phone does. ErrUnknown, ErrGone, ErrHash, ErrMAC,
// ErrKind.
func (s *Store) Get(kind Kind, file Described) ([]byte, error) {
	s.mu.Lock()
	b, err := s.find(pathOnly(file.GetDirectPath()))
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return Open(kind, file, b.data)
}

// Kept gives a described file even if its address is over, from what the phones have kept. ErrGone, ErrHash, ErrMAC,
// ErrKind.
func (s *Store) Kept(kind Kind, file Described) ([]byte, error) {
	s.mu.Lock()
	b := s.bodies[keyOf(len(file.GetMediaKey()) > 0, uploadedHash(file))]
	s.mu.Unlock()
	if b == nil {
		return nil, ErrGone
	}
	return Open(kind, file, b.data)
}

// Handle finds the file whose upload was answered with this handle.
func (s *Store) Handle(handle string) (kind Kind, owner string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.handles[handle]
	if b == nil {
		return "", "", false
	}
	return b.kind, b.owner, true
}

// Retire ends the address of a file, whose bytes stay for Again; false if there is no such address.
func (s *Store) Retire(directPath string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(pathOnly(directPath))
	if err != nil {
		return false
	}
	s.retire(b)
	return true
}

// Used is how many bytes are stored.
func (s *Store) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// keyOf names a body; a wrong hash's length gives a name that nothing has.
func keyOf(encrypted bool, hash []byte) bodyKey {
	key := bodyKey{encrypted: encrypted}
	copy(key.hash[:], hash)
	return key
}

// uploadedHash is the hash under which a described file was uploaded.
func uploadedHash(file Described) []byte {
	if len(file.GetMediaKey()) > 0 {
		return file.GetFileEncSHA256()
	}
	return file.GetFileSHA256()
}

// find gives the file at a path, whose time is not over. The caller holds s.mu.
func (s *Store) find(path string) (*body, error) {
	b := s.paths[path]
	if b != nil && s.clock.Now().After(b.expires) {
		s.retire(b)
		b = nil
	}
	if b != nil {
		return b, nil
	}
	if _, ok := s.gone[path]; ok {
		return nil, ErrGone
	}
	return nil, ErrUnknown
}

// keep stores data, whose bytes are reserved already, or renews the address of what is stored. The caller holds s.mu.
func (s *Store) keep(owner string, kind Kind, hash, data []byte) (*body, error) {
	key := keyOf(kind.Encrypted(), hash)
	b := s.bodies[key]
	if b != nil {
		s.used -= int64(len(data))
		s.order.MoveToBack(b.place)
	} else {
		b = &body{key: key, kind: kind, data: data, created: s.clock.Now()}
		b.place = s.order.PushBack(b)
		s.bodies[key] = b
	}
	b.owner = owner
	if b.path != "" && s.clock.Now().Before(b.expires) {
		b.expires = s.expiry()
		return b, nil
	}
	s.retire(b)
	if err := s.address(b); err != nil {
		s.drop(b)
		return nil, err
	}
	return b, nil
}

func (s *Store) expiry() time.Time { return s.clock.Now().Add(Life).Truncate(time.Second) }

// address gives a body a new path. The caller holds s.mu.
func (s *Store) address(b *body) error {
	var raw [40]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return fmt.Errorf("draw the file's address: %w", err)
	}
	t, _ := traitsOf(b.kind)
	name := fmt.Sprintf("%d_%d_%d_n", number(raw[0:4]), number(raw[4:12]), number(raw[12:20]))
	if t.keys != "" {
		name += ".enc"
	}
	b.path, b.expires = t.folder+"/"+name, s.expiry()
	s.paths[b.path] = b
	if b.kind == History || t.prefix == "newsletter" {
		b.handle = base64.RawURLEncoding.EncodeToString(raw[20:])
		s.handles[b.handle] = b
	}
	return nil
}

// number makes digits of random bytes, with the first bit left out, as addresses have them.
func number(raw []byte) uint64 {
	n := uint64(raw[0] & 0x7f)
	for _, c := range raw[1:] {
		n = n<<8 | uint64(c)
	}
	return n
}

// retire ends a body's address. The caller holds s.mu.
func (s *Store) retire(b *body) {
	if b.path == "" {
		return
	}
	delete(s.paths, b.path)
	delete(s.handles, b.handle)
	s.gone[b.path] = struct{}{}
	s.goneList.PushBack(b.path)
	if s.goneList.Len() > maxGone {
		oldest, _ := s.goneList.Remove(s.goneList.Front()).(string)
		delete(s.gone, oldest)
	}
	b.path, b.handle = "", ""
}

// drop forgets a body. The caller holds s.mu.
func (s *Store) drop(b *body) {
	s.retire(b)
	s.order.Remove(b.place)
	delete(s.bodies, b.key)
	s.used -= int64(len(b.data))
}

// reserve counts n bytes more, for which what is oldest goes. The caller holds s.mu.
func (s *Store) reserve(n int64) error {
	for s.used+n > s.max {
		if s.dropPartial() {
			continue
		}
		front := s.order.Front()
		if front == nil {
			return ErrFull
		}
		b, _ := front.Value.(*body)
		s.drop(b)
	}
	s.used += n
	return nil
}

func (s *Store) release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
}

// HandleOf is what the upload of the file at a direct path was answered with, which a message to a channel names; "" for
// none.
func (s *Store) HandleOf(directPath string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(pathOnly(directPath))
	if err != nil {
		return ""
	}
	return b.handle
}

func (s *Store) describe(b *body) File {
	direct := b.path + "?" + s.signature(b.path, b.expires)
	return File{
		Sealed:     Sealed{EncSHA256: bytes.Clone(b.key.hash[:])},
		DirectPath: direct, URL: publicHost + direct + "&mms3=true", Handle: b.handle, StoredAt: b.created,
	}
}

// signature is the query of an address: until when it is good (oe) and that the hosts gave it out (oh).
func (s *Store) signature(path string, expires time.Time) string {
	end := strconv.FormatInt(expires.Unix(), 16)
	return "ccb=11-4&oh=" + s.sign(path, end) + "&oe=" + end + "&_nc_sid=5e03e0"
}
