package groups

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// New is a group to be made.
type New struct {
	Subject       string
	Members       []Person // besides the founder
	Settings      Settings
	Description   string
	DescriptionID string
	ByNumber      bool
	Community     bool
	Parent        ID // the community to make it in
}

// Admit says why somebody may not be added by this request's author (ReasonPrivacy, ReasonBlocked), 0 if they may.
type Admit func(Person) int

// Create founds a group, or a community with its announcement group. Members that can't be added are left out and
// listed with their reasons. ErrBadRequest, ErrNotAcceptable, ErrFull; in a community also what Get and admins' calls give.
func (r *Registry) Create(by Person, at time.Time, want New, admit Admit) (Group, []Outcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.checkNew(by, want); err != nil {
		return Group{}, nil, nil, err
	}
	g := r.found(by, at, want)
	outcomes := g.admitAll(by, want.Members, at, admit, false)
	first := g.change(Created, by, at)
	first.Fresh, first.People = true, g.People()
	changes := []Change{first}
	switch {
	case want.Community:
		changes = append(changes, r.foundDefault(g, at)...)
	case want.Parent != "":
		changes = append(changes, r.connect(r.groups[want.Parent], g, by, at)...)
	}
	return g.snapshot(), outcomes, changes, nil
}

func (r *Registry) checkNew(by Person, want New) error {
	if err := checkSubject(want.Subject); err != nil {
		return err
	}
	if utf8.RuneCountInString(want.Description) > maxDescription || !utf8.ValidString(want.Description) {
		return ErrNotAcceptable
	}
	if !validEphemeral(want.Settings.Ephemeral) || (want.Community && want.Parent != "") {
		return ErrBadRequest
	}
	if len(want.Members) > maxMembers || r.founded[by] >= maxFounded || len(r.groups) >= maxGroups {
		return ErrFull
	}
	if want.Parent == "" {
		return nil
	}
	parent, err := r.adminOf(by, want.Parent)
	if err == nil && !parent.Community {
		return ErrBadRequest
	}
	return err
}

func checkSubject(subject string) error {
	if strings.TrimSpace(subject) == "" {
		return ErrBadRequest
	}
	if utf8.RuneCountInString(subject) > maxSubject || !utf8.ValidString(subject) {
		return ErrNotAcceptable
	}
	return nil
}

func (r *Registry) found(by Person, at time.Time, want New) *group {
	if r.groups == nil {
		r.groups, r.byCode, r.founded = make(map[ID]*group), make(map[string]*group), make(map[Person]int)
	}
	version := nextVersion("", at)
	g := &group{
		Group: Group{
			ID: r.newID(), Creator: by, Created: at, ByNumber: want.ByNumber, Community: want.Community,
			Settings: want.Settings, Subject: want.Subject, SubjectBy: by, SubjectAt: at,
			ParticipantVersion: version, AnnounceVersion: version,
			Participants: []Participant{{by, SuperAdmin}},
		},
		invites: make(map[Person]*Invite), left: make(map[Person]time.Time), removed: make(map[Person]struct{}),
	}
	if want.Description != "" {
		g.describe(by, at, want.Description, want.DescriptionID)
	}
	r.setCode(g)
	r.groups[g.ID] = g
	r.founded[by]++
	return g
}

