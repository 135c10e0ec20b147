package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/types"
)

// directory finds accounts by either of their addresses.
type directory struct {
	mu       sync.RWMutex
	byNumber map[string]*account
	byLID    map[string]*account
}

const (
	minNumber = 7
	maxNumber = 15
)

func checkNumber(number string) error {
	bad := len(number) < minNumber || len(number) > maxNumber || number[0] == '0' ||
		strings.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if bad {
		return fmt.Errorf("%w number: 7 to 15 digits with the country code, without +", ErrInvalid)
	}
	return nil
}

func (d *directory) add(a *account) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byNumber == nil {
		d.byNumber, d.byLID = make(map[string]*account), make(map[string]*account)
	}
	if _, ok := d.byNumber[a.number]; ok {
		return fmt.Errorf("number %w", ErrTaken)
	}
	for salt := 0; ; salt++ {
		a.lid = hiddenID(a.number, salt)
		if _, ok := d.byLID[a.lid]; !ok {
			break
		}
	}
	d.byNumber[a.number], d.byLID[a.lid] = a, a
	return nil
}

// hiddenID derives the LID's user part: 15 digits that tell nothing about the number, the same in every run.
func hiddenID(number string, salt int) string {
	sum := sha256.Sum256([]byte("lid" + number + ":" + strconv.Itoa(salt)))
	const low, span = 100_000_000_000_000, 900_000_000_000_000
	return strconv.FormatUint(low+binary.BigEndian.Uint64(sum[:8])%span, 10)
}

func (d *directory) number(number string) *account {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byNumber[number]
}

// find resolves a phone-number or hidden address of a person; nil for groups and strangers.
func (d *directory) find(jid types.JID) *account {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch jid.Server {
	case types.DefaultUserServer, types.LegacyUserServer:
		return d.byNumber[jid.User]
	case types.HiddenUserServer:
		return d.byLID[jid.User]
	default:
		return nil
	}
}

func (d *directory) device(jid types.JID) *device {
	a := d.find(jid)
	if a == nil {
		return nil
	}
	return a.device(jid.Device)
}

func (d *directory) all() []*account {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]*account, 0, len(d.byNumber))
	for _, a := range d.byNumber {
		out = append(out, a)
	}
	slices.SortFunc(out, func(x, y *account) int { return strings.Compare(x.number, y.number) })
	return out
}
