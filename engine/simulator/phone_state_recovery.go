package simulator

import (
	"slices"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// recoverState sends a client that can't follow the patches of a collection any more the whole of it.
func (p *Phone) recoverState(got delivery, kind waE2E.PeerDataOperationRequestType, collection string) {
	if !slices.Contains(collectionNames(), collection) {
		p.server().log.Info("client asks to recover an unknown collection")
		return
	}
	p.state.mu.Lock()
	err := p.catchUp(collection)
	var packed []byte
	if err == nil {
		packed, err = p.state.replica(collection).Recovery()
	}
	p.state.mu.Unlock()
	if err != nil {
		p.server().log.Warn("app state not recovered", "collection", collection, "error", err)
		return
	}
	p.answerPeer(got, kind, peerResults{{
		SyncdSnapshotFatalRecoveryResponse: &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_SyncDSnapshotFatalRecoveryResponse{
			CollectionSnapshot: packed, IsCompressed: proto.Bool(true),
		},
	}})
}

// resetState makes collections anew out of what the phone believes, which ends what clients know of them; so they are
// all logged out, as whatsmeow says of BuildFatalAppStateExceptionNotification.
func (p *Phone) resetState(why string, collections []string) {
	p.server().log.Warn("phone makes its app state anew; its clients are logged out", "why", why, "collections", len(collections))
	p.state.mu.Lock()
	for _, name := range collectionNames() {
		if slices.Contains(collections, name) {
			if err := p.remakeState(name); err != nil {
				p.server().log.Error("app state not made anew", "collection", name, "error", err)
			}
		}
	}
	p.state.mu.Unlock()
	for _, d := range p.account.linked() {
		p.server().unlink(d, true)
	}
	p.stateChanged()
}

// remakeState puts a collection on the server as if it were new. The caller holds st.mu.
func (p *Phone) remakeState(name string) error {
	var entries []appstate.Mutation
	for m := range p.state.replica(name).Entries() {
		if m.Index[0] != indexSentinel {
			entries = append(entries, m)
		}
	}
	p.account.dropState(name)
	fresh := appstate.NewReplica(name)
	p.state.replicas[name] = fresh
	delete(p.state.blocked, name)
	patch, err := fresh.Patch(p.state.ring, 0, entries)
	if err != nil || patch == nil {
		return err
	}
	raw, err := p.encodePatch(patch)
	if err != nil {
		return err
	}
	if _, err = p.account.writeState(name, 0, raw); err != nil {
		return err
	}
	return p.catchUp(name)
}
