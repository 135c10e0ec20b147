package whatsmeow

import (
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
}

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
	store.DeviceProps.RequireFullSync = proto.Bool(false)
	// The Signal library prints to standard output, and makes the logger that
	// does so when first needed, which races. What it says, it also returns as
	// an error.
	logger.Logger = silence{}
	if process.RootKey != nil {
		wm.WACertPubKey = *process.RootKey
	}
}

// silence is a logger of the Signal library that says nothing.
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
