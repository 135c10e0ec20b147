package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func TestANewPasswordEndsOldSessions(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	p := newProcess(t, sim, "")
	p.start()
	p.signUp()
	p.do("GET", "/v1/me", nil, nil)

	code, output := p.setPassword("agent@agency.example", "too short\n")
	require.Equal(t, 1, code)
	require.Contains(t, output, "too short")
	code, output = p.setPassword("nobody@agency.example", "another horse battery\n")
	require.Equal(t, 1, code)
	require.Contains(t, output, "no account")
	p.do("GET", "/v1/me", nil, nil)

	code, output = p.setPassword("Agent@Agency.example", "another horse battery\n")
	require.Zero(t, code, output)
	require.Eventually(t, func() bool {
		status, err := p.try("GET", "/v1/me", nil, nil)
		return err == nil && status == http.StatusUnauthorized
	}, time.Minute, 100*time.Millisecond, "sessions are looked up again after some seconds")
	p.do("POST", "/v1/signin", map[string]string{"email": "agent@agency.example", "password": "another horse battery"}, nil)
	p.do("GET", "/v1/me", nil, nil)
}

func TestAColleagueIsAdded(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	p := newProcess(t, sim, "")
	code, output := p.run("another horse battery\n", "user", "set-password", "agent@agency.example")
	require.Equal(t, 2, code)
	require.Contains(t, output, "there is no database in")
	p.start()
	p.signUp()
	add := []string{"user", "add", "second@agency.example", "--name=Second", "--colleague=agent@agency.example"}
	code, output = p.run("another horse battery\n", add...)
	require.Zero(t, code, output)
	require.Contains(t, output, "belongs to Agency")
	code, output = p.run("another horse battery\n", add...)
	require.Equal(t, 1, code)
	require.Contains(t, output, "already")

	p.do("POST", "/v1/seats", map[string]string{"name": "Desk"}, nil)
	p.do("POST", "/v1/signin", map[string]string{"email": "second@agency.example", "password": "another horse battery"}, nil)
	var seats struct{ Items []engine.SeatView }
	p.do("GET", "/v1/seats", nil, &seats)
	require.Len(t, seats.Items, 1, "both see the agency's seats")
}

// setPassword runs “aibud user set-password” beside the running server.
func (p *process) setPassword(email, password string) (code int, output string) {
	p.t.Helper()
	return p.run(password, "user", "set-password", email)
}

// run runs another command with the server's settings.
func (p *process) run(input string, args ...string) (code int, output string) {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), program, args...)
	command.Env = p.env
	command.Stdin = strings.NewReader(input)
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	_ = command.Run() // how it ended is in its state
	return command.ProcessState.ExitCode(), printed.String()
}
