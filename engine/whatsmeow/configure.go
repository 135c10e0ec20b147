package whatsmeow

import (
	"sync"

	"go.mau.fi/libsignal/logger"
	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"
)

// Process is what the library keeps in variables of the process.
type Process struct {
	// Name is what a phone's list of linked devices calls us.
	Name string
	// RootKey is the public key that signs the certificates of WhatsApp's
	// servers; nil is WhatsApp's own. A simulator has another.
	RootKey *[32]byte
	// HistoryDays is how many days of the past a phone that is linked from now
	// on is asked for; the phone decides. 0 leaves it to the phone.
	HistoryDays int
}

// recentDays is how far the phase of recent messages goes back at most. What
// is older comes in a phase of its own, which has to be asked for.
const recentDays = 90

// Configure sets what the library keeps in variables of the process. Package
// cmd calls it once, before the first [Provider] is made: it is not safe while
// clients connect.
func Configure(process Process) {
	if process.Name != "" {
		store.DeviceProps.Os = proto.String(process.Name)
	}
	// The platform is the icon on the phone. It must agree with the one in the
	// QR code, which sessions set to the same.
	store.DeviceProps.PlatformType = waCompanionReg.DeviceProps_CHROME.Enum()
	store.DeviceProps.RequireFullSync = proto.Bool(process.HistoryDays > recentDays)
	if process.HistoryDays > 0 {
		days := proto.Uint32(uint32(process.HistoryDays)) // bounded by the settings
		store.DeviceProps.HistorySyncConfig.FullSyncDaysLimit = days
		store.DeviceProps.HistorySyncConfig.RecentSyncDaysLimit = proto.Uint32(min(*days, recentDays))
	}
	once.Do(func() {
		logger.Logger = silence{}
		store.SignalProtobufSerializer.Session = sessionEncoding{}
		store.SignalProtobufSerializer.SenderKeyRecord = senderKeyEncoding{}
	})
	if process.RootKey != nil {
		wm.WACertPubKey = *process.RootKey
	}
}

// once keeps the variables of the Signal library from being written while
// clients read them.
var once sync.Once //nolint:gochecknoglobals // for variables of the process

// silence is a logger of the Signal library that says nothing. By itself the
// library prints to standard output, with a logger that it makes when first
// needed, which races. What it says, it also returns as an error.
type silence struct{}

// Debug implements [logger.Loggable].
func (silence) Debug(_, _ string) {}

// Info implements [logger.Loggable].
func (silence) Info(_, _ string) {}

// Warning implements [logger.Loggable].
func (silence) Warning(_, _ string) {}

// Error implements [logger.Loggable].
func (silence) Error(_, _ string) {}

// Configure implements [logger.Loggable].
func (silence) Configure(string) {}
