package simulator_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// handshake does the client's half by hand and leaves the frames to the caller.
func handshake(t *testing.T, s *simulator.Server) *socket.FrameSocket {
	t.Helper()
	target, err := url.Parse(s.MediaURL())
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	fs := socket.NewFrameSocket(waLog.Noop, &http.Client{Transport: toSimulator{target.Host, transport}})
	require.NoError(t, fs.Connect(t.Context()))
	t.Cleanup(func() { fs.Close(0) })
	own, static := keys.NewKeyPair(), keys.NewKeyPair()
	nh := socket.NewNoiseHandshake()
	nh.Start(socket.NoiseStartPattern, fs.Header)
	nh.Authenticate(own.Pub[:])
	send := func(m *waWa6.HandshakeMessage) {
		raw, err := proto.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, fs.SendFrame(raw))
	}
	send(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: own.Pub[:]}})
	answer := new(waWa6.HandshakeMessage)
	require.NoError(t, proto.Unmarshal(<-fs.Frames, answer))
	hello := answer.GetServerHello()
	nh.Authenticate(hello.GetEphemeral())
	require.NoError(t, nh.MixSharedSecretIntoKey(*own.Priv, [32]byte(hello.GetEphemeral())))
	theirs, err := nh.Decrypt(hello.GetStatic())
	require.NoError(t, err)
	require.NoError(t, nh.MixSharedSecretIntoKey(*own.Priv, [32]byte(theirs)))
	_, err = nh.Decrypt(hello.GetPayload())
	require.NoError(t, err)
	encrypted := nh.Encrypt(static.Pub[:])
	require.NoError(t, nh.MixSharedSecretIntoKey(*static.Priv, [32]byte(hello.GetEphemeral())))
	device := &store.Device{
		RegistrationID: 1, IdentityKey: keys.NewKeyPair(), NoiseKey: static,
	}
	device.SignedPreKey = device.IdentityKey.CreateSignedPreKey(1)
	payload, err := proto.Marshal(device.GetClientPayload())
	require.NoError(t, err)
	send(&waWa6.HandshakeMessage{ClientFinish: &waWa6.HandshakeMessage_ClientFinish{
		Static: encrypted, Payload: nh.Encrypt(payload),
	}})
	<-fs.Frames // the references for a QR code: the handshake is done
	return fs
}

func TestFrameThatDoesNotDecrypt(t *testing.T) {
	var log safeBuffer
	s := start(t, func(cfg *simulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, frame := range [][]byte{{}, {1}, bytes.Repeat([]byte{7}, 100)} {
		fs := handshake(t, s)
		require.NoError(t, fs.SendFrame(frame))
		require.Eventually(t, func() bool { return !fs.IsConnected() }, patience, tick)
	}
	require.Contains(t, log.String(), "broke the protocol")
	require.EqualValues(t, 3, s.Metrics().Handshakes)
}
