package whatsmeow

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/store"

	"github.com/myaibud/aibud/engine"
)

// versions keeps a version in memory.
type versions struct {
	saved string
	err   error
}

func (v *versions) LoadVersion(context.Context) (string, error) { return v.saved, v.err }

func (v *versions) SaveVersion(_ context.Context, version string) error {
	v.saved = version
	return v.err
}

// page serves WhatsApp's web page.
func page(t *testing.T, status int, body string) func(*Config) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return func(c *Config) {
		c.Endpoint = &Endpoint{WebsocketURL: strings.Replace(server.URL, "http", "ws", 1) + "/ws/chat", MediaURL: server.URL}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	saved := &versions{saved: "2.3000.1"}
	s := offline(t, &recorder{}, page(t, http.StatusOK, `{"client_revision":2000000001,}`), func(c *Config) { c.Versions = saved })
	p := s.client.provider
	require.Nil(t, p.version.Load(), "a saved version older than the library's is not used")
	require.NoError(t, p.Refresh(t.Context()))
	require.Equal(t, "2.3000.2000000001", saved.saved)
	payload := p.payload(s.wm.Store)
	require.Equal(t, uint32(2000000001), payload.GetUserAgent().GetAppVersion().GetTertiary())
	want := store.WAVersionContainer{2, 3000, 2000000001}.Hash()
	require.Equal(t, want[:], payload.GetDevicePairingData().GetBuildHash())
}

func TestRefreshFallsBack(t *testing.T) {
	t.Parallel()
	saved := &versions{saved: "2.3000.1999999999"}
	s := offline(t, &recorder{}, page(t, http.StatusNotFound, strings.Repeat("a long page ", 1000)), func(c *Config) { c.Versions = saved })
	p := s.client.provider
	err := p.Refresh(t.Context())
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
	require.Less(t, len(err.Error()), 500)
	require.Equal(t, "2.3000.1999999999", p.version.Load().String())
	require.Equal(t, uint32(1999999999), p.payload(s.wm.Store).GetUserAgent().GetAppVersion().GetTertiary())
}

func TestVersionOverrideWins(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{}, page(t, http.StatusOK, `{"client_revision":2000000001,}`), func(c *Config) { c.VersionOverride = "2.3000.5" })
	p := s.client.provider
	require.NoError(t, p.Refresh(t.Context()))
	require.Equal(t, "2.3000.5", p.version.Load().String())
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	db := offline(t, &recorder{}).client.provider.cfg.DB
	for name, cfg := range map[string]Config{
		"dialect":   {DB: db, Dialect: "oracle"},
		"version":   {DB: db, Dialect: "sqlite3", VersionOverride: "newest"},
		"versions":  {DB: db, Dialect: "sqlite3", Versions: &versions{err: errors.New("gone")}},
		"websocket": {DB: db, Dialect: "sqlite3", Endpoint: &Endpoint{WebsocketURL: "ftp://x", MediaURL: "http://x"}},
		"media":     {DB: db, Dialect: "sqlite3", Endpoint: &Endpoint{WebsocketURL: "ws://x", MediaURL: "http://"}},
	} {
		_, err := New(t.Context(), cfg)
		require.Error(t, err, name)
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Host+r.URL.Path) }))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	transport, err := newTransport(&Endpoint{WebsocketURL: "ws://" + host + "/socket", MediaURL: server.URL}, nil, true)
	require.NoError(t, err)
	client := &http.Client{Transport: transport}
	defer client.CloseIdleConnections()
	for _, url := range []string{"https://web.whatsapp.com/ws/chat", "https://web.whatsapp.com/", "https://mmg.whatsapp.net/mms/image"} {
		resp, err := client.Get(url)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	require.Equal(t, []string{host + "/socket", host + "/", host + "/mms/image"}, seen)
}
