package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/proxy"
)

func start(t *testing.T) *proxy.Proxy {
	t.Helper()
	listener, err := proxy.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	p, err := proxy.New(listener, proxy.Options{
		Serves: func(host string) bool { return strings.HasSuffix(host, ".example.com") },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Host+r.URL.Path)
		}),
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- p.Serve() }()
	t.Cleanup(func() {
		require.NoError(t, p.Close())
		require.NoError(t, <-done)
	})
	return p
}

func through(t *testing.T, p *proxy.Proxy, roots *x509.CertPool) *http.Client {
	t.Helper()
	at, err := url.Parse(p.URL())
	require.NoError(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(at), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(ctx context.Context, c *http.Client, address string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestStandsInForItsHosts(t *testing.T) {
	t.Parallel()
	p := start(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(p.Authority()))
	c := through(t, p, roots)
	for _, host := range []string{"web.example.com", "media.example.com", "web.example.com"} {
		status, body, err := get(t.Context(), c, "https://"+host+"/page")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, host+"/page", body)
	}
}

func TestRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	p := start(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(p.Authority()))
	c := through(t, p, roots)
	for _, address := range []string{"https://example.org/", "https://web.example.com:8443/", "https://127.0.0.1/"} {
		_, _, err := get(t.Context(), c, address)
		require.ErrorContains(t, err, "Forbidden", address)
	}
	status, _, err := get(t.Context(), c, "http://web.example.com/")
	require.NoError(t, err)
	require.Equal(t, http.StatusMethodNotAllowed, status)
	_, _, err = get(t.Context(), through(t, p, x509.NewCertPool()), "https://web.example.com/")
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
}

func TestForeignNameInside(t *testing.T) {
	t.Parallel()
	p := start(t)
	at, err := url.Parse(p.URL())
	require.NoError(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(at), TLSClientConfig: &tls.Config{ServerName: "example.org", MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	_, _, err = get(t.Context(), &http.Client{Transport: transport}, "https://web.example.com/")
	require.ErrorContains(t, err, "tls")
}
