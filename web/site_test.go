package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html":         {Data: []byte("the dashboard")},
		"phone.html":         {Data: []byte("the phone")},
		"stub.html":          {Data: []byte("the stub")},
		"bud.svg":            {Data: []byte("<svg/>")},
		"assets/app-1a2b.js": {Data: []byte("plain script")},
		// The content is not looked at here, only which of the two is sent.
		"assets/app-1a2b.js.gz": {Data: []byte("packed script")},
	}
}

func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestSiteAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path, accept string
		status                     int
		body, cache                string
	}{
		{"root", "GET", "/", browser, 200, "the dashboard", "no-cache"},
		{"root for who wishes nothing", "GET", "/", "", 200, "the dashboard", "no-cache"},
		{"root for curl", "GET", "/", "*/*", 200, "the dashboard", "no-cache"},
		{"icon by its old name", "GET", "/favicon.ico", "image/*", 200, "<svg/>", "no-cache"},
		{"an address of the application", "GET", "/conversations/c1", browser, 200, "the dashboard", "no-cache"},
		{"HEAD", "HEAD", "/seats", browser, 200, "", "no-cache"},
		{"not asked for as a page", "GET", "/conversations/c1", "application/json", 404, "", ""},
		{"asset", "GET", "/assets/app-1a2b.js", "*/*", 200, "plain script", "public, max-age=31536000, immutable"},
		{"asset of another build", "GET", "/assets/app-ffff.js", browser, 404, "", ""},
		{"file without hash", "GET", "/bud.svg", "*/*", 200, "<svg/>", "no-cache"},
		{"pages have no address of their own", "GET", "/phone.html", browser, 200, "the dashboard", "no-cache"},
		{"packed files have no address of their own", "GET", "/assets/app-1a2b.js.gz", "*/*", 404, "", ""},
		{"out of the folder", "GET", "/../site.go", "*/*", 404, "", ""},
		{"other method", "POST", "/", browser, 405, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := ask(newSite(built(), indexPage, ""), c.method, c.path, "Accept", c.accept)
			require.Equal(t, c.status, w.Code)
			if c.body != "" {
				require.Equal(t, c.body, w.Body.String())
			}
			if c.cache != "" {
				require.Equal(t, c.cache, w.Header().Get("Cache-Control"))
			}
		})
	}
}

func TestPhoneAnswersAtItsAddressWhoeverAsks(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/demo", "/demo/"} {
		w := ask(newSite(built(), phonePage, "demo"), "GET", path)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "the phone", w.Body.String())
	}
}

func TestSiteSendsThePackedFileToWhoTakesGzip(t *testing.T) {
	t.Parallel()
	site := newSite(built(), indexPage, "")

	w := ask(site, "GET", "/assets/app-1a2b.js", "Accept-Encoding", "br, gzip;q=0.9")
	require.Equal(t, "packed script", w.Body.String())
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
	require.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))

	w = ask(site, "GET", "/assets/app-1a2b.js", "Accept-Encoding", "gzip;q=0")
	require.Equal(t, "plain script", w.Body.String())
	require.Empty(t, w.Header().Get("Content-Encoding"))
}

func TestSiteAnswersNotModified(t *testing.T) {
	t.Parallel()
	site := newSite(built(), indexPage, "")
	etag := ask(site, "GET", "/", "Accept", browser).Header().Get("ETag")
	require.NotEmpty(t, etag)
	w := ask(site, "GET", "/", "Accept", browser, "If-None-Match", etag)
	require.Equal(t, http.StatusNotModified, w.Code)
}

func TestSiteSaysHowToBuildItWhenOnlyTheStubIsThere(t *testing.T) {
	t.Parallel()
	stub := fstest.MapFS{"stub.html": {Data: []byte("the stub")}}
	for _, page := range []string{indexPage, phonePage} {
		w := ask(newSite(stub, page, ""), "GET", "/anything", "Accept", browser)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "the stub", w.Body.String())
	}
}

func TestEmbeddedSitesHaveAPage(t *testing.T) {
	t.Parallel()
	for _, h := range []http.Handler{Handler(), PhoneHandler()} {
		w := ask(h, "GET", "/", "Accept", browser)
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Body.String(), "<!doctype html>")
	}
}