// admitAll adds whom it can. fetched says that the one who asks is no admin of a group whose admins want to be asked.
func (g *group) admitAll(by Person, people []Person, at time.Time, admit Admit, fetched bool) []Outcome {
	outcomes := make([]Outcome, 0, len(people))
	for _, p := range people {
		outcome := Outcome{Person: p, Error: g.obstacle(p, at, admit)}
		switch {
		case outcome.Error == ReasonPrivacy:
			outcome.Invite = g.invite(by, p, at)
		case outcome.Error != 0:
		case fetched:
			g.ask(Request{Person: p, By: by, Method: ByMember, At: at})
		default:
			g.enter(p)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

func (g *group) obstacle(p Person, at time.Time, admit Admit) int {
	if g.Has(p) {
		return ReasonPresent
	}
	if len(g.Participants) >= g.limit() {
		return ReasonFull
	}
	if reason := admit(p); reason != 0 {
		return reason
	}
	if went, ok := g.left[p]; ok && at.Sub(went) < recently {
		return ReasonLeft
	}
	return 0
}

func (g *group) enter(p Person) {
	g.Participants = append(g.Participants, Participant{Person: p})
	g.unask(p)
	delete(g.invites, p)
	delete(g.left, p)
	delete(g.removed, p)
}

// Add lets a member add people. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) Add(by Person, id ID, people []Person, at time.Time, admit Admit) ([]Outcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.memberOf(by, id)
	if err != nil {
		return nil, nil, err
	}
	admin := g.IsAdmin(by)
	if g.AdminAdd && !admin {
		return nil, nil, ErrNotAuthorized
	}
	if len(people) == 0 {
		return nil, nil, ErrBadRequest
	}
	before := g.People()
	fetched := g.Approval && !admin
	outcomes := g.admitAll(by, people, at, admit, fetched)
	came := succeeded(outcomes)
	if len(came) == 0 {
		return outcomes, nil, nil
	}
	if fetched {
		proposed := g.change(Proposed, by, at)
		proposed.People, proposed.Method, proposed.Audience = came, ByMember, g.Admins()
		return outcomes, []Change{proposed}, nil
	}
	return outcomes, r.arrive(g, by, came, before, at, ""), nil
}

func succeeded(outcomes []Outcome) []Person {
	var out []Person
	for _, outcome := range outcomes {
		if outcome.Error == 0 {
			out = append(out, outcome.Person)
		}
	}
	return out
}

// arrive tells those who were there before that people came, and gives the group to those who came.
func (r *Registry) arrive(g *group, by Person, came, before []Person, at time.Time, reason string) []Change {
	previous := g.touch(at)
	added, created := g.change(Added, by, at), g.change(Created, by, at)
	added.People, added.Audience, added.Previous, added.Reason = came, before, previous, reason
	created.People, created.Audience, created.Reason = came, came, reason
	return append([]Change{added, created}, r.enterCommunity(g, by, came, at)...)
}

// Remove lets an admin remove people; everywhere means from all groups of the community that id is. ErrNotFound,
// ErrForbidden, ErrNotAuthorized.
func (r *Registry) Remove(by Person, id ID, people []Person, everywhere bool, at time.Time) ([]Outcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return nil, nil, err
	}
	var outcomes []Outcome
	for _, p := range people {
		role, ok := g.Role(p)
		switch {
		case !ok:
			outcomes = append(outcomes, Outcome{Person: p, Error: ReasonUnknown})
		case role == SuperAdmin && p != by:
			outcomes = append(outcomes, Outcome{Person: p, Error: ReasonForever})
		default:
			outcomes = append(outcomes, Outcome{Person: p})
		}
	}
	gone := succeeded(outcomes)
	if len(gone) == 0 {
		return outcomes, nil, nil
	}
	changes := r.expel(g, by, gone, at)
	if everywhere && g.Community {
		for _, sub := range r.subs(g.ID) {
			changes = append(changes, r.expel(sub, by, slices.DeleteFunc(slices.Clone(gone), func(p Person) bool { return !sub.Has(p) }), at)...)
		}
	}
	return outcomes, changes, nil
}

func (r *Registry) expel(g *group, by Person, gone []Person, at time.Time) []Change {
	if len(gone) == 0 {
		return nil
	}
	before := g.People()
	for _, p := range gone {
		g.Participants = slices.Delete(g.Participants, g.index(p), g.index(p)+1)
		if p == by {
			g.left[p] = at
		} else {
			g.removed[p] = struct{}{}
		}
	}
	for p, went := range g.left {
		if at.Sub(went) >= recently {
			delete(g.left, p)
		}
	}
	previous := g.touch(at)
	removed := g.change(Removed, by, at)
	removed.People, removed.Audience, removed.Previous = gone, before, previous
	changes := []Change{removed}
	if len(g.Participants) == 0 {
		r.drop(g)
		return changes
	}
	if len(g.Admins()) == 0 {
		// A group without an admin gets the member who came first, by the server's own decision.
		g.Participants[0].Role = Admin
		heir := g.change(Promoted, "", at)
		heir.People, heir.Previous = []Person{g.Participants[0].Person}, previous
		changes = append(changes, heir)
	}
	return changes
}

// Leave takes somebody out of a group; who leaves a community, or its announcement group, leaves all of it. ErrNotFound,
// ErrForbidden.
func (r *Registry) Leave(by Person, id ID, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.memberOf(by, id)
	if err != nil {
		return nil, err
	}
	if g.Default {
		if parent := r.groups[g.Parent]; parent != nil && parent.Has(by) {
			g = parent
		}
	}
	changes := r.expel(g, by, []Person{by}, at)
	if g.Community {
		for _, sub := range r.subs(g.ID) {
			if sub.Has(by) {
				changes = append(changes, r.expel(sub, by, []Person{by}, at)...)
			}
		}
	}
	return changes, nil
}

// Promote makes members admins, Demote takes it from them. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) Promote(by Person, id ID, people []Person, at time.Time) ([]Outcome, []Change, error) {
	return r.rank(by, id, people, Promoted, at)
}

// Demote makes admins plain members; the founder stays what they are.
func (r *Registry) Demote(by Person, id ID, people []Person, at time.Time) ([]Outcome, []Change, error) {
	return r.rank(by, id, people, Demoted, at)
}

func (r *Registry) rank(by Person, id ID, people []Person, kind Kind, at time.Time) ([]Outcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return nil, nil, err
	}
	from, into := Member, Admin
	if kind == Demoted {
		from, into = Admin, Member
	}
	var outcomes []Outcome
	var changed []Person
	for _, p := range people {
		i := g.index(p)
		switch {
		case i < 0:
			outcomes = append(outcomes, Outcome{Person: p, Error: ReasonUnknown})
			continue
		case kind == Demoted && g.Participants[i].Role == SuperAdmin:
			outcomes = append(outcomes, Outcome{Person: p, Error: ReasonForever})
			continue
		case g.Participants[i].Role == from:
			g.Participants[i].Role = into
			changed = append(changed, p)
		}
		outcomes = append(outcomes, Outcome{Person: p})
	}
	if len(changed) == 0 {
		return outcomes, nil, nil
	}
	previous := g.touch(at)
	change := g.change(kind, by, at)
	change.People, change.Previous = changed, previous
	return outcomes, []Change{change}, nil
}
