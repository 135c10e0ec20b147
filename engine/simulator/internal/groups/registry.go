package groups

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	maxSubject     = 100
	maxDescription = 2048
	maxMembers     = 1024
	maxCommunity   = 5000
	maxRequests    = 1024
	maxFounded     = 2000   // groups by one person
	maxGroups      = 100000 // in all
	inviteLife     = 3 * 24 * time.Hour
	recently       = 24 * time.Hour
	codeLength     = 22
	maxOldCodes    = 100
)

// Registry holds every group. The zero value is ready.
type Registry struct {
	mu      sync.Mutex
	groups  map[ID]*group
	byCode  map[string]*group // invite codes, the revoked ones too
	founded map[Person]int
	count   int
}

// group is a Group with what only the server knows.
type group struct {
	Group
	code     string
	oldCodes []string
	invites  map[Person]*Invite
	requests []Request
	left     map[Person]time.Time // went by themselves
	removed  map[Person]struct{}  // may not come back by a link
}

// Get finds a group for a member. ErrNotFound, ErrForbidden.
func (r *Registry) Get(by Person, id ID) (Group, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.memberOf(by, id)
	if err != nil {
		return Group{}, err
	}
	return g.snapshot(), nil
}

// Find finds a group for the server itself.
func (r *Registry) Find(id ID) (Group, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return Group{}, false
	}
	return g.snapshot(), true
}

// Of lists somebody's groups, by id.
func (r *Registry) Of(p Person) []Group {
	return r.list(func(g *group) bool { return g.Has(p) })
}

// All lists every group, by id.
func (r *Registry) All() []Group {
	return r.list(func(*group) bool { return true })
}

func (r *Registry) list(match func(*group) bool) []Group {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Group
	for _, g := range r.groups {
		if match(g) {
			out = append(out, g.snapshot())
		}
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (g *group) snapshot() Group {
	out := g.Group
	out.Participants = slices.Clone(g.Participants)
	return out
}

func (r *Registry) memberOf(by Person, id ID) (*group, error) {
	g := r.groups[id]
	if g == nil {
		return nil, ErrNotFound
	}
	if !g.Has(by) {
		return nil, ErrForbidden
	}
	return g, nil
}

func (r *Registry) adminOf(by Person, id ID) (*group, error) {
	g, err := r.memberOf(by, id)
	if err != nil {
		return nil, err
	}
	if !g.IsAdmin(by) {
		return nil, ErrNotAuthorized
	}
	return g, nil
}

// editorOf is for what a locked group leaves to its admins.
func (r *Registry) editorOf(by Person, id ID) (*group, error) {
	g, err := r.memberOf(by, id)
	if err != nil {
		return nil, err
	}
	if g.Locked && !g.IsAdmin(by) {
		return nil, ErrNotAuthorized
	}
	return g, nil
}

// CanEdit says whether somebody may change a group's picture. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) CanEdit(by Person, id ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.editorOf(by, id)
	return err
}

func (g *group) limit() int {
	if g.Default || g.Community {
		return maxCommunity
	}
	return maxMembers
}

// touch gives the list of participants a new version and returns the one before.
func (g *group) touch(at time.Time) (previous string) {
	previous = g.ParticipantVersion
	g.ParticipantVersion = nextVersion(previous, at)
	return previous
}

// nextVersion is a version later than previous; versions are times in microseconds.
func nextVersion(previous string, at time.Time) string {
	last, err := strconv.ParseInt(previous, 10, 64)
	if err != nil {
		last = 0
	}
	return strconv.FormatInt(max(last+1, at.UnixMicro()), 10)
}

func (g *group) change(kind Kind, by Person, at time.Time) Change {
	return Change{Kind: kind, Group: g.snapshot(), By: by, At: at, Audience: g.People()}
}

// newID numbers groups in the form that WhatsApp has used since 2021.
func (r *Registry) newID() ID {
	r.count++
	return ID(fmt.Sprintf("120363%012d", r.count))
}

// newCode draws an invite code: 22 letters and digits.
func newCode() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	raw := make([]byte, codeLength)
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(raw)
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw)
}

func (r *Registry) setCode(g *group) {
	if g.code != "" {
		g.oldCodes = append(g.oldCodes, g.code)
	}
	if len(g.oldCodes) > maxOldCodes {
		delete(r.byCode, g.oldCodes[0])
		g.oldCodes = g.oldCodes[1:]
	}
	g.code = newCode()
	r.byCode[g.code] = g
}

func (r *Registry) drop(g *group) {
	delete(r.groups, g.ID)
	r.founded[g.Creator]--
	delete(r.byCode, g.code)
	for _, code := range g.oldCodes {
		delete(r.byCode, code)
	}
}
