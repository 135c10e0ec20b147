package engine

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProxyChangeReconnects(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		require.Nil(t, w.provider.client(seat).proxy.Load(), "a seat without one pays nothing for it")
		w.rows.change(seat, func(s *fakeSeat) { s.Proxy = "socks5://proxy.example" })
		w.sv.Wake()
		synctest.Wait()
		clients := w.provider.opened(seat)
		require.Len(t, clients, 2)
		require.EqualValues(t, 1, clients[0].closes.Load())
		require.Equal(t, "socks5://proxy.example", clients[1].proxy.Load())
		require.Equal(t, StateConnected, w.state(seat))
		for _, status := range w.rows.seat(seat).history {
			require.NotEqual(t, StateStopped, status.State)
		}
		after(time.Hour)
		require.Len(t, w.provider.opened(seat), 2)
	})
}

func TestProxyThatFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(context.Context) error { return Errorf(CodeProxyFailed, "The proxy is down.") }
		})
		w.start()
		status := w.rows.seat(seat).Status
		require.Equal(t, StateRetrying, status.State)
		require.Equal(t, ReasonProxyFailed, status.Reason)
		require.Contains(t, status.Sentence(), "The proxy is down.")
	})
}

// plainClient has no ability beyond the contract.
type plainClient struct{ Client }

type plainProvider struct{ *fakeProvider }

func (p plainProvider) Open(ctx context.Context, key SeatKey, device string, sink Sink) (Client, error) {
	client, err := p.fakeProvider.Open(ctx, key, device, sink)
	return plainClient{client}, err
}

func TestClientWithoutAbilities(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sv.cfg.Provider = plainProvider{w.provider}
		w.rows.change(seat, func(s *fakeSeat) { s.Proxy = "http://proxy.example" })
		byCode := w.rows.add("code", "", DesiredRunning)
		w.rows.change(byCode, func(s *fakeSeat) { s.PairPhone = "27821234567" })
		w.start()
		require.Equal(t, ReasonProxyFailed, w.rows.seat(seat).Status.Reason)
		require.Zero(t, w.provider.client(seat).connects.Load(), "it must not go around the proxy")
		require.Equal(t, ReasonCodeUnsupported, w.rows.seat(byCode).Status.Reason)
	})
}

func TestCheckProxy(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"", "http://proxy.example", "https://proxy.example:443/", "socks5://u:p@10.0.0.1:1080", "socks5h://[::1]:9050",
	} {
		require.NoError(t, CheckProxy(good), good)
	}
	for _, bad := range []string{
		"proxy.example:80", "ftp://proxy.example", "http://", "http://proxy.example/path", "http://proxy.example?x=1",
		"http://proxy.example:0", "http://proxy.example:65536", "http://%zz", "http://secret:word@", "http://" + strings.Repeat("x", 1100),
	} {
		err := CheckProxy(bad)
		require.Equal(t, CodeInvalid, CodeOf(err), bad)
		require.NotContains(t, err.Error(), "secret")
	}
	require.Nil(t, ViewProxy(""))
	require.Equal(t, &ProxyView{URL: "http://proxy.example:8080", Credentials: true}, ViewProxy("http://me:secret@proxy.example:8080"))
	require.Equal(t, &ProxyView{URL: "socks5://proxy.example"}, ViewProxy("socks5://proxy.example"))
}
