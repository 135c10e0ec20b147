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

	HistoryDays int           `help:"How many days of a phone's history a new link asks for; 0: what the phone offers by itself; -1: none." env:"AIBUD_HISTORY_DAYS" default:"0"`
	BacklogAge  time.Duration `help:"How old a message that waited at WhatsApp may be for the assistant to answer it." env:"AIBUD_BACKLOG_AGE" default:"10m"`

	MediaMaxBytes int64 `name:"media-max-bytes" help:"Largest file that is fetched or taken, in bytes." env:"AIBUD_MEDIA_MAX_BYTES" default:"104857600"`
	MediaKeep     int   `name:"media-keep" help:"Days for which files of messages are kept; 0 keeps them for ever." env:"AIBUD_MEDIA_KEEP" default:"0"`
	MediaWorkers  int   `name:"media-workers" help:"How many files are fetched at once." env:"AIBUD_MEDIA_WORKERS" default:"8"`
	AllowPrivate  bool  `name:"allow-private-targets" help:"Let addresses that users name, of files and of seats' proxies, lead into private networks." env:"AIBUD_ALLOW_PRIVATE_TARGETS"`

	S3Bucket   string `name:"s3-bucket" help:"Bucket for files instead of a folder." env:"AIBUD_S3_BUCKET"`
	S3Endpoint string `name:"s3-endpoint" help:"Address of the S3 service." env:"AIBUD_S3_ENDPOINT" default:"https://s3.amazonaws.com"`
	S3Region   string `name:"s3-region" help:"Region of the bucket; empty asks the service." env:"AIBUD_S3_REGION"`
	S3Key      string `name:"s3-access-key" help:"Access key of the S3 service; empty uses the machine's role." env:"AIBUD_S3_ACCESS_KEY"`
	S3Secret   string `name:"s3-secret-key" help:"Secret key of the S3 service." env:"AIBUD_S3_SECRET_KEY"`
	S3Prefix   string `name:"s3-prefix" help:"Folder in the bucket." env:"AIBUD_S3_PREFIX"`

	WhatsAppURL     string `name:"whatsapp-url" help:"Websocket address of a WhatsApp simulator to use instead of WhatsApp." env:"AIBUD_WHATSAPP_URL"`
	WhatsAppMedia   string `name:"whatsapp-media-url" help:"Media address of that simulator." env:"AIBUD_WHATSAPP_MEDIA_URL"`
	WhatsAppRootKey string `name:"whatsapp-root-key" help:"Root key of that simulator, 64 hex digits." env:"AIBUD_WHATSAPP_ROOT_KEY"`
	WhatsAppVersion string `name:"whatsapp-version" help:"Web client version to claim, such as 2.3000.1023456789, instead of the newest that WhatsApp tells." env:"AIBUD_WHATSAPP_VERSION"`

	LogLevel  string `help:"How much to log: debug, info, warn or error." env:"AIBUD_LOG_LEVEL" default:"info"`
	LogFormat string `help:"How to log: text or json." env:"AIBUD_LOG_FORMAT" default:"text"`
}

// longestQuiet bounds AIBUD_ASSISTANT_QUIET.
const longestQuiet = 10 * time.Minute

// longestHistory bounds AIBUD_HISTORY_DAYS: phones give no more than about
// three years.
const longestHistory = 3650

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
	if s.HistoryDays < -1 || s.HistoryDays > longestHistory {
		wrong("AIBUD_HISTORY_DAYS must be from -1 to %d", longestHistory)
	}
	if s.BacklogAge <= 0 {
		wrong("AIBUD_BACKLOG_AGE must be more than zero")
	}
	if err := s.validateMedia(); err != nil {
		mistakes = append(mistakes, err)
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
