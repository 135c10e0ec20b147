package media

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// idle is how long a sender may pause.
const idle = time.Minute

// Paths are the beginnings of the media hosts' paths.
func Paths() []string { return []string{"/mms/", "/newsletter/", "/v/", "/m1/"} }

// answer is what an upload is answered with.
type answer struct {
	URL        string `json:"url,omitempty"`
	DirectPath string `json:"direct_path,omitempty"`
	Handle     string `json:"handle,omitempty"`
	Resume     string `json:"resume,omitempty"`
	Error      string `json:"error,omitempty"`
}

// ServeHTTP is every media host:
//
//	POST   /mms/KIND/HASH?auth=…&token=HASH                upload; /newsletter/ for channels
//	POST   …&resume=1                                      how much of it is there: "complete", or a number of bytes
//	POST   …&file_offset=N                                 go on from there
//	DELETE /mms/KIND/HASH?auth=…&token=HASH&d_md=…          forget (whatsmeow, DeleteMedia)
//	GET    /v/…?ccb=…&oh=…&oe=…[&hash=…]                    download, in parts if asked for
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://web.whatsapp.com")
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE, OPTIONS")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Range")
		w.WriteHeader(http.StatusNoContent)
	case strings.HasPrefix(r.URL.Path, "/v/"), strings.HasPrefix(r.URL.Path, "/m1/"):
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			respond(w, http.StatusMethodNotAllowed, answer{Error: "files are read here"})
			return
		}
		s.download(w, r)
	default:
		s.change(w, r)
	}
}

// change is an upload or a deletion: both name a kind and a hash, and carry a token of their sender.
func (s *Store) change(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	if len(parts) != 3 {
		respond(w, http.StatusNotFound, answer{Error: "no such path"})
		return
	}
	t, ok := traitsOf(Kind(parts[1]))
	if !ok || t.prefix != parts[0] {
		respond(w, http.StatusNotFound, answer{Error: "no such kind of file"})
		return
	}
	hash, ok := decodeHash(parts[2])
	token, tokenOK := decodeHash(query.Get("token"))
	if !ok || !tokenOK || !bytes.Equal(hash, token) {
		respond(w, http.StatusBadRequest, answer{Error: "token: the SHA-256 of what is uploaded, in base64 for URLs, in path and query"})
		return
	}
	owner, ok := s.authorized(query.Get("auth"))
	if !ok {
		respond(w, http.StatusUnauthorized, answer{Error: "auth: a token of a media_conn query that is not older than its auth_ttl"})
		return
	}
	if !s.undisturbed(w, r, owner) {
		return
	}
	key := keyOf(t.keys != "", hash)
	switch r.Method {
	case http.MethodPost:
		s.upload(w, r, owner, Kind(parts[1]), key)
	case http.MethodDelete:
		s.remove(w, r, owner, key)
	default:
		respond(w, http.StatusMethodNotAllowed, answer{Error: "files are uploaded and deleted here"})
	}
}

// undisturbed lets trouble happen and says whether the request goes on.
func (s *Store) undisturbed(w http.ResponseWriter, r *http.Request, owner string) bool {
	trouble := s.trouble(owner, r)
	if !s.clock.Wait(r.Context(), trouble.Delay) {
		return false
	}
	if trouble.Status != 0 {
		respond(w, trouble.Status, answer{Error: http.StatusText(trouble.Status)})
		return false
	}
	return true
}

func (s *Store) trouble(owner string, r *http.Request) Trouble {
	if s.interfere == nil {
		return Trouble{}
	}
	return s.interfere(owner, r)
}

