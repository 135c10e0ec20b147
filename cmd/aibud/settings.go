package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// errSettings marks an error of the settings, as opposed to one that happened
// while running.
var errSettings = errors.New("the settings can't be used")

// settings are what the server can be told, by flag or by environment. Each
// stands in the README's table.
type settings struct {
	Listen    string `help:"Address for dashboard, API and websocket." env:"AIBUD_LISTEN" default:"127.0.0.1:3000"`
	Data      string `help:"Folder for the SQLite databases." env:"AIBUD_DATA" default:"./data" type:"path"`
	Database  string `help:"postgres://… to use PostgreSQL instead of SQLite." env:"DATABASE_URL"`
	PublicURL string `help:"Address under which browsers reach the server, if a proxy is in front: https://aibud.example. Makes cookies secure." env:"AIBUD_PUBLIC_URL"`
	Signup    string `help:"Who may start a new agency: closed (only the first account) or open (anyone)." env:"AIBUD_SIGNUP" default:"closed"`
	Provider  string `name:"whatsapp-provider" help:"How to reach WhatsApp." env:"WHATSAPP_PROVIDER" default:"native"`

	GeminiKey     string `help:"Key of the Gemini API. Without one the assistant is off." env:"GEMINI_API_KEY,GOOGLE_API_KEY,GOOGLE_GENERATIVE_AI_API_KEY"`
	GeminiBaseURL string `help:"Address of the Gemini API, if it is not Google's." env:"GEMINI_BASE_URL"`
	GeminiModel   string `help:"Gemini model that answers leads." env:"GEMINI_MODEL" default:"gemini-3.8-flash"`

	AssistantQuiet time.Duration `help:"How long a lead must have stopped writing before the assistant answers." env:"AIBUD_ASSISTANT_QUIET" default:"8s"`
	AssistantPause time.Duration `help:"How long the assistant stays silent in a conversation after a person replied." env:"AIBUD_ASSISTANT_PAUSE" default:"12h"`

	WhatsAppURL     string `name:"whatsapp-url" help:"Websocket address of a WhatsApp simulator to use instead of WhatsApp." env:"AIBUD_WHATSAPP_URL"`
	WhatsAppMedia   string `name:"whatsapp-media-url" help:"Media address of that simulator." env:"AIBUD_WHATSAPP_MEDIA_URL"`
	WhatsAppRootKey string `name:"whatsapp-root-key" help:"Root key of that simulator, 64 hex digits." env:"AIBUD_WHATSAPP_ROOT_KEY"`
	WhatsAppVersion string `name:"whatsapp-version" help:"Web client version to claim, such as 2.3000.1023456789, instead of the newest that WhatsApp tells." env:"AIBUD_WHATSAPP_VERSION"`

	LogLevel  string `help:"How much to log: debug, info, warn or error." env:"AIBUD_LOG_LEVEL" default:"info"`
	LogFormat string `help:"How to log: text or json." env:"AIBUD_LOG_FORMAT" default:"text"`
}

// longestQuiet bounds AIBUD_ASSISTANT_QUIET.
const longestQuiet = 10 * time.Minute

// versionForm is what a version of WhatsApp's web client looks like.
var versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// validate reports every mistake in the settings at once.
func (s *settings) validate() error {
	var mistakes []error
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	oneOf := func(name, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			wrong("%s must be %s, not %q", name, strings.Join(allowed, " or "), value)
		}
	}
	oneOf("AIBUD_SIGNUP", s.Signup, "closed", "open")
	oneOf("WHATSAPP_PROVIDER", s.Provider, "native")
	oneOf("AIBUD_LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
	oneOf("AIBUD_LOG_FORMAT", s.LogFormat, "text", "json")
	if s.Data == "" {
		wrong("AIBUD_DATA is empty: name a folder, such as ./data")
	}
	if s.GeminiModel == "" {
		wrong("GEMINI_MODEL is empty: name a model, or leave the setting out")
	}
	if s.WhatsAppVersion != "" && !versionForm.MatchString(s.WhatsAppVersion) {
		wrong("AIBUD_WHATSAPP_VERSION must be three numbers, such as 2.3000.1023456789")
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		wrong("AIBUD_LISTEN must be host:port, such as 127.0.0.1:3000: %w", err)
	}
	if s.Database != "" && !hasScheme(s.Database, "postgres", "postgresql") {
		wrong("DATABASE_URL must begin with postgres:// (leave it unset for SQLite)")
	}
	if s.PublicURL != "" && !isOrigin(s.PublicURL) {
		wrong("AIBUD_PUBLIC_URL must be scheme and host alone, such as https://aibud.example: nothing is served under a path")
	}
	if s.GeminiBaseURL != "" && !hasScheme(s.GeminiBaseURL, "http", "https") {
		wrong("GEMINI_BASE_URL must begin with http:// or https://")
	}
	if s.AssistantQuiet <= 0 || s.AssistantQuiet > longestQuiet {
		wrong("AIBUD_ASSISTANT_QUIET must be more than zero and at most %s, since leads don't wait", longestQuiet)
	}
	if s.AssistantPause <= 0 {
		wrong("AIBUD_ASSISTANT_PAUSE must be more than zero")
	}
	if err := s.validateSimulator(); err != nil {
		mistakes = append(mistakes, err)
	}
	if len(mistakes) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n%w", errSettings, errors.Join(mistakes...))
}

func (s *settings) validateSimulator() error {
	if s.WhatsAppURL == "" && s.WhatsAppMedia == "" && s.WhatsAppRootKey == "" {
		return nil
	}
	if !hasScheme(s.WhatsAppURL, "ws", "wss") || !hasScheme(s.WhatsAppMedia, "http", "https") {
		return errors.New("to use a simulator set all of AIBUD_WHATSAPP_URL (ws://…), AIBUD_WHATSAPP_MEDIA_URL (http://…) and AIBUD_WHATSAPP_ROOT_KEY")
	}
	_, err := s.rootKey()
	return err
}

// rootKey is the simulator's root key.
func (s *settings) rootKey() ([32]byte, error) {
	key, err := hex.DecodeString(s.WhatsAppRootKey)
	if err != nil || len(key) != 32 {
		return [32]byte{}, errors.New("AIBUD_WHATSAPP_ROOT_KEY must be the 64 hex digits that “aibud simulate” prints as root_key")
	}
	return [32]byte(key), nil
}

// isOrigin says whether an address is a web page's scheme and host alone.
func isOrigin(address string) bool {
	u, err := url.Parse(address)
	return err == nil && hasScheme(address, "http", "https") && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.User == nil
}

func hasScheme(address string, schemes ...string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return true
		}
	}
	return false
}

// logger returns the logger that everything logs to.
func (s *settings) logger(w io.Writer) *slog.Logger {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	options := &slog.HandlerOptions{Level: levels[s.LogLevel]}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
