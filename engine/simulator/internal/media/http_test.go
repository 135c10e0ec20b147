package media_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

const owner = "27821234567"

type hosts struct {
	t     *testing.T
	store *media.Store
	clock *clock.Clock
	auth  string
}

func newHosts(t *testing.T, maxBytes int64, interfere func(string, *http.Request) media.Trouble) *hosts {
	t.Helper()
	c := new(clock.Clock)
	s, err := media.NewStore(media.Options{Clock: c, MaxBytes: maxBytes, Interfere: interfere})
	require.NoError(t, err)
	return &hosts{t: t, store: s, clock: c, auth: s.Authorize(owner)}
}

type reply struct {
	URL        string `json:"url"`
	DirectPath string `json:"direct_path"`
	Handle     string `json:"handle"`
	Resume     string `json:"resume"`
	Error      string `json:"error"`
}

func (h *hosts) do(method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(h.t.Context(), method, "https://mmg.whatsapp.net"+target, body)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.store.ServeHTTP(w, r)
	return w
}

func token(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.URLEncoding.EncodeToString(sum[:])
}

func (h *hosts) upload(path string, data []byte, more string) (int, reply) {
	h.t.Helper()
	return h.uploadAs(path, token(data), bytes.NewReader(data), more)
}

func (h *hosts) uploadAs(path, hash string, body io.Reader, more string) (int, reply) {
	h.t.Helper()
	q := url.Values{"auth": {h.auth}, "token": {hash}}
	w := h.do(http.MethodPost, path+"/"+hash+"?"+q.Encode()+more, body)
	var out reply
	require.NoError(h.t, json.NewDecoder(w.Body).Decode(&out))
	return w.Code, out
}

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	sealed, err := media.Seal(media.Image, []byte("a picture"))
	require.NoError(t, err)
	status, up := h.upload("/mms/image", sealed.Body, "")
	require.Equal(t, http.StatusOK, status, up.Error)
	require.True(t, strings.HasPrefix(up.URL, "https://mmg.whatsapp.net/v/t62.7118-24/"))
	require.Contains(t, up.DirectPath, "?", "clients append to the query")

	got := h.do(http.MethodGet, up.DirectPath+"&hash="+token(sealed.Body)+"&mms-type=image&__wa-mms=", nil)
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, sealed.Body, got.Body.Bytes())
	part := h.do(http.MethodGet, up.DirectPath, nil, "Range", "bytes=4-7")
	require.Equal(t, http.StatusPartialContent, part.Code)
	require.Equal(t, sealed.Body[4:8], part.Body.Bytes())
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, h.do(http.MethodGet, up.DirectPath, nil, "Range", "bytes=999-").Code)

	plain, err := h.store.Get(media.Image, &waE2E.ImageMessage{
		DirectPath: &up.DirectPath, MediaKey: sealed.Key, FileSHA256: sealed.SHA256, FileEncSHA256: sealed.EncSHA256,
	})
	require.NoError(t, err)
	require.Equal(t, "a picture", string(plain))

	_, twice := h.upload("/mms/image", sealed.Body, "")
	require.Equal(t, strings.Split(up.DirectPath, "?")[0], strings.Split(twice.DirectPath, "?")[0])
	require.EqualValues(t, len(sealed.Body), h.store.Used())
	require.Equal(t, http.StatusNoContent, h.do(http.MethodOptions, "/mms/image", nil).Code)
}