func (s *Store) upload(w http.ResponseWriter, r *http.Request, owner string, kind Kind, key bodyKey) {
	t, _ := traitsOf(kind)
	query := r.URL.Query()
	if query.Get("resume") == "1" {
		file, offset := s.progress(key)
		if file != nil {
			respond(w, http.StatusOK, answer{URL: file.URL, DirectPath: file.DirectPath, Handle: file.Handle, Resume: "complete"})
			return
		}
		respond(w, http.StatusOK, answer{Resume: strconv.Itoa(offset)})
		return
	}
	offset := int64(0)
	if text := query.Get("file_offset"); text != "" {
		var err error
		if offset, err = strconv.ParseInt(text, 10, 64); err != nil || offset < 0 {
			respond(w, http.StatusBadRequest, answer{Error: "file_offset: a number of bytes"})
			return
		}
	}
	if offset > t.limit || r.ContentLength > t.limit-offset {
		respond(w, http.StatusRequestEntityTooLarge, answer{Error: "file too large for its kind"})
		return
	}
	before, err := s.begin(key, offset)
	if err != nil {
		respond(w, http.StatusRequestedRangeNotSatisfiable, answer{Error: err.Error()})
		return
	}
	src := &patient{body: http.MaxBytesReader(w, r.Body, t.limit-offset), control: http.NewResponseController(w)}
	data, err := s.receive(key, before, src)
	if err == nil && len(data) == 0 {
		err = ErrHash
	}
	if err != nil {
		respond(w, statusOf(err), answer{Error: err.Error()})
		return
	}
	file, err := s.finish(owner, kind, key, data)
	if err != nil {
		respond(w, statusOf(err), answer{Error: err.Error()})
		return
	}
	respond(w, http.StatusOK, answer{URL: file.URL, DirectPath: file.DirectPath, Handle: file.Handle})
}

// patient is a body that may pause, but not for ever.
type patient struct {
	body    io.Reader
	control *http.ResponseController
}

func (p *patient) Read(buffer []byte) (int, error) {
	// Not every ResponseWriter has deadlines; those that lack them are tests'.
	_ = p.control.SetReadDeadline(time.Now().Add(idle))
	return p.body.Read(buffer)
}

func statusOf(err error) int {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrFull):
		return http.StatusInsufficientStorage
	case errors.Is(err, ErrGone):
		return http.StatusGone
	case errors.Is(err, ErrUnknown):
		return http.StatusNotFound
	default:
		return http.StatusBadRequest
	}
}

func (s *Store) remove(w http.ResponseWriter, r *http.Request, owner string, key bodyKey) {
	query := r.URL.Query()
	path, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(query.Get("d_md"), "="))
	if err != nil {
		respond(w, http.StatusBadRequest, answer{Error: "d_md: the direct path in base64 for URLs"})
		return
	}
	s.mu.Lock()
	b, err := s.find(pathOnly(string(path)))
	status := http.StatusOK
	switch {
	case err != nil:
		status = statusOf(err)
	case b.key != key || b.owner != owner || (query.Has("e_handle") && query.Get("e_handle") != b.handle):
		status, err = http.StatusForbidden, errors.New("not the owner's file")
	default:
		s.drop(b)
	}
	s.mu.Unlock()
	if err != nil {
		respond(w, status, answer{Error: err.Error()})
		return
	}
	respond(w, status, answer{})
}

func (s *Store) download(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !s.signed(r.URL.Path, query) {
		respond(w, http.StatusForbidden, answer{Error: "URL signature mismatch"})
		return
	}
	s.mu.Lock()
	b, err := s.find(r.URL.Path)
	s.mu.Unlock()
	if err != nil {
		respond(w, statusOf(err), answer{Error: err.Error()})
		return
	}
	if text := query.Get("hash"); text != "" {
		if hash, ok := decodeHash(text); !ok || !bytes.Equal(hash, b.key.hash[:]) {
			respond(w, http.StatusNotFound, answer{Error: "another file has this hash"})
			return
		}
	}
	trouble := s.trouble(b.owner, r)
	if !s.clock.Wait(r.Context(), trouble.Delay) {
		return
	}
	if trouble.Status != 0 {
		respond(w, trouble.Status, answer{Error: http.StatusText(trouble.Status)})
		return
	}
	data := b.data
	if trouble.Damage && len(data) > 0 {
		data = bytes.Clone(data)
		data[len(data)/2] ^= 1
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "public, max-age=1209600")
	http.ServeContent(w, r, "", b.created, bytes.NewReader(data))
}

func respond(w http.ResponseWriter, status int, body answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Whoever asked has gone if this fails.
	_ = json.NewEncoder(w).Encode(body)
}
