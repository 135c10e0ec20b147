package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errFake = errors.New("made to fail")

// world is a supervisor with everything around it made up.
type world struct {
	t        *testing.T
	rows     *fakeRows
	provider *fakeProvider
	sv       *Supervisor
	log      *logBuffer
}

func newWorld(t *testing.T, change ...func(*SupervisorConfig)) *world {
	t.Helper()
	w := &world{t: t, rows: newFakeRows(), provider: &fakeProvider{}, log: &logBuffer{}}
	cfg := SupervisorConfig{
		Seats: w.rows, Messages: w.rows, Provider: w.provider, Feed: &Feed{},
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, change := range change {
		change(&cfg)
	}
	w.rows.feed = cfg.Feed
	w.sv = NewSupervisor(cfg)
	return w
}

func (w *world) start() {
	w.sv.Start(w.t.Context())
	synctest.Wait()
}

// stop ends the supervisor, which must not take long.
func (w *world) stop() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(w.t, w.sv.Stop(ctx))
}

// after lets fake time pass.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// wish changes what a person wants of a seat.
func (w *world) wish(key SeatKey, desired Desired) {
	w.rows.wish(key, desired)
	w.sv.Wake(key)
	synctest.Wait()
}

func (w *world) state(key SeatKey) State { return w.rows.seat(key).Status.State }

// inWorld runs a test in a bubble of fake time, with one linked seat that is
// wanted, and ends the supervisor after it.
func inWorld(t *testing.T, test func(t *testing.T, w *world, seat SeatKey), change ...func(*SupervisorConfig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, change...)
		key := w.rows.add("one", "device-one", DesiredRunning)
		t.Cleanup(w.stop) // in the bubble, even if the test fails
		test(t, w, key)
	})
}

// fakeRows is the store: seats and messages in memory. Before each call it
// asks the hook, which may fail, panic or wait.
type fakeRows struct {
	feed *Feed

	mu      sync.Mutex
	hook    func(ctx context.Context, call string) error
	seats   map[SeatKey]*fakeSeat
	claimed []Account
	facts   []Fact
	outbox  map[SeatKey][]Draft
	merged  map[ConversationID]ConversationID // what has become part of which
	failed  map[MessageID]string
	calls   map[string]int

	settings SendingSettings
	counts   []SentCount
	slowed   map[SeatKey]Slowed
	reached  []Reach // of what was sent
	rowsRead int     // of the outbox
}

type fakeSeat struct {
	SeatRecord
	history []Status
	codes   []PairingCode
	backlog []int
	gone    bool
}

func newFakeRows() *fakeRows {
	return &fakeRows{
		seats: make(map[SeatKey]*fakeSeat), outbox: make(map[SeatKey][]Draft),
		failed: make(map[MessageID]string), calls: make(map[string]int),
		settings: DefaultSending(), slowed: make(map[SeatKey]Slowed),
	}
}

func (r *fakeRows) add(name, device string, desired Desired) SeatKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := SeatKey{Tenant: "tenant", Seat: SeatID(name)}
	r.seats[key] = &fakeSeat{SeatRecord: SeatRecord{
		Key: key, Name: name, Device: device, Desired: desired, Status: Status{State: StateStopped},
	}}
	return key
}

func (r *fakeRows) wish(key SeatKey, desired Desired) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats[key].Desired = desired
}

func (r *fakeRows) seat(key SeatKey) fakeSeat {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.seats[key]
}

func (r *fakeRows) change(key SeatKey, change func(*fakeSeat)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r.seats[key])
}

func (r *fakeRows) count(call string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[call]
}

