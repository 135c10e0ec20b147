package media

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxPartials = 64
	partialLife = 24 * time.Hour
)

// partial is an upload that was cut off, from which its sender can go on.
type partial struct {
	data  []byte
	since time.Time
}

var errOffset = errors.New("media: the upload can't go on from there")

// progress says how much of a file is there; all of it if file is not nil.
func (s *Store) progress(key bodyKey) (file *File, offset int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bodies[key]; b != nil && b.path != "" && s.clock.Now().Before(b.expires) {
		out := s.describe(b)
		return &out, len(b.data)
	}
	s.expirePartials()
	if p := s.partials[key]; p != nil {
		return nil, len(p.data)
	}
	return nil, 0
}

// begin takes an upload up at an offset, which must not be beyond what is there.
func (s *Store) begin(key bodyKey, offset int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expirePartials()
	p := s.partials[key]
	if offset == 0 {
		return nil, nil // what there is stays in case that this one goes less far
	}
	if p == nil || offset < 0 || offset > int64(len(p.data)) {
		return nil, errOffset
	}
	delete(s.partials, key)
	s.used -= int64(len(p.data)) - offset
	return p.data[:offset:offset], nil
}

// receive reads an upload to its end. What it read so far is kept for later if the sender breaks off.
func (s *Store) receive(key bodyKey, from []byte, src io.Reader) ([]byte, error) {
	data := from
	buffer := make([]byte, 32*kib)
	for {
		n, err := src.Read(buffer)
		if n > 0 {
			s.mu.Lock()
			full := s.reserve(int64(n))
			s.mu.Unlock()
			if full != nil {
				s.release(int64(len(data)))
				return nil, full
			}
			data = append(data, buffer[:n]...)
		}
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			s.release(int64(len(data)))
			return nil, err
		}
		if err != nil {
			s.suspend(key, data)
			return nil, err
		}
	}
}

// suspend keeps the beginning of an upload, unless more of it is there already.
func (s *Store) suspend(key bodyKey, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.partials[key]; old != nil {
		if len(old.data) >= len(data) {
			s.used -= int64(len(data))
			return
		}
		s.used -= int64(len(old.data))
		delete(s.partials, key)
	}
	for len(s.partials) >= maxPartials {
		s.dropPartial()
	}
	s.partials[key] = &partial{data: data, since: s.clock.Now()}
}

// finish stores an upload that is complete; ErrHash if it is another file than it was said to be.
func (s *Store) finish(owner string, kind Kind, key bodyKey, data []byte) (File, error) {
	sum := sha256.Sum256(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if sum != key.hash {
		s.used -= int64(len(data))
		return File{}, ErrHash
	}
	if p := s.partials[key]; p != nil {
		s.used -= int64(len(p.data))
		delete(s.partials, key)
	}
	b, err := s.keep(owner, kind, key.hash[:], data)
	if err != nil {
		return File{}, err
	}
	return s.describe(b), nil
}

// dropPartial forgets the oldest of the uploads that were cut off. The caller holds s.mu.
func (s *Store) dropPartial() bool {
	var oldest bodyKey
	var found *partial
	for key, p := range s.partials {
		if found == nil || p.since.Before(found.since) {
			oldest, found = key, p
		}
	}
	if found == nil {
		return false
	}
	delete(s.partials, oldest)
	s.used -= int64(len(found.data))
	return true
}

// expirePartials forgets what nobody came back for. The caller holds s.mu.
func (s *Store) expirePartials() {
	for key, p := range s.partials {
		if s.clock.Now().Sub(p.since) > partialLife {
			delete(s.partials, key)
			s.used -= int64(len(p.data))
		}
	}
}
