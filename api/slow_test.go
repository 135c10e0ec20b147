package api_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
)

// A client that takes nothing of its answer holds a connection for a while
// only; one that comes back after longer than that is answered.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	const pause = 200 * time.Millisecond
	ended := make(chan error, 1)
	b := setup(t, func(config *api.Config) {
		config.WritePause = pause
		config.Dashboard = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/large" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			var err error
			for err == nil { // more than any buffer takes
				_, err = w.Write(make([]byte, 1<<20))
			}
			ended <- err
		})
	})
	conn, err := net.Dial("tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for range 2 {
		_, err = io.WriteString(conn, "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		answer, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, answer.StatusCode)
		require.NoError(t, answer.Body.Close())
		time.Sleep(2 * pause) // that is what is tested: nothing tells the end of it
	}
	_, err = io.WriteString(conn, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case <-time.After(time.Minute):
		t.Fatal("the server waits for ever")
	}
}
