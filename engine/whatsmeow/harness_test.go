package whatsmeow_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// waitLimit is when a test gives up waiting for something, also on a machine that is busy with other things.
const waitLimit = time.Minute

// world is a simulator and a provider that talks to it.
type world struct {
	sim      *simulator.Server
	db       *sql.DB
	cfg      whatsmeow.Config
	provider *whatsmeow.Provider
}

func newWorld(t *testing.T, adjust ...func(*whatsmeow.Config)) *world {
	t.Helper()
	return newWorldIn(t, simulator.Config{}, adjust...)
}

// newWorldIn is newWorld with a simulator of one's own.
func newWorldIn(t *testing.T, config simulator.Config, adjust ...func(*whatsmeow.Config)) *world {
	t.Helper()
	config.RootSeed = &rootSeed
	sim, err := simulator.Start(context.WithoutCancel(t.Context()), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	w := &world{sim: sim, db: openSQLite(t)}
	cfg := whatsmeow.Config{
		DB: w.db, Dialect: "sqlite3",
		Endpoint: &whatsmeow.Endpoint{WebsocketURL: sim.WebsocketURL(), MediaURL: sim.MediaURL(), RootKey: sim.RootKey()},
	}
	for _, a := range adjust {
		a(&cfg)
	}
	w.start(t, cfg)
	return w
}

// start makes the world's provider.
func (w *world) start(t *testing.T, cfg whatsmeow.Config) {
	t.Helper()
	provider, err := whatsmeow.New(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, provider.Close()) })
	w.cfg, w.db, w.provider = cfg, cfg.DB, provider
}

func openSQLite(t *testing.T) *sql.DB {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "keys.db"))
}

func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (w *world) phone(t *testing.T, number, name string) *simulator.Phone {
	t.Helper()
	phone, err := w.sim.AddPhone(number, name)
	require.NoError(t, err)
	return phone
}

// devices counts the linked devices in the store of keys.
func (w *world) devices(t *testing.T) int {
	t.Helper()
	var count int
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT count(*) FROM whatsmeow_device`).Scan(&count))
	return count
}

// seat is a client with the little that the engine does around it.
type seat struct {
	engine.Client
	*memory
	device string
}

func (w *world) open(t *testing.T, device string, sink *memory) *seat {
	t.Helper()
	client, err := w.provider.Open(t.Context(), engine.SeatKey{Tenant: "tenant", Seat: "seat"}, device, sink)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return &seat{Client: client, memory: sink, device: device}
}

func (s *seat) connect(t *testing.T) {
	t.Helper()
	require.NoError(t, s.Connect(t.Context()))
}

// scan waits for a QR code and lets the phone scan it. The returned function
// waits for what the phone says.
func (s *seat) scan(t *testing.T, phone *simulator.Phone) func() (simulator.Device, error) {
	t.Helper()
	code := await[engine.PairingCode](t, s.memory)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	var device simulator.Device
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		device, err = phone.Scan(ctx, code.Text)
	}()
	t.Cleanup(func() { <-done })
	return func() (simulator.Device, error) {
		<-done
		return device, err
	}
}

// pair links a new seat with a phone and logs it in.
func (w *world) pair(t *testing.T, phone *simulator.Phone) *seat {
	t.Helper()
	s := w.open(t, "", newMemory())
	s.connect(t)
	scanned := s.scan(t, phone)
	linked := await[engine.Linked](t, s.memory)
	s.device = linked.Account.Device
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	_, err := scanned()
	require.NoError(t, err)
	return s
}

func (s *seat) reconnect(t *testing.T) {
	t.Helper()
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
}

func (s *seat) send(t *testing.T, to engine.Party, text string) (string, engine.Accepted) {
	t.Helper()
	id := engine.NewWhatsAppID()
	accepted, err := s.Send(t.Context(), engine.Draft{Kind: engine.KindText, ID: engine.MessageID(engine.NewID()), WhatsAppID: id, To: to, Text: text})
	require.NoError(t, err)
	return id, accepted
}

func number(digits string) engine.Party { return engine.Party{Phone: engine.PhoneAddress(digits)} }

// sees waits until a phone shows a text and returns the message.
func sees(t *testing.T, phone *simulator.Phone, text string) simulator.Message {
	t.Helper()
	return waitFor(t, phone, func(m simulator.Message) bool { return m.Text == text })
}

func waitFor(t *testing.T, phone *simulator.Phone, match func(simulator.Message) bool) simulator.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	message, err := phone.Wait(ctx, match)
	require.NoError(t, err)
	return message
}

func waitEvent(t *testing.T, phone *simulator.Phone, kind string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	_, err := phone.WaitEvent(ctx, func(e simulator.Event) bool { return e.Kind == kind })
	require.NoError(t, err, kind)
}
