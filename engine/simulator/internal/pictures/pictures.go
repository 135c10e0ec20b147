package pictures

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Prefix begins every picture's path, as on WhatsApp's picture host.
const Prefix = "/v/t61.24694-24/"

const (
	// MaxSize bounds a picture's bytes; clients send 640×640 pixels in less than a tenth of that.
	MaxSize = 1 << 20
	// maxSide bounds the pixels that have to be decoded for the preview.
	maxSide = 2048
	// previewSide is what the longer side of a preview measures.
	previewSide    = 96
	previewQuality = 80
)

// ErrFormat refuses what is not a JPEG, or one that is too large.
var ErrFormat = errors.New("not a usable JPEG picture")

// Picture is an owner's current picture.
type Picture struct {
	// ID is a number that grows with every change.
	ID            string
	Full, Preview Image
}

// Image is one size of a picture.
type Image struct {
	Path string
	Hash string // SHA-256 of the data, in base64
	Data []byte
}

// Store keeps pictures by owner. The zero value is ready; its methods may be called at once from many goroutines.
type Store struct {
	mu     sync.Mutex
	last   int64
	owners map[string]Picture
	paths  map[string][]byte
}

// Set replaces an owner's picture. ErrFormat.
func (s *Store) Set(owner string, data []byte, now time.Time) (Picture, error) {
	small, err := shrink(data)
	if err != nil {
		return Picture{}, err
	}
	full, preview := newImage(bytes.Clone(data), "n"), newImage(small, "p")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owners == nil {
		s.owners, s.paths = make(map[string]Picture), make(map[string][]byte)
	}
	s.remove(owner)
	s.last = max(s.last+1, now.Unix())
	picture := Picture{ID: strconv.FormatInt(s.last, 10), Full: full, Preview: preview}
	s.owners[owner] = picture
	s.paths[full.Path], s.paths[preview.Path] = full.Data, preview.Data
	return picture, nil
}

// Get finds an owner's picture.
func (s *Store) Get(owner string) (Picture, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	picture, ok := s.owners[owner]
	return picture, ok
}

// Remove takes an owner's picture away and says whether there was one.
func (s *Store) Remove(owner string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(owner)
}

// Fetch finds the data at a path; false once the picture was replaced or removed.
func (s *Store) Fetch(path string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.paths[path]
	return data, ok
}

func (s *Store) remove(owner string) bool {
	old, ok := s.owners[owner]
	delete(s.owners, owner)
	delete(s.paths, old.Full.Path)
	delete(s.paths, old.Preview.Path)
	return ok
}

func newImage(data []byte, size string) Image {
	sum := sha256.Sum256(data)
	var salt [8]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(salt[:])
	name := strings.Join([]string{hex.EncodeToString(salt[:]), hex.EncodeToString(sum[:8]), size}, "_")
	return Image{Path: Prefix + name + ".jpg", Hash: base64.StdEncoding.EncodeToString(sum[:]), Data: data}
}

// Check says whether Set would take a picture. ErrFormat.
func Check(data []byte) error {
	_, err := shrink(data)
	return err
}

// shrink checks a picture and makes its preview.
func shrink(data []byte) ([]byte, error) {
	if len(data) == 0 || len(data) > MaxSize {
		return nil, ErrFormat
	}
	head, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || head.Width > maxSide || head.Height > maxSide || head.Width < 1 || head.Height < 1 {
		return nil, ErrFormat
	}
	full, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrFormat
	}
	var out bytes.Buffer
	if err = jpeg.Encode(&out, scale(full), &jpeg.Options{Quality: previewQuality}); err != nil {
		return nil, fmt.Errorf("encode preview: %w", err)
	}
	return out.Bytes(), nil
}

// scale takes the nearest pixel, which is good enough to see whose picture it is.
func scale(full image.Image) image.Image {
	bounds := full.Bounds()
	longer := max(bounds.Dx(), bounds.Dy(), previewSide)
	width, height := max(bounds.Dx()*previewSide/longer, 1), max(bounds.Dy()*previewSide/longer, 1)
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			small.Set(x, y, full.At(bounds.Min.X+x*bounds.Dx()/width, bounds.Min.Y+y*bounds.Dy()/height))
		}
	}
	return small
}
