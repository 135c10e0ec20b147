package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// demoQuiet is how soon the demo's assistant answers: sooner than for real
// leads, since whoever tries it is looking.
const demoQuiet = 3 * time.Second

// demoThinking is how long the demo's script thinks, so that 'typing…' is seen.
const demoThinking = 1500 * time.Millisecond

// demoCommand runs the server against a simulated WhatsApp, with people in it.
type demoCommand struct {
	Listen      string `help:"Address for everything." env:"AIBUD_LISTEN" default:"127.0.0.1:3000"`
	GeminiKey   string `help:"Key of the Gemini API. Without one a local script answers." env:"GEMINI_API_KEY,GOOGLE_API_KEY,GOOGLE_GENERATIVE_AI_API_KEY"`
	GeminiURL   string `help:"Address of the Gemini API, if it is not Google's." name:"gemini-base-url" env:"GEMINI_BASE_URL"`
	GeminiModel string `help:"Gemini model that answers leads." env:"GEMINI_MODEL" default:"gemini-3.8-flash"`
	LogLevel    string `help:"How much to log: debug, info, warn or error." env:"AIBUD_LOG_LEVEL" default:"warn"`
}

// Run serves the demo until ctx ends. Everything it makes is in a folder that
// is removed at the end.
func (c *demoCommand) Run(ctx context.Context, io streams) (err error) {
	folder, err := os.MkdirTemp("", "aibud-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	cfg := settings{
		Listen: c.Listen, Data: folder, Signup: "closed", Provider: "native", LogFormat: "text",
		GeminiKey: c.GeminiKey, GeminiBaseURL: c.GeminiURL, GeminiModel: c.GeminiModel,
		AssistantQuiet: demoQuiet, AssistantPause: 12 * time.Hour, LogLevel: c.LogLevel,
		BacklogAge: 10 * time.Minute, MediaMaxBytes: 100 << 20, MediaWorkers: 8,
	}
	log := cfg.logger(io.err)
	world, err := newWorld(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.simulator.Close()) }()
	ready := world.simulator.Ready()
	cfg.WhatsAppURL, cfg.WhatsAppMedia, cfg.WhatsAppRootKey = ready.Websocket, ready.Media, ready.RootKey

	scripted := cfg.GeminiKey == ""
	if scripted {
		ai, err := startScripted(ctx, "127.0.0.1:0", demoThinking)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ai.stop()) }()
		cfg.GeminiKey, cfg.GeminiBaseURL, cfg.GeminiModel = "scripted", ai.url, "aibud-scripted"
	}
	if err := cfg.validate(); err != nil {
		return err
	}
	server, err := startServer(ctx, cfg, extras{scripted: scripted, demo: world.handler()}, log)
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		err = errors.Join(err, server.stop(stopCtx))
	}()
	if err := world.settle(ctx, server); err != nil {
		return fmt.Errorf("prepare the demo: %w", err)
	}
	c.welcome(io, server.url(), ready.Control, scripted)
	<-ctx.Done()
	return nil
}

func (c *demoCommand) welcome(io streams, url, control string, scripted bool) {
	answers := "Gemini answers the leads."
	if scripted {
		answers = "A local script answers the leads, in Gemini's place. Set GEMINI_API_KEY for the real one."
	}
	fmt.Fprintf(io.out, `
Aibud's demo is ready.

  Dashboard     %s/demo/signin   (signs you in as %s)
  Lead's phone  %s/demo          (write as a lead, link seats)
  Simulator     %s   (groups, files, calls and more by HTTP: docs/simulator.md)

WhatsApp is simulated: nothing leaves this machine. %s
To sign in by hand: %s, password %s. Ctrl-C ends the demo and forgets everything.

`, url, demoUser.Name, url, control, answers, demoUser.Email, demoUser.Password)
}
