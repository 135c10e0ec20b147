package media

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/util/hkdfutil"
)

// What can be wrong with a file that was downloaded.
var (
	ErrHash = errors.New("media: the file is not the one that its hash names")
	ErrMAC  = errors.New("media: the file's MAC is wrong")
	ErrKind = errors.New("media: no such kind of file")
)

const (
	keySize  = 32
	macSize  = 10
	sideSize = 64 * kib // of the windows that a sidecar has a MAC for
)

// Sealed is a file as it is uploaded, and what its receiver has to know of it.
type Sealed struct {
	Body      []byte // ciphertext and MAC, or the file itself if its kind isn't encrypted
	Key       []byte // nil if it isn't
	EncSHA256 []byte // of Body
	SHA256    []byte // of the plaintext
	Length    uint64 // of the plaintext
	Sidecar   []byte // one MAC for each 64 KiB, so that sound and film can be checked while they play
}

// secrets are what a media key is expanded to (whatsmeow, getMediaKeys).
type secrets struct{ iv, cipher, mac []byte }

func expand(key []byte, purpose string) secrets {
	raw := hkdfutil.SHA256(key, nil, []byte(purpose), 112)
	return secrets{raw[:16], raw[16:48], raw[48:80]}
}

// Seal encrypts a file with a new key; ErrKind.
func Seal(kind Kind, plain []byte) (Sealed, error) {
	t, ok := traitsOf(kind)
	if !ok {
		return Sealed{}, ErrKind
	}
	sum := sha256.Sum256(plain)
	out := Sealed{SHA256: sum[:], Length: uint64(len(plain))}
	if t.keys == "" {
		out.Body, out.EncSHA256 = bytes.Clone(plain), sum[:]
		return out, nil
	}
	out.Key = make([]byte, keySize)
	if _, err := rand.Read(out.Key); err != nil {
		return Sealed{}, fmt.Errorf("draw media key: %w", err)
	}
	s := expand(out.Key, t.keys)
	block, err := aes.NewCipher(s.cipher)
	if err != nil {
		return Sealed{}, fmt.Errorf("media key: %w", err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	out.Body = make([]byte, len(plain)+padding, len(plain)+padding+macSize)
	copy(out.Body, plain)
	copy(out.Body[len(plain):], bytes.Repeat([]byte{byte(padding)}, padding))
	cipher.NewCBCEncrypter(block, s.iv).CryptBlocks(out.Body, out.Body)
	out.Body = append(out.Body, sign(s.mac, s.iv, out.Body)...)
	enc := sha256.Sum256(out.Body)
	out.EncSHA256 = enc[:]
	if kind == Video || kind == Audio || kind == Voice {
		out.Sidecar = sidecar(s.mac, out.Body)
	}
	return out, nil
}

// sidecar covers each 64 KiB of the upload and the block that follows.
func sidecar(key, body []byte) []byte {
	var out []byte
	for from := 0; from < len(body); from += sideSize {
		out = append(out, sign(key, body[from:min(from+sideSize+aes.BlockSize, len(body))])...)
	}
	return out
}

func sign(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)[:macSize]
}

// Described is what a message tells of its file; the file kinds of WhatsApp's messages are all of this form.
type Described interface {
	GetDirectPath() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileEncSHA256() []byte
}

// Open checks and decrypts what was downloaded; it leaves body as it is. ErrHash, ErrMAC, ErrKind.
func Open(kind Kind, file Described, body []byte) ([]byte, error) {
	t, ok := traitsOf(kind)
	if !ok {
		return nil, ErrKind
	}
	plain := body
	if len(file.GetMediaKey()) > 0 && t.keys != "" {
		if sum := sha256.Sum256(body); !hmac.Equal(sum[:], file.GetFileEncSHA256()) {
			return nil, ErrHash
		}
		var err error
		if plain, err = decrypt(expand(file.GetMediaKey(), t.keys), body); err != nil {
			return nil, err
		}
	}
	if sum := sha256.Sum256(plain); !hmac.Equal(sum[:], file.GetFileSHA256()) {
		return nil, ErrHash
	}
	return plain, nil
}

func decrypt(s secrets, body []byte) ([]byte, error) {
	length := len(body) - macSize
	if length < aes.BlockSize || length%aes.BlockSize != 0 {
		return nil, ErrMAC
	}
	if !hmac.Equal(sign(s.mac, s.iv, body[:length]), body[length:]) {
		return nil, ErrMAC
	}
	block, err := aes.NewCipher(s.cipher)
	if err != nil {
		return nil, fmt.Errorf("media key: %w", err)
	}
	plain := make([]byte, length)
	cipher.NewCBCDecrypter(block, s.iv).CryptBlocks(plain, body[:length])
	padding := int(plain[length-1])
	if padding == 0 || padding > aes.BlockSize || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, ErrMAC
	}
	return plain[:length-padding], nil
}
