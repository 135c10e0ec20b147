package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/myaibud/aibud/engine"
)

// failing is an office that is written to while something fails.
type failing struct {
	*office

	written []string
}

// newFailing starts a server whose data folder is prepared, with one message
// stored.
func newFailing(t *testing.T, database string, prepare func(folder string)) *failing {
	t.Helper()
	f := &failing{office: prepareAnsweringOffice(t, database)}
	prepare(f.dataFolder())
	f.open()
	f.say("before")
	f.stored()
	return f
}

// say has the lead write something long, so that it needs room.
func (f *failing) say(text string) {
	f.t.Helper()
	text = fmt.Sprintf("%s %d %s", text, len(f.written), strings.Repeat("x", 20_000))
	f.written = append(f.written, text)
	f.write(text)
}

// stored waits until everything that was written is stored, once and in order,
// and the seat works.
func (f *failing) stored() {
	f.t.Helper()
	f.until("everything is acknowledged", func() bool { return f.sim.Pending(f.phone.Number()) == 0 })
	f.untilState(f.seat, engine.StateConnected)
	f.until("it is ready", func() bool { return f.ready() == http.StatusOK })
	require.Equal(f.t, f.written, inbound(f.messages(f.conversation().ID)))
}

// sayUntilRefused writes until the server takes nothing more, and says so to
// those who ask.
func (f *failing) sayUntilRefused() {
	f.t.Helper()
	f.until("messages wait at WhatsApp, and the server says that it is not ready", func() bool {
		if len(f.written) < 400 {
			f.say("during")
		}
		return f.ready() == http.StatusServiceUnavailable && f.sim.Pending(f.phone.Number()) > 0
	})
}

// ready is what the server answers to those who ask whether it works.
func (f *failing) ready() int {
	status, err := f.try("GET", "/ready", nil, nil)
	if err != nil {
		return 0
	}
	return status
}

// TestDiskReadOnly makes the files of the databases unwritable, even for root,
// while the server runs.
func TestDiskReadOnly(t *testing.T) {
	t.Parallel()
	f := newFailing(t, "", func(string) {})
	files, err := filepath.Glob(filepath.Join(f.dataFolder(), "*"))
	require.NoError(t, err)
	freeze := func(how string) error {
		out, err := exec.CommandContext(t.Context(), "chattr", append([]string{how}, files...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	require.NoError(t, freeze("+i"), "files could not be made immutable: run the tests as root, with CAP_LINUX_IMMUTABLE, on ext4, btrfs or xfs")
	thawed := false
	t.Cleanup(func() {
		if !thawed { // or the folder could not be deleted
			_ = exec.Command("chattr", append([]string{"-i"}, files...)...).Run()
		}
	})
	f.sayUntilRefused()
	require.NoError(t, freeze("-i"))
	thawed = true
	f.stored()
	f.say("after")
	f.stored()
}

// TestPostgreSQLGone cuts the server off from its database for half a minute.
func TestPostgreSQLGone(t *testing.T) {
	t.Parallel()
	database, err := url.Parse(newPostgres(t))
	require.NoError(t, err)
	line := newLine(t, database.Host)
	database.Host = line.address()
	f := newFailing(t, database.String(), func(string) {})
	line.cut()
	back := time.After(30 * time.Second)
	f.sayUntilRefused()
	for gone := true; gone; {
		select {
		case <-back:
			gone = false
		case <-time.After(time.Second):
			f.say("during")
		}
	}
	line.mend()
	f.stored()
	f.say("after")
	f.stored()
	require.NoError(t, f.stop(), "a clean shutdown exits with 0")
}

// line is the way to a server, which can be cut.
type line struct {
	listener net.Listener
	to       string
	copying  errgroup.Group

	mu    sync.Mutex
	whole bool
	open  map[net.Conn]struct{}
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{listener: listener, to: to, whole: true, open: make(map[net.Conn]struct{})}
	l.copying.Go(l.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		l.cut()
		_ = l.copying.Wait()
	})
	return l
}

func (l *line) address() string { return l.listener.Addr().String() }

func (l *line) serve() error {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return nil //nolint:nilerr // the test is over
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil || !l.keep(near, far) {
			_ = near.Close()
			if err == nil {
				_ = far.Close()
			}
			continue
		}
		l.copying.Go(func() error { return l.copy(near, far) })
		l.copying.Go(func() error { return l.copy(far, near) })
	}
}

func (l *line) copy(to, from net.Conn) error {
	_, err := io.Copy(to, from)
	_, _ = to.Close(), from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, to)
	delete(l.open, from)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// keep notes a connection, unless the line is cut.
func (l *line) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		if l.whole {
			l.open[conn] = struct{}{}
		}
	}
	return l.whole
}

// cut ends all connections and takes no more.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = false
	for conn := range l.open {
		_ = conn.Close()
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = true
}
