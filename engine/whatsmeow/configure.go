package whatsmeow

import (
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
	if process.RootKey != nil {
		wm.WACertPubKey = *process.RootKey
	}
}
