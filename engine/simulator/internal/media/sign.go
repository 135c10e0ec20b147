package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"time"
)

const (
	// AuthLife is how long a token for uploads is good.
	AuthLife = 6 * time.Hour
	maxOwner = 64
)

// Authorize gives the token that owner's uploads carry for six hours.
func (s *Store) Authorize(owner string) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(s.clock.Now().Add(AuthLife).Unix()))
	raw = append(raw, owner...)
	return base64.RawURLEncoding.EncodeToString(append(raw, s.hmac("auth", raw)...))
}

// authorized says whose token this is; false for one that is over or was never given.
func (s *Store) authorized(token string) (owner string, ok bool) {
	if len(token) > 4*maxOwner {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 8+sha256.Size {
		return "", false
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(mac, s.hmac("auth", body)) || s.clock.Now().Unix() > int64(binary.BigEndian.Uint64(body)) {
		return "", false
	}
	return string(body[8:]), true
}

func (s *Store) hmac(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	h.Write([]byte(purpose))
	for _, part := range parts {
		h.Write([]byte{0})
		h.Write(part)
	}
	return h.Sum(nil)
}

// sign makes the hash in a file's address.
func (s *Store) sign(path, end string) string {
	return "01_" + base64.RawURLEncoding.EncodeToString(s.hmac("path", []byte(path), []byte(end)))
}

// signed says whether the hosts gave out this address.
func (s *Store) signed(path string, query url.Values) bool {
	return hmac.Equal([]byte(query.Get("oh")), []byte(s.sign(path, query.Get("oe"))))
}

// pathOnly is an address without its query.
func pathOnly(direct string) string {
	path, _, _ := strings.Cut(direct, "?")
	return path
}

// decodeHash reads a SHA-256 in URL form, with or without its padding.
func decodeHash(text string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	return raw, err == nil && len(raw) == sha256.Size
}
