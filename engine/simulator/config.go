package simulator

import (
	"log/slog"
	"time"
)

// Config says how a Server runs. The zero value is usable.
type Config struct {
	// Listen is the address for websocket, media and control; default "127.0.0.1:0". Anything but a loopback address
	// needs AllowRemote.
	Listen      string
	AllowRemote bool
	// Proxy is the address of an HTTP proxy that leads to this server under WhatsApp's own names; "" is none. See
	// [Server.ProxyURL].
	Proxy string
	// Log gets the server's lines, never message texts, numbers or keys; nil discards them.
	Log *slog.Logger
	// RootSeed fixes the key that signs the noise certificates, so that several servers in one process can share the
	// root that a client library keeps in a global; nil draws one.
	RootSeed *[32]byte
	// RefLifetimes are how long each pairing code of one connection is good for; default 60 s and five times 20 s, as
	// WhatsApp's own.
	RefLifetimes []time.Duration
	// IdleTimeout ends a connection that sends nothing for so long; default 3 minutes (clients ping every 20 to 30 s).
	IdleTimeout time.Duration
	// Keep is how many messages, and events, a phone remembers; the oldest go first, and are counted. Default 10,000.
	Keep int
	// MediaBytes bounds what the media hosts store; beyond it the oldest files go. Default 256 MiB.
	MediaBytes int64
	// HistoryPart is how large the parts are, before compression, in which a client is sent the past. Default 1 MiB.
	HistoryPart int
	// WriteTimeout ends a connection that takes none of what waits for it for so long; default 30 s.
	WriteTimeout time.Duration
	// MaxConnections is how many clients may be connected at the same time; default 50,000. The next get HTTP status 503.
	MaxConnections int
}

const (
	defaultListen = "127.0.0.1:0"
	defaultIdle   = 3 * time.Minute
	defaultWrite  = 30 * time.Second
	defaultConns  = 50_000
	firstRef      = 60 * time.Second
	laterRef      = 20 * time.Second
	refCount      = 6
	defaultKeep   = 10_000
)

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = defaultIdle
	}
	if c.Keep <= 0 {
		c.Keep = defaultKeep
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = defaultWrite
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = defaultConns
	}
	if len(c.RefLifetimes) == 0 {
		c.RefLifetimes = []time.Duration{firstRef}
		for len(c.RefLifetimes) < refCount {
			c.RefLifetimes = append(c.RefLifetimes, laterRef)
		}
	}
	return c
}
