package simulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// account is a number with its devices: 0 is the phone, the others are linked clients.
type account struct {
	server *Server
	number string
	lid    string
	phone  *Phone
	since  time.Time

	mu            sync.Mutex
	devices       map[uint16]*device
	nextDevice    uint16
	firstDevice   uint16 // those below belonged to an earlier installation of the app
	keyList       []byte // signed list of valid key indexes
	name          string // the profile name, which messages carry
	about         about
	timer         defaultTimer      // for messages in new chats
	privacy       privacy.Settings  // people on its lists are named by their LID
	blocked       privacy.Blocklist // by LID
	standing      standing
	contacts      map[*account]struct{} // the address book
	statusPrivacy statusPrivacy
	watchers      map[*account]types.JID // who asked for the device list, in which form, and is told of changes
	followers     map[*device]following  // who subscribed to presence
	online        bool
	lastSeen      time.Time // the registration at first
	state         appState
	business      *business         // nil for a person
	notices       map[string]string // terms of service that were accepted
}

func (a *account) pn() types.JID  { return types.NewJID(a.number, types.DefaultUserServer) }
func (a *account) hid() types.JID { return types.NewJID(a.lid, types.HiddenUserServer) }

// as gives the account's address in the same form (number or LID) as like has.
func (a *account) as(like types.JID) types.JID {
	if like.Server == types.HiddenUserServer {
		return a.hid()
	}
	return a.pn()
}

// alt gives the address in the other form than like has.
func (a *account) alt(like types.JID) types.JID {
	if like.Server == types.HiddenUserServer {
		return a.pn()
	}
	return a.hid()
}

func (a *account) device(id uint16) *device {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.devices[id]
}

// all lists the devices, the phone first.
func (a *account) all() []*device {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.SortedFunc(maps.Values(a.devices), func(x, y *device) int { return cmp.Compare(x.id, y.id) })
}

// linked lists the companion devices.
func (a *account) linked() []*device {
	return slices.DeleteFunc(a.all(), func(d *device) bool { return d.id == 0 })
}

// watch remembers that watcher has the device list; like is an address in the form in which it asked.
func (a *account) watch(watcher *account, like types.JID) {
	if watcher == a {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers[watcher] = like
}

// pushName is the profile name that the account's messages carry.
func (a *account) pushName() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.name
}

// rename changes the profile name. Nobody is told: others read it in the next message.
func (a *account) rename(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.name = name
}
