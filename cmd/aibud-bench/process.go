package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program under measurement, or one that helps with it.
type process struct {
	command *exec.Cmd
	lines   *bufio.Reader // what it prints
	log     *os.File
}

// launch starts a program with its log in the folder.
func launch(ctx context.Context, folder, name string, env []string, program string, args ...string) (*process, error) {
	return launchWith(ctx, folder, name, env, nil, program, args...)
}

// launchWith is launch with a standard input.
func launchWith(ctx context.Context, folder, name string, env []string, input *os.File, program string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, program, args...), log: log}
	p.command.Stderr = log
	if input != nil {
		p.command.Stdin = input
	}
	p.command.Env = append(os.Environ(), env...)
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewReader(out)
	return p, p.command.Start()
}

// line returns the next line that the process prints.
func (p *process) line() (string, error) {
	line, err := p.lines.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the process ended; its log is %s: %w", p.log.Name(), err)
	}
	return strings.TrimSpace(line), nil
}

// decode reads the next line as JSON.
func (p *process) decode(into any) error {
	line, err := p.line()
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(line), into)
}

// memory returns the process's own resident memory in KB, without the pages
// of files that are mapped.
func (p *process) memory() (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			return strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
		}
	}
	return 0, errors.New("the kernel tells no RssAnon")
}

// ticksPerSecond is the unit of CPU times in /proc on Linux (USER_HZ).
const ticksPerSecond = 100

// cpu returns the CPU time that the process has used, user and system.
func (p *process) cpu() (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	// Fields 14 and 15, counted from 1; the second, in parentheses, may hold spaces.
	_, rest, _ := strings.Cut(string(content), ") ")
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticksPerSecond, errors.Join(err1, err2)
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	defer p.log.Close()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.AfterFunc(15*time.Second, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	_ = p.command.Wait() // how it exits is not what is measured
	return nil
}