func TestDownloadRefuses(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	_, up := h.upload("/mms/document", []byte("some file"), "")
	require.Equal(t, http.StatusForbidden, h.do(http.MethodGet, strings.Split(up.DirectPath, "?")[0], nil).Code)
	require.Equal(t, http.StatusForbidden, h.do(http.MethodGet, strings.Replace(up.DirectPath, "oe=", "oe=f", 1), nil).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, up.DirectPath+"&hash="+token(nil), nil).Code)
	require.Equal(t, http.StatusMethodNotAllowed, h.do(http.MethodPost, up.DirectPath, nil).Code)

	h.clock.Advance(media.Life + time.Second)
	require.Equal(t, http.StatusGone, h.do(http.MethodGet, up.DirectPath, nil).Code)
	sum := sha256.Sum256([]byte("some file"))
	again, err := h.store.Again(owner, &waE2E.DocumentMessage{MediaKey: []byte{1}, FileEncSHA256: sum[:]})
	require.NoError(t, err)
	require.NotEqual(t, up.DirectPath, again.DirectPath)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, again.DirectPath, nil).Code)
	require.True(t, h.store.Retire(again.DirectPath))
	require.False(t, h.store.Retire(again.DirectPath))
	require.Equal(t, http.StatusGone, h.do(http.MethodGet, again.DirectPath, nil).Code)
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 1<<20, nil)
	data := []byte("some file")
	good := h.auth
	for _, bad := range []struct {
		path, hash, auth string
		body             string
		status           int
	}{
		{"/mms/image", token(data), "nonsense", "some file", http.StatusUnauthorized},
		{"/mms/image", token(data), "", "some file", http.StatusUnauthorized},
		{"/mms/image", token(data), good[:len(good)-2] + "AA", "some file", http.StatusUnauthorized},
		{"/mms/image", token(data), good, "another file", http.StatusBadRequest},
		{"/mms/image", token(nil), good, "", http.StatusBadRequest},
		{"/mms/image", "short", good, "some file", http.StatusBadRequest},
		{"/mms/film", token(data), good, "some file", http.StatusNotFound},
		{"/newsletter/image", token(data), good, "some file", http.StatusNotFound},
		{"/mms/image/more", token(data), good, "some file", http.StatusNotFound},
		{"/mms/thumbnail-link", token(data), good, strings.Repeat("x", 1<<20+1), http.StatusRequestEntityTooLarge},
		{"/mms/image", token(data), good, strings.Repeat("x", 1<<20+1), http.StatusInsufficientStorage},
	} {
		h.auth = bad.auth
		status, answer := h.uploadAs(bad.path, bad.hash, strings.NewReader(bad.body), "")
		require.Equal(t, bad.status, status, "%s: %v", bad.path, answer)
		require.NotEmpty(t, answer.Error)
	}
	// The same without the length in the header.
	h.auth = good
	status, _ := h.uploadAs("/mms/thumbnail-link", token(data), io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20+1))), "")
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Zero(t, h.store.Used())
	h.clock.Advance(media.AuthLife + time.Second)
	status, _ = h.upload("/mms/image", data, "")
	require.Equal(t, http.StatusUnauthorized, status)
}

// breaking is a sender that goes away in the middle.
type breaking struct{ left []byte }

func (b *breaking) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

func TestResumedUpload(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	data := bytes.Repeat([]byte("0123456789"), 1000)
	hash := token(data)
	resume := func() reply {
		status, answer := h.uploadAs("/mms/video", hash, nil, "&resume=1")
		require.Equal(t, http.StatusOK, status)
		return answer
	}
	require.Equal(t, "0", resume().Resume)
	status, _ := h.uploadAs("/mms/video", hash, &breaking{data[:4000]}, "")
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "4000", resume().Resume)
	status, _ = h.uploadAs("/mms/video", hash, &breaking{data[:10]}, "")
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "4000", resume().Resume, "what went further stays")
	status, _ = h.uploadAs("/mms/video", hash, bytes.NewReader(data[5000:]), "&file_offset=5000")
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, status)
	status, _ = h.uploadAs("/mms/video", hash, nil, "&file_offset=-1")
	require.Equal(t, http.StatusBadRequest, status)
	status, up := h.uploadAs("/mms/video", hash, bytes.NewReader(data[4000:]), "&file_offset=4000")
	require.Equal(t, http.StatusOK, status, up.Error)
	require.EqualValues(t, len(data), h.store.Used())
	require.Equal(t, data, h.do(http.MethodGet, up.DirectPath, nil).Body.Bytes())
	done := resume()
	require.Equal(t, "complete", done.Resume)
	require.Equal(t, up.DirectPath, done.DirectPath)
}

func TestPartialUploadsAreForgotten(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	hash := token([]byte("never complete"))
	_, _ = h.uploadAs("/mms/video", hash, &breaking{[]byte("never")}, "")
	require.EqualValues(t, 5, h.store.Used())
	h.clock.Advance(25 * time.Hour)
	h.auth = h.store.Authorize(owner)
	_, answer := h.uploadAs("/mms/video", hash, nil, "&resume=1")
	require.Equal(t, "0", answer.Resume)
	for i := range 100 {
		_, _ = h.uploadAs("/mms/video", token([]byte{byte(i)}), &breaking{[]byte("never")}, "")
	}
	require.EqualValues(t, 64*5, h.store.Used())
}

