package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// The kinds of a dirty bit: what a client knows of them may be outdated. A client reads them again and says that the bit
// is clean (WhatsApp Web, WAWebHandleDirtyBits; Baileys, chats.ts and groups.ts).
const (
	DirtyAccount  = "account_sync"    // devices, privacy, block list, profile
	DirtyGroups   = "groups"          // the list of groups
	DirtyAppState = "syncd_app_state" // every collection of app state
	DirtyChannels = "newsletter_metadata"
)

func dirtyKinds() []string { return []string{DirtyAccount, DirtyGroups, DirtyAppState, DirtyChannels} }

// maxDirty bounds what one client may say in one query.
const maxDirty = 10

// MarkDirty makes the server tell the linked clients, now or when they come, that what they know of this kind may be
// outdated. The server tells it anew at each login until the client says that it is clean. ErrInvalid.
func (p *Phone) MarkDirty(kind string) error {
	if !slices.Contains(dirtyKinds(), kind) {
		return fmt.Errorf("%w kind: one of %v", ErrInvalid, dirtyKinds())
	}
	now := p.server().clock.Now()
	for _, d := range p.account.linked() {
		d.markDirty(kind, now)
	}
	return nil
}

func (d *device) markDirty(kind string, at time.Time) {
	if d.phone != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dirty == nil {
		d.dirty = make(map[string]time.Time)
	}
	d.dirty[kind] = at
	if d.live {
		d.conn.send(dirtyNode(kind, at))
	}
}

// missed marks what a client did not hear because it is away.
func (d *device) missed(kind string, at time.Time) {
	if !d.isOnline() {
		d.markDirty(kind, at)
	}
}

// dirtyNodes are the bits that a client is told at its login.
func (d *device) dirtyNodes() []binary.Node {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []binary.Node
	for _, kind := range slices.Sorted(maps.Keys(d.dirty)) {
		out = append(out, dirtyNode(kind, d.dirty[kind]))
	}
	return out
}

// dirtyBits names the bits that the client has not cleaned.
func (d *device) dirtyBits() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.dirty))
}

func dirtyNode(kind string, at time.Time) binary.Node {
	return binary.Node{Tag: "ib", Attrs: binary.Attrs{"from": types.ServerJID}, Content: []binary.Node{
		{Tag: "dirty", Attrs: binary.Attrs{"type": kind, "timestamp": at.Unix()}},
	}}
}

// queryDirty answers "urn:xmpp:whatsapp:dirty": a client has read what was outdated. A time before the one of the bit
// says that it has been reading something older, so the bit stays.
func (s *Server) queryDirty(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	cleaned := n.GetChildrenByTag("clean")
	if kind != "set" || len(cleaned) == 0 || len(cleaned) > maxDirty {
		return nil, errBadRequest
	}
	for i := range cleaned {
		which := attr(&cleaned[i], "type")
		if !slices.Contains(dirtyKinds(), which) {
			return nil, errBadRequest
		}
		until := s.clock.Unix()
		if text := attr(&cleaned[i], "timestamp"); text != "" {
			parsed, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, errBadRequest
			}
			until = parsed
		}
		d.mu.Lock()
		if at, ok := d.dirty[which]; ok && at.Unix() <= until {
			delete(d.dirty, which)
		}
		d.mu.Unlock()
	}
	return nil, nil
}
