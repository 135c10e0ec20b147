package main

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/assistant/scripted"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestTheServerInThisProcess runs the whole server under the race detector,
// which the processes of the other tests are not built with, and stops it
// while it is busy. TestMain looks for goroutines that it left behind.
func TestTheServerInThisProcess(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	gemini := httptest.NewServer(scripted.New())
	t.Cleanup(gemini.Close)
	key := sim.RootKey()
	cfg := settings{
		Listen: "127.0.0.1:0", Data: t.TempDir(), Signup: "closed", Provider: "native", LogLevel: "error", LogFormat: "text",
		GeminiKey: "test", GeminiBaseURL: gemini.URL, GeminiModel: "test",
		AssistantQuiet: 500 * time.Millisecond, AssistantPause: time.Hour,
		BacklogAge: 10 * time.Minute, MediaMaxBytes: 100 << 20, MediaWorkers: 8,
		WhatsAppURL: sim.WebsocketURL(), WhatsAppMedia: sim.MediaURL(), WhatsAppRootKey: hex.EncodeToString(key[:]),
	}
	require.NoError(t, cfg.validate())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s, err := startServer(ctx, cfg, extras{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)

	office, err := sim.AddPhone("27825550100", "Office")
	require.NoError(t, err)
	lead, err := sim.AddPhone("27825550200", "Thandi")
	require.NoError(t, err)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p := &process{t: t, url: s.url(), client: &http.Client{Jar: jar, Transport: transport, Timeout: time.Minute}}
	p.signUp()
	p.pair(office)

	_, err = lead.SendText(ctx, office.Number(), "Hello, is anybody there?")
	require.NoError(t, err)
	_, err = lead.Wait(ctx, func(m simulator.Message) bool { return !m.FromMe })
	require.NoError(t, err)
	for range 20 { // it is busy as it stops
		_, err = lead.SendText(ctx, office.Number(), "One more thing")
		require.NoError(t, err)
	}
	stopCtx, cancelStop := context.WithTimeout(ctx, shutdownTime)
	defer cancelStop()
	require.NoError(t, s.stop(stopCtx))
}
