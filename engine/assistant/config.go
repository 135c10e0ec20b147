package assistant

import (
	"cmp"
	"time"
)

// ReaderName is the name under which [Assistant.Handle] reads the event log.
const ReaderName = "assistant"

// The defaults of [Config].
const (
	defaultQuiet       = 8 * time.Second
	defaultLongest     = 45 * time.Second
	defaultHistory     = 40
	defaultTimeout     = 60 * time.Second
	defaultMaxAttempts = 5
	defaultBackoff     = 4 * time.Second
	defaultFresh       = 24 * time.Hour
	defaultPatience    = 10 * time.Minute
)

// Config says how the assistant behaves. A zero field means its default.
type Config struct {
	// Quiet is how long a lead must have written nothing before the
	// assistant answers, so that a burst of short messages gets one reply.
	// Default: 8 s.
	Quiet time.Duration

	// Longest is how long after a burst's first message the assistant
	// answers at the latest, even if the lead goes on writing. Default: 45 s.
	Longest time.Duration

	// History is how many messages of the conversation the model sees at
	// most, the newest ones. Default: 40.
	History int

	// Timeout is how long one answer of the model may take. Default: 60 s.
	Timeout time.Duration

	// MaxAttempts is how often an answer is tried before the conversation is
	// flagged for a person. Default: 5.
	MaxAttempts int

	// Backoff is the wait after the first failure; each further one is three
	// times as long, give or take a fifth. Default: 4 s, so that five
	// attempts take about three minutes and the time of the calls.
	Backoff time.Duration

	// Patience is how long after a turn was due it may wait for its seat to be
	// connected and to have caught up; then a person has to answer.
	Patience time.Duration
	// Fresh is how old a lead's message may be to be answered at all.
	// Whoever reads the log from its beginning, or after a long standstill,
	// must not answer what people have forgotten. Default: 24 h.
	Fresh time.Duration
}

// withDefaults returns c with its zero fields filled in.
func (c Config) withDefaults() Config {
	return Config{
		Quiet:       cmp.Or(c.Quiet, defaultQuiet),
		Longest:     cmp.Or(c.Longest, defaultLongest),
		History:     cmp.Or(c.History, defaultHistory),
		Timeout:     cmp.Or(c.Timeout, defaultTimeout),
		MaxAttempts: cmp.Or(c.MaxAttempts, defaultMaxAttempts),
		Backoff:     cmp.Or(c.Backoff, defaultBackoff),
		Patience:    cmp.Or(c.Patience, defaultPatience),
		Fresh:       cmp.Or(c.Fresh, defaultFresh),
	}
}