func TestDelete(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	file, err := h.store.Put(owner, media.History, []byte("what was said"))
	require.NoError(t, err)
	hash := base64.URLEncoding.EncodeToString(file.EncSHA256)
	path, _, _ := strings.Cut(file.DirectPath, "?")
	remove := func(auth, handle, path string) int {
		q := url.Values{"auth": {auth}, "token": {hash}, "d_md": {base64.RawURLEncoding.EncodeToString([]byte(path))}, "e_handle": {handle}}
		return h.do(http.MethodDelete, "/mms/md-msg-hist/"+hash+"?"+q.Encode(), nil).Code
	}
	require.Equal(t, http.StatusForbidden, remove(h.store.Authorize("27820000000"), file.Handle, path))
	require.Equal(t, http.StatusForbidden, remove(h.auth, "wrong", path))
	require.Equal(t, http.StatusNotFound, remove(h.auth, file.Handle, "/v/elsewhere"))
	require.Equal(t, http.StatusOK, remove(h.auth, file.Handle, path))
	require.Equal(t, http.StatusGone, remove(h.auth, file.Handle, path))
	require.Equal(t, http.StatusGone, h.do(http.MethodGet, file.DirectPath, nil).Code)
	require.Zero(t, h.store.Used())
}

func TestNewsletterHandle(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 0, nil)
	status, up := h.upload("/newsletter/newsletter-image", []byte("for all"), "")
	require.Equal(t, http.StatusOK, status)
	kind, who, ok := h.store.Handle(up.Handle)
	require.True(t, ok)
	require.Equal(t, media.NewsletterImage, kind)
	require.Equal(t, owner, who)
	_, _, ok = h.store.Handle("")
	require.False(t, ok)
	require.Equal(t, "for all", h.do(http.MethodGet, up.DirectPath+"&hash=&mms-type=", nil).Body.String())
}

func TestOldestGoWhenFull(t *testing.T) {
	t.Parallel()
	h := newHosts(t, 100, nil)
	_, first := h.upload("/mms/image", bytes.Repeat([]byte{1}, 60), "")
	_, _ = h.uploadAs("/mms/image", token(nil), &breaking{bytes.Repeat([]byte{2}, 30)}, "")
	require.EqualValues(t, 90, h.store.Used())
	_, second := h.upload("/mms/image", bytes.Repeat([]byte{3}, 50), "")
	require.Equal(t, http.StatusGone, h.do(http.MethodGet, first.DirectPath, nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, second.DirectPath, nil).Code)
	require.EqualValues(t, 50, h.store.Used())
	_, err := h.store.Put(owner, media.Image, make([]byte, 200))
	require.ErrorIs(t, err, media.ErrFull)
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	var next media.Trouble
	h := newHosts(t, 0, func(string, *http.Request) media.Trouble { return next })
	_, up := h.upload("/mms/image", []byte("some file"), "")
	next = media.Trouble{Status: http.StatusGone}
	require.Equal(t, http.StatusGone, h.do(http.MethodGet, up.DirectPath, nil).Code)
	status, _ := h.upload("/mms/image", []byte("some file"), "")
	require.Equal(t, http.StatusGone, status)
	next = media.Trouble{Damage: true}
	require.NotEqual(t, "some file", h.do(http.MethodGet, up.DirectPath, nil).Body.String())
	next = media.Trouble{}
	require.Equal(t, "some file", h.do(http.MethodGet, up.DirectPath, nil).Body.String(), "the damage is in the answer alone")
}

func FuzzHosts(f *testing.F) {
	f.Add("POST", "/mms/image/AAAA?auth=x&token=y", []byte("z"))
	f.Add("GET", "/v/t62.7118-24/1_2_3_n.enc?oh=01_&oe=ff", []byte(nil))
	f.Add("DELETE", "/mms/md-msg-hist/AA?d_md=%zz", []byte(nil))
	f.Add("POST", "/mms//?file_offset=9223372036854775807", []byte(nil))
	f.Fuzz(func(t *testing.T, method, target string, body []byte) {
		parsed, err := url.ParseRequestURI(target)
		if err != nil || method == "" {
			return
		}
		s, err := media.NewStore(media.Options{MaxBytes: 1000})
		require.NoError(t, err)
		q := parsed.Query()
		q.Set("auth", s.Authorize(owner))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		r.Method = method
		parsed.RawQuery = q.Encode()
		r.URL = parsed
		s.ServeHTTP(httptest.NewRecorder(), r)
		require.LessOrEqual(t, s.Used(), int64(1000))
	})
}
