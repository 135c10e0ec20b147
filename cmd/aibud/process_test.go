package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// program is the built binary.
var program string

func TestMain(m *testing.M) {
	whatsmeow.Configure(whatsmeow.Process{}) // before simulators run beside each other: it sets what they share
	folder, err := os.MkdirTemp("", "aibud-test-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(folder, "aibud")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(fmt.Errorf("build the program: %w", err))
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	if code == 0 {
		code = leaks()
	}
	os.Exit(code)
}

// leaks reports goroutines that the tests' servers left behind in this
// process. One belongs to the metrics of a library of genai's, which runs from
// the import to the end of the process.
func leaks() int {
	err := goleak.Find(goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// process is the server as a process of its own, which can be killed and
// started again with the same settings.
type process struct {
	t       *testing.T
	env     []string
	url     string
	command *exec.Cmd
	log     *os.File
	client  *http.Client
}

// newProcess prepares a server for a simulator and a database; more are
// further settings, as NAME=value.
func newProcess(t *testing.T, sim *simulator.Server, database string, more ...string) *process {
	t.Helper()
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "server.log"))
	require.NoError(t, err)
	key := sim.RootKey()
	address := freeAddress(t)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	p := &process{
		t: t, url: "http://" + address, log: log,
		client: &http.Client{Jar: jar, Transport: &http.Transport{}, Timeout: 30 * time.Second},
		env: append([]string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + folder,
			"AIBUD_LISTEN=" + address, "AIBUD_DATA=" + filepath.Join(folder, "data"), "DATABASE_URL=" + database,
			"AIBUD_WHATSAPP_URL=" + sim.WebsocketURL(), "AIBUD_WHATSAPP_MEDIA_URL=" + sim.MediaURL(),
			"AIBUD_WHATSAPP_ROOT_KEY=" + hex.EncodeToString(key[:]),
		}, more...),
	}
	t.Cleanup(func() {
		p.kill()
		p.client.CloseIdleConnections()
		_ = log.Close()
		if t.Failed() {
			content, _ := os.ReadFile(log.Name())
			t.Logf("the server's log ends:\n%s", content[max(0, len(content)-8000):])
		}
	})
	return p
}

// freeAddress returns a loopback address that nothing listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// start starts the server and returns when it answers.
func (p *process) start() {
	p.t.Helper()
	p.command = exec.CommandContext(context.WithoutCancel(p.t.Context()), program, "serve")
	p.command.Env, p.command.Stderr = p.env, p.log
	out, err := p.command.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.command.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(p.t, err, "the server ended before it was ready")
	require.Contains(p.t, line, p.url)
}

// runToEnd starts the server and waits until it ends by itself. It returns the
// exit code and what it printed.
func (p *process) runToEnd(limit time.Duration) (code int, output string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, program, "serve")
	command.Env = p.env
	printed, err := command.CombinedOutput()
	require.Error(p.t, err)
	require.NoError(p.t, ctx.Err(), "the server went on running")
	return command.ProcessState.ExitCode(), string(printed)
}

// dataFolder is where the server keeps its SQLite files.
func (p *process) dataFolder() string { return filepath.Join(filepath.Dir(p.log.Name()), "data") }

// logged is what the server has logged so far.
func (p *process) logged() string {
	content, err := os.ReadFile(p.log.Name())
	require.NoError(p.t, err)
	return string(content)
}

// kill ends the server at once, as a power cut would.
func (p *process) kill() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
	p.command = nil
}

// stop ends the server as an operator would, and returns how it exited.
func (p *process) stop() error {
	p.t.Helper()
	require.NoError(p.t, p.command.Process.Signal(syscall.SIGTERM))
	command := p.command
	p.command = nil
	return command.Wait()
}

// try sends a request and decodes the answer's JSON into answer unless it is
// nil. It returns the status, or an error if there was no answer.
func (p *process) try(method, path string, body, answer any, headers ...string) (int, error) {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, reader)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if answer != nil && response.StatusCode < 300 {
		if err := json.Unmarshal(content, answer); err != nil {
			return 0, fmt.Errorf("%s %s: %w: %s", method, path, err, content)
		}
	}
	return response.StatusCode, nil
}

