package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.mau.fi/whatsmeow/binary"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// The collections of an account's settings (whatsmeow, appstate/keys.go).
const (
	collectionCritical = "critical_block"
	collectionContacts = "critical_unblock_low"
	collectionHigh     = "regular_high"
	collectionRegular  = "regular"
	collectionLow      = "regular_low"
)

func collectionNames() []string {
	return []string{collectionCritical, collectionContacts, collectionHigh, collectionRegular, collectionLow}
}

// appState is what the server keeps of an account's settings: ciphertexts that it can't read.
type appState struct {
	logs      map[string]*appstate.Log
	snapshots map[string]storedSnapshot
}

// log gives a collection, which begins empty. The caller holds the account's lock.
func (st *appState) log(name string) *appstate.Log {
	if st.logs == nil {
		st.logs = make(map[string]*appstate.Log)
	}
	if st.logs[name] == nil {
		st.logs[name] = new(appstate.Log)
	}
	return st.logs[name]
}

// Errors of a single collection. WhatsApp Web (WAWebSyncdResponseParser) applies the patches that come with a 409 and
// tries again, gives up at 400 and 404, and tries again later at any other.
var (
	errStateConflict = &queryError{409, "conflict"}
	errStateTooLarge = &queryError{406, "not-acceptable"}
)

// stateQuery is what a device asks of one collection.
type stateQuery struct {
	name     string
	version  uint64
	snapshot bool
	patch    []byte // nil: it only asks
}

// queryAppState answers "w:sync:app:state": patches after a version, a snapshot, and uploads of new patches. What is
// wrong with one collection is said in that collection; the others are answered.
func (s *Server) queryAppState(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	sync, ok := n.GetOptionalChildByTag("sync")
	asked := sync.GetChildrenByTag("collection")
	if !ok || kind != "set" || len(asked) == 0 {
		return nil, errBadRequest
	}
	var queries []stateQuery
	for i := range asked {
		q, ok := parseStateQuery(&asked[i])
		if !ok || slices.ContainsFunc(queries, func(other stateQuery) bool { return other.name == q.name }) {
			return nil, errBadRequest
		}
		queries = append(queries, q)
	}
	var out []binary.Node
	for _, q := range queries {
		answer, written := s.syncCollection(d.account, q)
		out = append(out, answer)
		if written > 0 {
			d.account.stateWritten(d, q.name, written)
		}
	}
	return []binary.Node{{Tag: "sync", Content: out}}, nil
}

func parseStateQuery(n *binary.Node) (q stateQuery, ok bool) {
	q.name, q.snapshot = attr(n, "name"), attr(n, "return_snapshot") == "true"
	if !slices.Contains(collectionNames(), q.name) {
		return q, false
	}
	if text := attr(n, "version"); text != "" {
		version, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return q, false
		}
		q.version = version
	} else if !q.snapshot {
		return q, false
	}
	patches := n.GetChildrenByTag("patch")
	if wrapped, ok := n.GetOptionalChildByTag("patches"); ok {
		patches = append(patches, wrapped.GetChildrenByTag("patch")...)
	}
	if len(patches) > 1 {
		return q, false // clients put all that they have into one
	}
	if len(patches) == 1 {
		q.patch = append([]byte{}, content(&patches[0])...)
	}
	return q, true
}

// syncCollection answers for one collection; written is the version of a patch that was taken, or 0.
func (s *Server) syncCollection(a *account, q stateQuery) (answer binary.Node, written uint64) {
	var failure *queryError
	if q.patch != nil {
		version, err := a.writeState(q.name, q.version, q.patch)
		if err == nil {
			return binary.Node{Tag: "collection", Attrs: binary.Attrs{"name": q.name, "version": version}}, version
		}
		s.log.Info("app state patch refused", "collection", q.name, "error", err)
		failure = stateFailure(err)
	}
	attrs := binary.Attrs{"name": q.name}
	answer = binary.Node{Tag: "collection", Attrs: attrs}
	var children []binary.Node
	if failure == nil || failure == errStateConflict {
		version, content, err := s.readState(a, q, attrs)
		if err != nil && failure == nil {
			failure = stateFailure(err)
		}
		attrs["version"] = version
		children = content
	}
	if failure != nil {
		attrs["type"] = "error"
		children = append(children, binary.Node{Tag: "error", Attrs: binary.Attrs{"code": failure.code, "text": failure.text}})
	}
	if children != nil {
		answer.Content = children
	}
	return answer, 0
}

func stateFailure(err error) *queryError {
	switch {
	case errors.Is(err, appstate.ErrConflict):
		return errStateConflict
	case errors.Is(err, appstate.ErrTooLarge):
		return errStateTooLarge
	case errors.Is(err, appstate.ErrGone):
		return errItemNotFound
	default:
		return errBadRequest
	}
}

// readState gives what a device lacks: a snapshot if it asks for one and the collection is long, else patches.
func (s *Server) readState(a *account, q stateQuery, attrs binary.Attrs) (uint64, []binary.Node, error) {
	if q.snapshot {
		version, snapshot, err := s.snapshotOf(a, q.name)
		if err != nil || snapshot != nil {
			return version, snapshot, err
		}
	}
	a.mu.Lock()
	log := a.state.log(q.name)
	version := log.Version()
	page, err := log.After(q.version)
	a.mu.Unlock()
	if err != nil || len(page.Patches) == 0 {
		return version, nil, err
	}
	if page.More {
		attrs["has_more_patches"] = "true"
	}
	nodes := make([]binary.Node, len(page.Patches))
	for i, patch := range page.Patches {
		nodes[i] = binary.Node{Tag: "patch", Content: patch}
	}
	if s.faults.take(FaultStateDamaged, a.number) {
		nodes[0].Content = damagedPatch(page.Patches[0])
	}
	return version, []binary.Node{{Tag: "patches", Content: nodes}}, nil
}

// writeState takes a patch that a device made on version base, and gives the version that it led to.
func (a *account) writeState(name string, base uint64, patch []byte) (uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	log := a.state.log(name)
	if err := log.Append(base, patch, a.server.fetchState); err != nil {
		return log.Version(), err
	}
	return log.Version(), nil
}

// statePatches gives the phone what it lacks.
func (a *account) statePatches(name string, version uint64) (appstate.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	page, err := a.state.log(name).After(version)
	if err != nil {
		return page, fmt.Errorf("patches of %s: %w", name, err)
	}
	return page, nil
}

// dropState forgets a collection, as a phone asks that makes it anew.
func (a *account) dropState(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.state.logs, name)
	delete(a.state.snapshots, name)
}

// stateWritten tells every device but the one that wrote of a new version.
func (a *account) stateWritten(by *device, name string, version uint64) {
	collection := binary.Node{Tag: "collection", Attrs: binary.Attrs{"name": name, "version": version}}
	for _, d := range a.all() {
		if d != by {
			d.missed(DirtyAppState, a.server.clock.Now())
			d.pushLatest(a.server.notification(a.pn(), noticeState, nil, collection), sameCollection(name))
		}
	}
}

const noticeState = "server_sync"

// sameCollection finds an older notice of the same collection, which a newer one makes superfluous.
func sameCollection(name string) func(n *binary.Node) bool {
	return func(n *binary.Node) bool {
		child, ok := firstChild(n)
		return ok && n.Tag == "notification" && attr(n, "type") == noticeState && attr(&child, "name") == name
	}
}
