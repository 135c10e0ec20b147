package media

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// The address that a name leads to is looked at when it is dialled, so neither
// a name nor a redirect gets around it.
func TestPrivateNetworksAreNotCalled(t *testing.T) {
	t.Parallel()
	called := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer inside.Close()
	s := New(Config{})
	for _, address := range []string{
		inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), strings.Replace(inside.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
		"http://169.254.169.254/latest/meta-data",
	} {
		_, err := s.Fetch(context.Background(), "tenant", address, "", "")
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), address)
		require.Contains(t, engine.MessageOf(err), "private network", address)
	}
	require.False(t, called)
}
