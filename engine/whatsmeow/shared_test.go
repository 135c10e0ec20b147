package whatsmeow

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestRefreshesShareOneRequest(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		<-release
		_, _ = w.Write([]byte(`{"client_revision":2000000001,}`))
	}))
	t.Cleanup(server.Close)
	s := offline(t, &recorder{}, func(c *Config) {
		c.Endpoint = &Endpoint{WebsocketURL: strings.Replace(server.URL, "http", "ws", 1) + "/ws/chat", MediaURL: server.URL}
	})
	p := s.client.provider

	// One whose caller gives up goes on for the others.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.Equal(t, engine.CodeTimeout, engine.CodeOf(p.Refresh(ctx)))
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if err := p.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	require.Eventually(t, func() bool { return requests.Load() == 1 }, time.Minute, time.Millisecond)
	close(release)
	calls.Wait()
	// All but those that began after the first had ended.
	require.LessOrEqual(t, requests.Load(), int32(2))
	require.Equal(t, "2.3000.2000000001", p.version.Load().String())
}

func TestConnectReturnsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{})
	s.client.connecting <- struct{}{} // another connection is being made, and takes long
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.Equal(t, engine.CodeTimeout, engine.CodeOf(s.client.Connect(ctx)))
	<-s.client.connecting
}

func TestDeviceWhoseKeysCannotBeDeletedStaysLinked(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.known(t, them, "s0")
	opened, err := k.p.Open(t.Context(), engine.SeatKey{}, k.ID.String(), &recorder{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	_, err = k.db.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE DELETE ON whatsmeow_device BEGIN SELECT RAISE(ABORT, 'full'); END`)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // WhatsApp can't be told either
	require.ErrorContains(t, opened.Logout(ctx), "full")
	require.True(t, opened.Linked())

	_, err = k.db.ExecContext(t.Context(), `DROP TRIGGER full`)
	require.NoError(t, err)
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(opened.Logout(ctx)))
	require.False(t, opened.Linked())
	require.NoError(t, opened.Logout(t.Context()))
}
