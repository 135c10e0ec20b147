package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant"
	"github.com/myaibud/aibud/engine/history"
	"github.com/myaibud/aibud/engine/media"
	"github.com/myaibud/aibud/engine/reads"
	"github.com/myaibud/aibud/engine/whatsmeow"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/web"
)

// extras are what the demo adds to a server.
type extras struct {
	scripted bool         // a script stands in for Gemini
	demo     http.Handler // pages and calls of the demo, under /demo; nil: none
}

// server is everything that runs, in the order in which it was started.
// Stopping goes the other way.
type server struct {
	log        *slog.Logger
	feed       *engine.Feed
	store      *store.Store
	release    func() error    // gives up the right to run the database's seats
	lost       <-chan struct{} // closed when another server has taken that right
	media      *media.Service
	provider   *whatsmeow.Provider
	supervisor *engine.Supervisor
	presences  *engine.Presences
	endClock   func()            // ends the watch of the clock
	gemini     *assistant.Gemini // nil without a key
	jobs       *store.Jobs
	reader     *engine.Reader
	connected  *engine.Reader // goes on when a seat has connected
	api        *api.Server
	http       *http.Server
	listener   net.Listener
	served     chan error
	endHTTP    context.CancelCauseFunc
}

// jobsTime is how long jobs may go on when the server stops.
const jobsTime = 2 * time.Second

// errStopped is why requests end when the server stops.
var errStopped = errors.New("the server is shutting down")