func (r *fakeRows) setHook(hook func(ctx context.Context, call string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook = hook
}

// failing makes calls fail until it is called with none.
func (r *fakeRows) failing(calls ...string) {
	r.setHook(func(_ context.Context, call string) error {
		for _, failing := range calls {
			if failing == call {
				return errFake
			}
		}
		return nil
	})
}

// begin runs the hook and returns with the lock held.
func (r *fakeRows) begin(ctx context.Context, call string) error {
	r.mu.Lock()
	r.calls[call]++
	hook := r.hook
	r.mu.Unlock()
	err := ctx.Err()
	if hook != nil && err == nil {
		err = hook(ctx, call)
	}
	r.mu.Lock()
	return err
}

func (r *fakeRows) SeatsToRun(ctx context.Context, keys ...SeatKey) ([]SeatRecord, error) {
	err := r.begin(ctx, "SeatsToRun")
	defer r.mu.Unlock()
	var records []SeatRecord
	for _, seat := range r.seats {
		if len(keys) > 0 && !slices.Contains(keys, seat.Key) {
			continue
		}
		if !seat.gone && (seat.Desired != DesiredStopped || !seat.Status.Final()) {
			records = append(records, seat.SeatRecord)
		}
	}
	return records, err
}

func (r *fakeRows) Disconnected(ctx context.Context) error {
	err := r.begin(ctx, "Disconnected")
	defer r.mu.Unlock()
	for _, seat := range r.seats {
		if err == nil && seat.Status.State == StateConnected {
			seat.Status = Status{State: StateConnecting, Since: time.Now()}
			seat.history = append(seat.history, seat.Status)
		}
	}
	return err
}

func (r *fakeRows) SetStatus(ctx context.Context, key SeatKey, status Status, desired Desired) error {
	err := r.begin(ctx, "SetStatus")
	defer r.mu.Unlock()
	if err != nil {
		return err
	}
	seat := r.seats[key]
	seat.Status = status
	seat.history = append(seat.history, status)
	if desired != "" && seat.Desired != DesiredRemoved {
		seat.Desired = desired
	}
	return nil
}

func (r *fakeRows) SetPairingCode(ctx context.Context, key SeatKey, code PairingCode) error {
	err := r.begin(ctx, "SetPairingCode")
	defer r.mu.Unlock()
	r.seats[key].codes = append(r.seats[key].codes, code)
	return err
}

func (r *fakeRows) SetBacklog(ctx context.Context, key SeatKey, percent int) error {
	err := r.begin(ctx, "SetBacklog")
	defer r.mu.Unlock()
	r.seats[key].backlog = append(r.seats[key].backlog, percent)
	return err
}

func (r *fakeRows) Claim(ctx context.Context, key SeatKey, account Account) error {
	err := r.begin(ctx, "Claim")
	defer r.mu.Unlock()
	if err == nil {
		r.claimed = append(r.claimed, account)
		r.seats[key].Device = account.Device
	}
	return err
}

func (r *fakeRows) ClearDevice(ctx context.Context, key SeatKey) error {
	err := r.begin(ctx, "ClearDevice")
	defer r.mu.Unlock()
	if err == nil {
		r.seats[key].Device = ""
	}
	return err
}

func (r *fakeRows) SetRestriction(ctx context.Context, key SeatKey, restriction Restriction) error {
	err := r.begin(ctx, "SetRestriction")
	defer r.mu.Unlock()
	if err == nil {
		r.seats[key].Restriction = restriction
	}
	return err
}

func (r *fakeRows) SaveActivity(ctx context.Context, seats []SeatActivity) error {
	err := r.begin(ctx, "SaveActivity")
	defer r.mu.Unlock()
	for _, seat := range seats {
		if err == nil && r.seats[seat.Key] != nil {
			r.seats[seat.Key].Activity = seat.Activity
		}
	}
	return err
}

func (r *fakeRows) Removed(ctx context.Context, key SeatKey) error {
	err := r.begin(ctx, "Removed")
	defer r.mu.Unlock()
	if err == nil {
		r.seats[key].gone = true
	}
	return err
}

func (r *fakeRows) Record(ctx context.Context, _ SeatKey, facts []Fact) error {
	err := r.begin(ctx, "Record")
	defer r.mu.Unlock()
	if err == nil {
		r.facts = append(r.facts, facts...)
	}
	return err
}

func (r *fakeRows) Sent(ctx context.Context, _ SeatKey, _ Party, whatsAppID string) (Draft, bool, error) {
	err := r.begin(ctx, "Sent")
	defer r.mu.Unlock()
	return Draft{WhatsAppID: whatsAppID, Kind: KindText, Text: "text of " + whatsAppID}, err == nil, err
}

func (r *fakeRows) RoomKnown(context.Context, SeatKey, Address) (bool, error) { return true, nil }

func (r *fakeRows) Secrets(ctx context.Context, _ SeatKey, whatsAppID string) ([][]byte, error) {
	err := r.begin(ctx, "Secrets")
	defer r.mu.Unlock()
	return [][]byte{[]byte("secret of " + whatsAppID)}, err
}

func (r *fakeRows) Undecrypted(context.Context, SeatKey, int) ([]Undecrypted, error) { return nil, nil }

func (r *fakeRows) Ping(ctx context.Context) error {
	err := r.begin(ctx, "Ping")
	defer r.mu.Unlock()
	return err
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
