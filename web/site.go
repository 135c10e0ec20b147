package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// site serves one single-page application out of a folder.
type site struct {
	files map[string]file
	page  string // the page that answers for paths that are no file
	home  string // the site's own address, whose page needs no wish for HTML
}

// file is a file of the folder, ready to be sent.
type file struct {
	plain  []byte
	packed []byte // gzip, nil if there is none
	mime   string
	etag   string
	cache  string
}

func newSite(folder fs.FS, page, home string) *site {
	s := &site{files: make(map[string]file), page: page, home: home}
	// Reading embedded files cannot fail; a folder that can't be read is
	// served as empty, which the fallback's 404 then shows.
	_ = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".gz") {
			return err
		}
		f, err := load(folder, name)
		s.files[name] = f
		return err
	})
	if _, built := s.files[page]; !built {
		s.page = stubPage
	}
	// Some ask for this name without having read the page that names the icon.
	if icon, ok := s.files["bud.svg"]; ok {
		s.files["favicon.ico"] = icon
	}
	return s
}

func load(folder fs.FS, name string) (file, error) {
	plain, err := fs.ReadFile(folder, name)
	if err != nil {
		return file{}, err
	}
	packed, err := fs.ReadFile(folder, name+".gz")
	if err != nil {
		packed = nil
	}
	sum := sha256.Sum256(plain)
	f := file{plain: plain, packed: packed, mime: typeOf(name), etag: hex.EncodeToString(sum[:8]), cache: "no-cache"}
	if strings.HasPrefix(name, "assets/") {
		f.cache = "public, max-age=31536000, immutable"
	}
	return f, nil
}

// typeOf names the types that we have, because those that the mime package
// knows depend on the machine's own tables.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "application/octet-stream"
}

// ServeHTTP answers as [Handler] says.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
		return
	}
	f, ok := s.find(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	f.send(w, r)
}

func (s *site) find(r *http.Request) (file, bool) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if f, ok := s.files[name]; ok && path.Ext(name) != ".html" {
		return f, true
	}
	wanted := name == s.home || strings.Contains(r.Header.Get("Accept"), "text/html")
	if strings.HasPrefix(name, "assets/") || !wanted {
		return file{}, false
	}
	f, ok := s.files[s.page]
	return f, ok
}

func (f file) send(w http.ResponseWriter, r *http.Request) {
	body, etag := f.plain, f.etag
	head := w.Header()
	if f.packed != nil {
		head.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			head.Set("Content-Encoding", "gzip")
			body, etag = f.packed, etag+"-gzip"
		}
	}
	head.Set("Content-Type", f.mime)
	head.Set("Cache-Control", f.cache)
	head.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" && strings.TrimSpace(weight) != "q=0" {
			return true
		}
	}
	return false
}
