package simulator

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// phoneState is what a phone knows of its account's settings: the keys, and its own view of each collection. Whoever
// holds mu takes no other lock than the account's and the directory's, and passes no stanza on.
type phoneState struct {
	mu       sync.Mutex
	ring     *appstate.Ring
	replicas map[string]*appstate.Replica
	blocked  map[string]bool     // collections that wait for a key which another device made
	news     []appstate.Mutation // applied, but not yet obeyed
}

// maxStateTries bounds how often the phone makes a patch anew because a client was faster.
const maxStateTries = 20

// newPhoneState draws the first key, of a small epoch as phones draw it, and the account's ID in fingerprints.
func newPhoneState(now time.Time) (st *phoneState, rawID uint32, err error) {
	var random [6]byte
	if _, err = rand.Read(random[:]); err != nil {
		return nil, 0, fmt.Errorf("draw epoch: %w", err)
	}
	first, err := appstate.NewKey(0, uint32(binary.BigEndian.Uint16(random[:]))+1, now)
	if err != nil {
		return nil, 0, err
	}
	return &phoneState{ring: appstate.NewRing(first)}, binary.BigEndian.Uint32(random[2:]), nil
}

// firstSettings are those of a phone that has just been registered.
func firstSettings(name string, now time.Time) []appstate.Mutation {
	out := []appstate.Mutation{pushNameMutation(name), localeMutation(defaultLocale)}
	for _, m := range out {
		m.Value.Timestamp = proto.Int64(now.UnixMilli())
	}
	return out
}

// replica gives the phone's view of a collection. The caller holds st.mu.
func (st *phoneState) replica(name string) *appstate.Replica {
	if st.replicas == nil {
		st.replicas = make(map[string]*appstate.Replica)
	}
	if st.replicas[name] == nil {
		st.replicas[name] = appstate.NewReplica(name)
	}
	return st.replicas[name]
}

func (st *phoneState) block(name string) {
	if st.blocked == nil {
		st.blocked = make(map[string]bool)
	}
	st.blocked[name] = true
}

// changeState does what a person did at the phone: all mutations are of one collection.
func (p *Phone) changeState(ctx context.Context, collection string, mutations ...appstate.Mutation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := p.server().clock.Now().UnixMilli()
	for _, m := range mutations {
		m.Value.Timestamp = proto.Int64(now)
	}
	version, err := p.writeState(collection, mutations)
	if errors.Is(err, appstate.ErrMAC) || errors.Is(err, appstate.ErrInvalid) {
		p.resetState("the phone can't follow a client's patch", []string{collection})
		version, err = p.writeState(collection, mutations)
	}
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	p.stateChanged()
	if version > 0 {
		p.account.stateWritten(p.device, collection, version)
	}
	return nil
}

// writeState puts mutations on the server and gives the version that they led to; 0 if there was nothing to do.
func (p *Phone) writeState(collection string, mutations []appstate.Mutation) (uint64, error) {
	st := p.state
	st.mu.Lock()
	defer st.mu.Unlock()
	for range maxStateTries {
		if err := p.catchUp(collection); err != nil {
			return 0, err
		}
		r := st.replica(collection)
		patch, err := r.Patch(st.ring, 0, mutations)
		if err != nil || patch == nil {
			return 0, err
		}
		raw, err := p.encodePatch(patch)
		if err != nil {
			return 0, err
		}
		version, err := p.account.writeState(collection, r.Version(), raw)
		if errors.Is(err, appstate.ErrConflict) {
			continue // a client was faster
		}
		if err != nil {
			return 0, err
		}
		return version, p.catchUp(collection)
	}
	return 0, fmt.Errorf("%w: clients write without end", ErrRefused)
}

// encodePatch moves mutations out of a patch that has many.
func (p *Phone) encodePatch(patch *waServerSync.SyncdPatch) ([]byte, error) {
	if len(patch.Mutations) > appstate.InlineMutations {
		list, err := proto.Marshal(&waServerSync.SyncdMutations{Mutations: patch.Mutations})
		if err != nil {
			return nil, fmt.Errorf("encode mutations: %w", err)
		}
		if patch.ExternalMutations, err = p.server().storeState(p.Number(), list); err != nil {
			return nil, err
		}
		patch.Mutations = nil
	}
	raw, err := proto.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("encode patch: %w", err)
	}
	return raw, nil
}

// catchUp applies what is on the server. The caller holds st.mu, and lets the phone obey afterwards.
func (p *Phone) catchUp(collection string) error {
	st := p.state
	r := st.replica(collection)
	for {
		page, err := p.account.statePatches(collection, r.Version())
		if err != nil {
			return err
		}
		for _, raw := range page.Patches {
			mutations, err := r.Apply(st.ring, raw, p.server().fetchState)
			if errors.Is(err, appstate.ErrKey) {
				st.block(collection)
			}
			if err != nil {
				return err
			}
			st.news = append(st.news, mutations...)
		}
		if !page.More {
			delete(st.blocked, collection)
			return nil
		}
	}
}

// followState reads what a client wrote, as a server_sync notification asks, and does what it says.
func (p *Phone) followState(collection string) {
	p.state.mu.Lock()
	err := p.catchUp(collection)
	p.state.mu.Unlock()
	switch {
	case errors.Is(err, appstate.ErrKey):
		p.server().log.Info("phone lacks a key to app state and asks for it", "collection", collection)
		p.wantStateKeys(err)
	case err != nil:
		p.server().log.Warn("phone can't read a client's app state patch", "collection", collection, "error", err)
		p.resetState("the phone can't follow a client's patch", []string{collection})
	}
	p.stateChanged()
}

// stateChanged does what follows from new settings beyond their being shown, and wakes whoever waits for them.
func (p *Phone) stateChanged() {
	p.state.mu.Lock()
	news := p.state.news
	p.state.news = nil
	p.state.mu.Unlock()
	for _, m := range news {
		p.obeyState(m)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.announce()
}

func (p *Phone) obeyState(m appstate.Mutation) {
	switch m.Index[0] {
	case indexPushName:
		if name := m.Value.GetPushNameSetting().GetName(); !m.Remove && name != "" {
			p.account.rename(name)
		}
	case indexContact:
		p.keepContact(m)
	case indexSentinel:
		// A client that logs out says so to make the others stop using the keys that it knows.
		if m.Value.GetKeyExpiration() != nil {
			p.expireStateKeys(uint32(m.Value.GetKeyExpiration().GetExpiredKeyEpoch()))
		}
	}
}
