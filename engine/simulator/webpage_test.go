package simulator

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
)

// TestWebPageTellsTheVersion asks as a client does, which insists on WhatsApp's
// own address.
func TestWebPageTellsTheVersion(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context(), Config{})
	require.NoError(t, err)
	defer server.Close()
	client := &http.Client{Transport: toSimulator{server}}
	defer client.CloseIdleConnections()
	version, err := whatsmeow.GetLatestVersion(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, store.WAVersionContainer{2, 3000, webRevision}, *version)
	require.True(t, store.GetWAVersion().LessThan(*version), "newer than what the client library comes with")
}

type toSimulator struct{ server *Server }

func (t toSimulator) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", t.server.listener.Addr().String()
	return http.DefaultTransport.RoundTrip(r)
}