// startServer starts everything. The returned server answers requests and
// connects its seats. If anything can't be started, what was is stopped.
func startServer(ctx context.Context, cfg settings, more extras, log *slog.Logger) (_ *server, err error) {
	s := &server{log: log, feed: new(engine.Feed), served: make(chan error, 1)}
	defer func() {
		if err != nil {
			stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
			defer cancel()
			err = errors.Join(err, s.stop(stopCtx))
		}
	}()
	// A taken port is an error before anything else happens.
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (AIBUD_LISTEN): %w", cfg.Listen, err)
	}
	s.store, err = store.Open(ctx, store.Config{
		URL: cfg.Database, DataDir: cfg.Data, Log: log, Feed: s.feed,
		AssistantPause: cfg.AssistantPause,
	})
	if err != nil {
		return nil, err
	}
	if s.release, s.lost, err = s.store.Exclusive(ctx); err != nil {
		return nil, err
	}
	if err := s.store.StartClock(ctx); err != nil {
		return nil, err
	}
	if err := s.openMedia(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.startSeats(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.startAssistant(ctx, cfg); err != nil {
		return nil, err
	}
	s.endClock = s.watchClock(ctx)
	return s, s.startHTTP(ctx, cfg, more)
}

// startSeats connects the seats to WhatsApp, or to a simulator if the
// settings name one.
func (s *server) startSeats(ctx context.Context, cfg settings) error {
	keys, dialect, err := s.store.KeysDB(ctx)
	if err != nil {
		return err
	}
	endpoint, err := endpointOf(cfg)
	if err != nil {
		return err
	}
	process := whatsmeow.Process{Name: "Aibud", HistoryDays: max(cfg.HistoryDays, 0)}
	if endpoint != nil {
		s.log.Warn("seats talk to a simulator, not to WhatsApp", "address", cfg.WhatsAppURL)
		process.RootKey = &endpoint.RootKey
	}
	whatsmeow.Configure(process)
	s.provider, err = whatsmeow.New(ctx, whatsmeow.Config{
		DB: keys, Dialect: dialect, Log: s.log, Versions: webVersion{s.store},
		VersionOverride: cfg.WhatsAppVersion, Endpoint: endpoint, SkipHistory: cfg.HistoryDays < 0,
		Files: s.media, BacklogAge: cfg.BacklogAge, PrivateProxies: cfg.AllowPrivate,
	})
	if err != nil {
		return err
	}
	s.supervisor = engine.NewSupervisor(engine.SupervisorConfig{
		Seats: s.store, Messages: s.store, Calls: s.store, Provider: s.provider, Feed: s.feed, Log: s.log,
		Presence: func(seat engine.SeatKey, news engine.Presence) { s.presences.Hear(seat, news) },
		Settled:  s.returnMemory,
	})
	s.presences = engine.NewPresences(engine.PresencesConfig{Records: s.store, Clients: s.supervisor, Feed: s.feed, Log: s.log})
	s.presences.Start(ctx)
	s.media.Connect(s.supervisor)
	s.supervisor.Start(ctx)
	return nil
}

// manyConnects is how many seats must have connected for the memory that their
// handshakes took to be worth giving back.
const manyConnects = 20

// loginsEnd is how long after the last login most seats are still busy with it,
// and readingEnd how long until the last have read what they do after it.
const (
	loginsEnd  = 3 * time.Second
	readingEnd = 20 * time.Second
)

// collections is how often garbage is collected then: each time the runtime
// halves the stacks that the handshakes made grow.
const collections = 3

// shrinkTime is how long the database may take to give memory back.
const shrinkTime = 5 * time.Second

// returnMemory gives memory back to the system after many seats have connected
// at once. By itself the runtime takes minutes to, and keeps a part.
func (s *server) returnMemory(connects int) {
	if connects < manyConnects {
		return
	}
	for _, wait := range []time.Duration{loginsEnd, readingEnd} {
		time.AfterFunc(wait, s.freeMemory)
	}
}

func (s *server) freeMemory() {
	ctx, cancel := context.WithTimeout(context.Background(), shrinkTime)
	defer cancel()
	if err := s.store.ReturnMemory(ctx); err != nil {
		s.log.Debug("the database kept its memory", "error", err)
	}
	for range collections {
		debug.FreeOSMemory()
	}
}

func endpointOf(cfg settings) (*whatsmeow.Endpoint, error) {
	if cfg.WhatsAppURL == "" {
		return nil, nil //nolint:nilnil // no endpoint is what most servers have
	}
	key, err := cfg.rootKey()
	if err != nil {
		return nil, err
	}
	return &whatsmeow.Endpoint{WebsocketURL: cfg.WhatsAppURL, MediaURL: cfg.WhatsAppMedia, RootKey: key}, nil
}

// startAssistant starts the queue of jobs, and the reader that makes the
// assistant answer.
func (s *server) startAssistant(ctx context.Context, cfg settings) error {
	var model assistant.Model
	if cfg.GeminiKey != "" {
		gemini, err := assistant.NewGemini(ctx, assistant.GeminiConfig{
			Key: cfg.GeminiKey, BaseURL: cfg.GeminiBaseURL, Model: cfg.GeminiModel, Log: s.log,
		})
		if err != nil {
			return err
		}
		s.gemini, model = gemini, gemini
	}
	replies := assistant.New(s.store, s.supervisor, model, assistant.Config{Quiet: cfg.AssistantQuiet, Patience: cfg.BacklogAge}, s.log)
	workers := river.NewWorkers()
	river.AddWorker(workers, replies.Worker())
	river.AddWorker(workers, history.New(s.store, s.supervisor, s.log))
	river.AddWorker(workers, reads.New(s.store, s.supervisor, s.log))
	s.store.AddWorkers(workers)
	jobs, err := s.store.StartJobs(ctx, workers, s.mediaJobs(workers, cfg))
	if err != nil {
		return err
	}
	s.jobs = jobs
	s.reader = engine.NewReader(engine.ReaderConfig{
		Name: assistant.ReaderName, Log: s.log, Records: s.store, Feed: s.feed, Handle: replies.Handle,
		Interesting: func(event engine.Event) bool { return event.Kind == engine.EventMessageCreated },
	})
	s.reader.Start(ctx)
	s.startConnected(ctx)
	return nil
}

// startHTTP serves dashboard, API and websocket on the one port.
func (s *server) startHTTP(ctx context.Context, cfg settings, more extras) error {
	jobsUI, err := s.jobs.UI(s.log, "/admin/jobs")
	if err != nil {
		return err
	}
	demoURL := ""
	if more.demo != nil {
		demoURL = "/demo"
	}
	pages := http.NewServeMux()
	pages.Handle("/", web.Handler())
	if more.demo != nil {
		pages.Handle("/demo", more.demo)
		pages.Handle("/demo/", more.demo)
	}
	s.api, err = api.New(api.Config{
		Accounts:   s.store,
		Tenant:     func(id engine.TenantID) api.Tenant { return s.store.Tenant(id) },
		Sessions:   s.store.SessionStore(),
		Seats:      s.supervisor,
		Presences:  s.presences,
		Feed:       s.feed,
		Log:        s.log,
		Media:      s.media,
		SignupOpen: cfg.Signup == "open", PublicURL: cfg.PublicURL, Version: version(),
		Assistant:    api.AssistantInfo{Configured: s.gemini != nil, Model: modelName(cfg), Scripted: more.scripted},
		SimulatorURL: cfg.WhatsAppURL, DemoURL: demoURL,
		JobsUI: jobsUI, Dashboard: pages, Ready: s.store.Ping, ClientAddress: clientAddress(cfg),
	})
	if err != nil {
		return err
	}
	base, end := context.WithCancelCause(context.WithoutCancel(ctx)) // requests outlive the signal that stops us
	s.endHTTP = end
	s.http = &http.Server{
		Handler:           onlyHosts(cfg, s.listener.Addr(), s.api.Handler()),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	go func() { s.served <- s.http.Serve(s.listener) }()
	return nil
}

// clientAddress names clients by what a proxy says, if there is one.
func clientAddress(cfg settings) func(*http.Request) string {
	if cfg.PublicURL == "" {
		return nil
	}
	return api.ForwardedAddress
}

func modelName(cfg settings) string {
	if cfg.GeminiKey == "" {
		return ""
	}
	return cfg.GeminiModel
}

// url is the address under which the server answers on this machine.
func (s *server) url() string { return "http://" + s.listener.Addr().String() }

// stop ends everything, in the order that loses nothing: no new requests,
// then no new work, then the seats, and the store last.
func (s *server) stop(ctx context.Context) error {
	var errs []error
	fail := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	if s.http != nil {
		s.api.Close() // ends the websockets, which Shutdown would not wait for
		fail("stop serving", s.http.Shutdown(ctx))
		s.endHTTP(errStopped)
		if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
			fail("serve", err)
		}
	} else if s.listener != nil {
		fail("stop listening", s.listener.Close())
	}
	if s.endClock != nil {
		s.endClock()
	}
	if s.reader != nil {
		s.reader.Stop()
	}
	if s.connected != nil {
		s.connected.Stop()
	}
	if s.jobs != nil {
		// Jobs that wait for Gemini are not waited for: they run again.
		jobsCtx, cancel := context.WithTimeout(ctx, jobsTime)
		defer cancel()
		fail("stop the jobs", s.jobs.Stop(jobsCtx))
	}
	if s.gemini != nil {
		s.gemini.Close()
	}
	if s.presences != nil {
		s.presences.Stop()
	}
	if s.supervisor != nil {
		fail("stop the seats", s.supervisor.Stop(ctx))
	}
	if s.provider != nil {
		fail("close the WhatsApp keys", s.provider.Close())
	}
	if s.release != nil {
		fail("release the database", s.release())
	}
	if s.store != nil {
		s.store.Close()
	}
	return errors.Join(errs...)
}

// webVersion keeps the version of WhatsApp's web client among the settings
// that the store holds, so that a start without WhatsApp's page still has it.
type webVersion struct{ store *store.Store }

const webVersionSetting = "whatsapp_web_version"

// LoadVersion returns the version that was saved last, or "".
func (v webVersion) LoadVersion(ctx context.Context) (string, error) {
	return v.store.Setting(ctx, webVersionSetting)
}

// SaveVersion saves a version.
func (v webVersion) SaveVersion(ctx context.Context, version string) error {
	return v.store.SetSetting(ctx, webVersionSetting, version)
}
