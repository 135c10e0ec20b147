package simulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// account is a number with its devices: 0 is the phone, the others are linked clients.
type account struct {
	server *Server
	number string
	lid    string
	name   string // the phone's profile name, which messages carry
	phone  *Phone
	since  time.Time

	mu         sync.Mutex
	devices    map[uint16]*device
	nextDevice uint16
	keyList    []byte // signed list of valid key indexes
	about      string
	aboutAt    time.Time
	privacy    map[string]string
	watchers   map[*account]types.JID // who asked for the device list, in which form, and is told of changes
	followers  map[*account]struct{}  // who subscribed to presence
	online     bool
	lastSeen   time.Time
	state      appState
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
