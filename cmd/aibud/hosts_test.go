package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyOurHostsAreAnswered(t *testing.T) {
	t.Parallel()
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3000}
	everywhere := &net.TCPAddr{IP: net.IPv4zero, Port: 3000}
	for _, c := range []struct {
		public, host string
		listening    net.Addr
		status       int
	}{
		{"", "127.0.0.1:3000", loopback, http.StatusOK},
		{"", "localhost:3000", loopback, http.StatusOK},
		{"", "[::1]:3000", loopback, http.StatusOK},
		{"", "evil.example:3000", loopback, http.StatusMisdirectedRequest},
		{"", "", loopback, http.StatusMisdirectedRequest},
		{"https://aibud.example", "Aibud.example", loopback, http.StatusOK},
		{"https://aibud.example", "evil.example", loopback, http.StatusMisdirectedRequest},
		{"", "office.lan:3000", everywhere, http.StatusOK},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		onlyHosts(settings{PublicURL: c.public}, c.listening, fine).ServeHTTP(w, r)
		require.Equalf(t, c.status, w.Code, "%+v", c)
	}
}

func TestEveryMistakeInTheSettingsIsTold(t *testing.T) {
	t.Parallel()
	err := (&settings{
		Listen: "nowhere", Database: "mysql://x", PublicURL: "https://a.example/path", Signup: "x", Provider: "waha",
		LogLevel: "loud", LogFormat: "xml", WhatsAppURL: "ws://localhost:1/ws/chat", WhatsAppVersion: "new",
		GeminiBaseURL: "gemini",
	}).validate()
	require.ErrorIs(t, err, errSettings)
	for _, name := range []string{
		"AIBUD_LISTEN", "AIBUD_DATA", "DATABASE_URL", "AIBUD_PUBLIC_URL", "AIBUD_SIGNUP", "WHATSAPP_PROVIDER", "AIBUD_LOG_LEVEL",
		"AIBUD_LOG_FORMAT", "AIBUD_WHATSAPP_MEDIA_URL", "AIBUD_WHATSAPP_VERSION", "GEMINI_BASE_URL", "GEMINI_MODEL",
		"AIBUD_ASSISTANT_QUIET", "AIBUD_ASSISTANT_PAUSE",
	} {
		require.ErrorContains(t, err, name)
	}
}