// do is try for requests that must succeed.
func (p *process) do(method, path string, body, answer any) {
	p.t.Helper()
	status, err := p.try(method, path, body, answer)
	require.NoError(p.t, err)
	require.Lessf(p.t, status, 300, "%s %s", method, path)
}

// signUp makes the first account; the client is signed in then.
func (p *process) signUp() {
	p.t.Helper()
	account := map[string]string{
		"agency": "Agency", "name": "Agent", "email": "agent@agency.example", "password": "correct horse battery",
	}
	status, err := p.try("POST", "/v1/signup", account, nil)
	require.NoError(p.t, err)
	if status != http.StatusGatewayTimeout {
		require.Less(p.t, status, 300, "sign up")
		return
	}
	// Hashing a password can take too long on a machine that is busy with other things. It may still have happened.
	p.until("there is an account", func() bool {
		status, err := p.try("POST", "/v1/signin", map[string]string{"email": account["email"], "password": account["password"]}, nil)
		if err != nil || status >= 300 {
			status, err = p.try("POST", "/v1/signup", account, nil)
		}
		return err == nil && status < 300
	})
}

// pair makes a seat and lets the phone scan its QR code.
func (p *process) pair(phone *simulator.Phone) engine.SeatID {
	p.t.Helper()
	var seat engine.SeatView
	p.do("POST", "/v1/seats", map[string]string{"name": "Desk"}, &seat)
	p.do("POST", "/v1/seats/"+string(seat.ID)+"/pair", nil, nil)
	p.until("a QR code is shown", func() bool {
		p.do("GET", "/v1/seats/"+string(seat.ID), nil, &seat)
		return seat.Pairing != nil
	})
	_, err := phone.Scan(p.t.Context(), seat.Pairing.Code)
	require.NoError(p.t, err)
	p.untilState(seat.ID, engine.StateConnected)
	return seat.ID
}

// untilState waits until the seat is in a state.
func (p *process) untilState(id engine.SeatID, state engine.State) {
	p.t.Helper()
	p.until("the seat is "+string(state), func() bool {
		var seat engine.SeatView
		status, err := p.try("GET", "/v1/seats/"+string(id), nil, &seat)
		return err == nil && status == http.StatusOK && seat.Status.State == state
	})
}

// until waits for a condition.
func (p *process) until(what string, met func() bool) {
	p.t.Helper()
	require.Eventually(p.t, met, 90*time.Second, 50*time.Millisecond, "waited in vain until "+what)
}

// conversations lists all of them.
func (p *process) conversations() []engine.ConversationView {
	p.t.Helper()
	return list[engine.ConversationView](p, "/v1/conversations")
}

// messages lists a conversation, the oldest first.
func (p *process) messages(id engine.ConversationID) []engine.MessageView {
	p.t.Helper()
	newestFirst := list[engine.MessageView](p, "/v1/conversations/"+string(id)+"/messages")
	oldestFirst := make([]engine.MessageView, 0, len(newestFirst))
	for i := range newestFirst {
		oldestFirst = append(oldestFirst, newestFirst[len(newestFirst)-1-i])
	}
	return oldestFirst
}

func list[T any](p *process, path string) []T {
	p.t.Helper()
	all, err := pagesOf[T](p, path)
	require.NoError(p.t, err)
	return all
}

// pagesOf reads all parts of a list, which its path may narrow.
func pagesOf[T any](p *process, path string) ([]T, error) {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	var all []T
	cursor := ""
	for {
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		status, err := p.try("GET", path+separator+"limit=100&cursor="+url.QueryEscape(cursor), nil, &page)
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("list %s: status %d, %w", path, status, err)
		}
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all, nil
		}
	}
}

// databases are the two that everything has to work on: each gives the
// DATABASE_URL of an empty one.
func databases() map[string]func(t *testing.T) string {
	return map[string]func(t *testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": newPostgres,
	}
}

func newPostgres(t *testing.T) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	require.NotEmpty(t, server, "TEST_POSTGRES_URL is not set: run “make test-go”, which starts a throw-away PostgreSQL")
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err)
	name := "aibud_" + strings.ReplaceAll(engine.NewID(), "-", "")
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
		require.NoError(t, conn.Close(ctx))
	})
	address, err := url.Parse(server)
	require.NoError(t, err)
	address.Path = "/" + name
	return address.String()
}
