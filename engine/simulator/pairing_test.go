package simulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func TestCommaFormOfTheCode(t *testing.T) {
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	link := c.code()
	fields := strings.Split(strings.TrimPrefix(link, "https://wa.me/settings/linked_devices#"), ",")
	_, err := agent.Scan(patient(t), strings.Join(fields[:4], ","))
	require.NoError(t, err)
	await[*events.Connected](c, nil)
	_, err = phone(t, s, leadNumber, "").Scan(patient(t), link)
	require.ErrorIs(t, err, simulator.ErrExpired, "a code is good for one scan")
}

func TestCodesExpire(t *testing.T) {
	s := start(t, func(cfg *simulator.Config) {
		cfg.RefLifetimes = []time.Duration{20 * time.Millisecond, 400 * time.Millisecond}
	})
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	c.connect()
	codes := await[*events.QR](c, nil).Codes
	require.Len(t, codes, 2)
	await[*events.Disconnected](c, nil)
	_, err := agent.Scan(patient(t), codes[1])
	require.ErrorIs(t, err, simulator.ErrExpired)
	require.Empty(t, agent.Devices())
}

func TestSixCodesByDefault(t *testing.T) {
	s := start(t)
	c := newClient(t, s)
	c.connect()
	require.Len(t, await[*events.QR](c, nil).Codes, 6)
}

func TestMalformedCodes(t *testing.T) {
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	good := c.code()
	for _, bad := range []string{"", "hello", "a,b,c,d", "https://wa.me/settings/linked_devices#a,b,c,d,e"} {
		_, err := agent.Scan(patient(t), bad)
		require.ErrorIs(t, err, simulator.ErrInvalid, bad)
	}
	fields := strings.Split(good, ",")
	fields[1], fields[2] = fields[2], fields[1]
	_, err := agent.Scan(patient(t), strings.Join(fields, ","))
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = agent.Scan(patient(t), good)
	require.NoError(t, err, "bad scans leave the code usable")
}

func TestWrongSecretIsRefusedByTheClient(t *testing.T) {
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	fields := strings.Split(c.code(), ",")
	fields[3] = fields[1]
	_, err := agent.Scan(patient(t), strings.Join(fields, ","))
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.Empty(t, agent.Devices())
	await[*events.PairError](c, nil)
}

func TestNumbers(t *testing.T) {
	s := start(t)
	phone(t, s, agentNumber, "")
	_, err := s.AddPhone(agentNumber, "")
	require.ErrorIs(t, err, simulator.ErrTaken)
	for _, bad := range []string{"", "12", "+27821234567", "0821234567", "27 82", "2782123456789012"} {
		_, err = s.AddPhone(bad, "")
		require.ErrorIs(t, err, simulator.ErrInvalid, bad)
	}
	_, err = simulator.Start(t.Context(), simulator.Config{Listen: "0.0.0.0:0"})
	require.ErrorIs(t, err, simulator.ErrInvalid)
}

func TestFourDevicesAtMost(t *testing.T) {
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	for range 4 {
		linked(t, s, agent)
	}
	_, err := agent.Scan(patient(t), newClient(t, s).code())
	require.ErrorIs(t, err, simulator.ErrRefused)
}
