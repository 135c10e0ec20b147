package simulator_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/myaibud/aibud/engine/simulator"
)

// proxiedClient is the variable that makes this test binary a client program of its own: it links by the proxy that it
// names and sends a picture.
const proxiedClient = "SIMULATOR_TEST_PROXY"

// TestUnchangedProgramByProxy runs a program whose addresses are WhatsApp's. It gets the proxy and the certificates to
// trust from its environment, as any program would.
//
// covers: SetProxy SetProxyAddress
func TestUnchangedProgramByProxy(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *simulator.Config) { cfg.Proxy = "127.0.0.1:0" })
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, s.ProxyAuthority(), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience) // it starts as a process and makes all its keys
	t.Cleanup(cancel)
	program := exec.CommandContext(ctx, os.Args[0])
	root := s.RootKey()
	program.Env = append(os.Environ(), proxiedClient+"="+s.ProxyURL(), "SSL_CERT_FILE="+ca, "SSL_CERT_DIR="+dir,
		"ROOT_KEY="+hex.EncodeToString(root[:]), "DATABASE="+filepath.Join(dir, "wa.db"), "RECEIVER="+lead.JID().String())
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	program.Stderr = &stderr
	require.NoError(t, program.Start())
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "no code from the program: %s", &stderr)
	_, err = agent.Scan(ctx, lines.Text())
	require.NoError(t, err)
	got, err := lead.Wait(ctx, func(m simulator.Message) bool { return m.Kind == simulator.KindImage })
	require.NoError(t, err)
	require.NoError(t, program.Wait(), "%s", &stderr)
	data, err := lead.File(patient(t), got.ID)
	require.NoError(t, err)
	require.Equal(t, picture(9), data)

	// Whoever does not trust the authority gets nothing by the proxy, and nobody gets to another host.
	for _, use := range []func(*whatsmeow.Client) error{
		func(c *whatsmeow.Client) error { return c.SetProxyAddress(s.ProxyURL()) },
		func(c *whatsmeow.Client) error {
			at, err := url.Parse(s.ProxyURL())
			c.SetProxy(http.ProxyURL(at))
			return err
		},
	} {
		c := newClient(t, s)
		require.NoError(t, use(c.Client))
		require.ErrorContains(t, c.Connect(), "certificate")
	}
}

// runProxiedClient is the client program.
func runProxiedClient() int {
	if err := proxiedMain(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func proxiedMain() error {
	key, err := hex.DecodeString(os.Getenv("ROOT_KEY"))
	if err != nil {
		return err
	}
	whatsmeow.WACertPubKey = [32]byte(key)
	ctx, cancel := context.WithTimeout(background(), 3*patience)
	defer cancel()
	container, err := sqlstore.New(ctx, "sqlite", "file:"+os.Getenv("DATABASE")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)", waLog.Noop)
	if err != nil {
		return err
	}
	defer func() { _ = container.Close() }()
	device, err := container.GetFirstDevice(ctx)
	if err != nil {
		return err
	}
	c := whatsmeow.NewClient(device, waLog.Noop)
	if err = c.SetProxyAddress(os.Getenv(proxiedClient)); err != nil {
		return err
	}
	codes, connected := make(chan string, 1), make(chan struct{}, 1)
	c.AddEventHandler(func(evt any) {
		switch e := evt.(type) {
		case *events.QR:
			codes <- e.Codes[0]
		case *events.Connected:
			connected <- struct{}{}
		}
	})
	if err = c.ConnectContext(ctx); err != nil {
		return err
	}
	defer c.Disconnect()
	if _, err = fmt.Fprintln(os.Stdout, <-codes); err != nil {
		return err
	}
	select {
	case <-connected:
	case <-ctx.Done():
		return ctx.Err()
	}
	return sendPicture(ctx, c)
}

func sendPicture(ctx context.Context, c *whatsmeow.Client) error {
	to, err := types.ParseJID(os.Getenv("RECEIVER"))
	if err != nil {
		return err
	}
	up, err := c.Upload(ctx, picture(9), whatsmeow.MediaImage)
	if err != nil {
		return err
	}
	data, err := c.Download(ctx, imageMessage(up))
	if err != nil {
		return err
	}
	if sha256.Sum256(data) != sha256.Sum256(picture(9)) {
		return fmt.Errorf("got another picture")
	}
	_, err = c.SendMessage(ctx, to, &waE2E.Message{ImageMessage: imageMessage(up)})
	return err
}

func TestProxyIsTold(t *testing.T) {
	t.Parallel()
	plain := start(t)
	require.Empty(t, plain.ProxyURL())
	require.Nil(t, plain.ProxyAuthority())
	line, err := json.Marshal(plain.Ready())
	require.NoError(t, err)
	require.NotContains(t, string(line), "proxy")
	with := start(t, func(cfg *simulator.Config) { cfg.Proxy = "127.0.0.1:0" })
	require.Equal(t, with.ProxyURL(), with.Ready().Proxy)
	_, err = simulator.Start(t.Context(), simulator.Config{Proxy: "0.0.0.0:0"})
	require.ErrorIs(t, err, simulator.ErrInvalid)
}
