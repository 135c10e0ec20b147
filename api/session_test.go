package api

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCookieIsSecureWhenTheRequestCameByTLS(t *testing.T) {
	t.Parallel()
	s := &sessions{}
	expiry := time.Now().Add(time.Hour)
	require.NotContains(t, s.cookie(&http.Request{}, "token", expiry), "Secure")
	require.Contains(t, s.cookie(&http.Request{TLS: &tls.ConnectionState{}}, "token", expiry), "Secure")
	require.Contains(t, s.cookie(&http.Request{}, "", time.Time{}), "Max-Age=0", "the browser forgets it")
}
