package api

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A client that takes nothing of its answer holds a connection for a while
// only; one that comes back after longer than that is answered.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = time.Minute
		ended := make(chan error, 1)
		s := &Server{config: Config{WritePause: pause}, log: slog.New(slog.DiscardHandler)}
		server := &http.Server{Handler: s.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/large" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			var err error
			for err == nil { // more than any buffer takes
				_, err = w.Write(make([]byte, 1<<20))
			}
			ended <- err
		}))}
		conn, in := connect(t, server)
		for range 2 {
			_, err := io.WriteString(conn, "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
			answer, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, answer.StatusCode)
			require.NoError(t, answer.Body.Close())
			<-time.After(2 * pause)
		}
		_, err := io.WriteString(conn, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		asked := time.Now()
		require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)
		require.Equal(t, pause, time.Since(asked))
	})
}

// A connection that has rested for long takes a request whose client waits for
// word that it may send the body: what is left of the last request's bound
// doesn't end it.
func TestBodiesAfterARest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = time.Minute
		s := &Server{config: Config{WritePause: pause}, log: slog.New(slog.DiscardHandler)}
		server := &http.Server{Handler: s.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		}))}
		conn, in := connect(t, server)
		for range 2 {
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
			require.NoError(t, err)
			answer, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusContinue, answer.StatusCode)
			_, err = io.WriteString(conn, "hi")
			require.NoError(t, err)
			answer, err = http.ReadResponse(in, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, "hi", string(body))
			<-time.After(2 * pause)
		}
	})
}

// pipes listens within the process, whose connections hold to a test's clock.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// connect serves one connection, and returns its other end.
func connect(t *testing.T, server *http.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	listener := make(pipes)
	go func() { _ = server.Serve(listener) }()
	conn, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = conn.Close(), server.Close() })
	listener <- theirs
	return conn, bufio.NewReader(conn)
}
