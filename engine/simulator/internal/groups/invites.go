package groups

import (
	"slices"
	"strings"
	"time"
)

// Code gives an admin the invite link's code. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) Code(by Person, id ID) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return "", err
	}
	return g.code, nil
}

// ResetCode makes a new invite link; the old one is gone.
func (r *Registry) ResetCode(by Person, id ID, at time.Time) (string, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return "", nil, err
	}
	r.setCode(g)
	change := g.change(InviteReset, by, at)
	change.Code = g.code
	return g.code, []Change{change}, nil
}

// Preview finds the group of an invite code. ErrNotAcceptable, ErrGone, ErrGrowthLocked.
func (r *Registry) Preview(code string, at time.Time) (Group, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.coded(code, at)
	if err != nil {
		return Group{}, err
	}
	return g.snapshot(), nil
}

func (r *Registry) coded(code string, at time.Time) (*group, error) {
	g := r.byCode[code]
	if g == nil || len(code) != codeLength {
		return nil, ErrNotAcceptable
	}
	if g.code != code {
		return nil, ErrGone
	}
	if at.Before(g.GrowthUntil) {
		return nil, ErrGrowthLocked
	}
	return g, nil
}

// CloseLink keeps everybody from using a group's invite link until a time, by decision of the network; a time that has
// passed opens it again. ErrNotFound.
func (r *Registry) CloseLink(id ID, until, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return nil, ErrNotFound
	}
	g.GrowthUntil = until
	return []Change{g.change(Growth, "", at)}, nil
}

// Join lets somebody in by an invite code, or notes that they ask to be let in (pending). ErrNotAcceptable, ErrGone,
// ErrConflict for a member, ErrNotAllowed for who was removed, ErrFull, ErrLocked, ErrGrowthLocked.
func (r *Registry) Join(by Person, code string, at time.Time) (g Group, pending bool, changes []Change, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, err := r.coded(code, at)
	if err != nil {
		return Group{}, false, nil, err
	}
	if _, ok := found.removed[by]; ok {
		return Group{}, false, nil, ErrNotAllowed
	}
	pending, changes, err = r.letIn(found, by, ByLink, at)
	return found.snapshot(), pending, changes, err
}

// letIn lets in who comes by themselves, or notes that they ask.
func (r *Registry) letIn(g *group, by Person, method string, at time.Time) (pending bool, changes []Change, err error) {
	switch {
	case g.Has(by):
		return false, nil, ErrConflict
	case g.Suspended:
		return false, nil, ErrLocked
	case len(g.Participants) >= g.limit():
		return false, nil, ErrFull
	case g.Approval:
		if !g.ask(Request{Person: by, By: by, Method: method, At: at}) {
			return true, nil, nil
		}
		asked := g.change(Requested, by, at)
		asked.People, asked.Method, asked.Audience = []Person{by}, method, g.Admins()
		return true, []Change{asked}, nil
	}
	before := g.People()
	g.enter(by)
	reason := ""
	if method == ByLink {
		reason = "invite"
	}
	return false, r.arrive(g, by, []Person{by}, before, at, reason), nil
}

// invite makes out an invitation for somebody who can't be added, or gives the one that still holds.
func (g *group) invite(admin, p Person, at time.Time) *Invite {
	if have := g.invites[p]; have != nil && have.Admin == admin && at.Before(have.Expires) {
		return have
	}
	if len(g.invites) >= maxRequests {
		for person, have := range g.invites {
			if !at.Before(have.Expires) {
				delete(g.invites, person)
			}
		}
	}
	made := &Invite{Person: p, Admin: admin, Code: newCode()[:16], Expires: at.Add(inviteLife).Truncate(time.Second)}
	if len(g.invites) < maxRequests {
		g.invites[p] = made
	}
	return made
}

func (r *Registry) invited(by Person, id ID, shown Invite, at time.Time) (*group, error) {
	g := r.groups[id]
	if g == nil {
		return nil, ErrNotFound
	}
	have := g.invites[by]
	switch {
	case have == nil, have.Admin != shown.Admin:
		return nil, ErrNotAuthorized
	case have.Code != shown.Code, have.Expires.Unix() != shown.Expires.Unix():
		return nil, ErrNotAcceptable
	case !at.Before(have.Expires):
		return nil, ErrGone
	}
	return g, nil
}

// PreviewInvite finds the group of an invitation message, for the person whom it is meant for. ErrNotFound,
// ErrNotAuthorized, ErrNotAcceptable, ErrGone.
func (r *Registry) PreviewInvite(by Person, id ID, shown Invite, at time.Time) (Group, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.invited(by, id, shown, at)
	if err != nil {
		return Group{}, err
	}
	return g.snapshot(), nil
}

// Accept lets somebody in by an invitation message.
func (r *Registry) Accept(by Person, id ID, shown Invite, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.invited(by, id, shown, at)
	if err != nil {
		return nil, err
	}
	if len(g.Participants) >= g.limit() {
		return nil, ErrFull
	}
	before := g.People()
	g.enter(by)
	return r.arrive(g, by, []Person{by}, before, at, "invite"), nil
}

// RevokeInvites takes invitations back. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) RevokeInvites(by Person, id ID, people []Person) ([]Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for _, p := range people {
		outcome := Outcome{Person: p}
		if g.invites[p] == nil {
			outcome.Error = ReasonNoInvite
		}
		delete(g.invites, p)
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

// ask notes a request; false means that there is one already, or too many.
func (g *group) ask(wish Request) bool {
	if len(g.requests) >= maxRequests || g.asked(wish.Person) >= 0 {
		return false
	}
	g.requests = append(g.requests, wish)
	return true
}

func (g *group) asked(p Person) int {
	return slices.IndexFunc(g.requests, func(have Request) bool { return have.Person == p })
}

func (g *group) unask(p Person) {
	if i := g.asked(p); i >= 0 {
		g.requests = slices.Delete(g.requests, i, i+1)
	}
}

// Requests lists for an admin who asks to be let in. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) Requests(by Person, id ID) ([]Request, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(g.requests), nil
}

// Decide lets an admin approve or reject requests. ErrNotFound, ErrForbidden, ErrNotAuthorized.
func (r *Registry) Decide(by Person, id ID, people []Person, approve bool, at time.Time) ([]Outcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.adminOf(by, id)
	if err != nil {
		return nil, nil, err
	}
	before := g.People()
	var outcomes []Outcome
	for _, p := range people {
		outcome := Outcome{Person: p}
		switch {
		case g.asked(p) < 0:
			outcome.Error = ReasonUnknown
		case !approve:
			g.unask(p)
		case len(g.Participants) >= g.limit():
			outcome.Error = ReasonFull
		default:
			g.enter(p)
		}
		outcomes = append(outcomes, outcome)
	}
	done := succeeded(outcomes)
	switch {
	case len(done) == 0:
		return outcomes, nil, nil
	case approve:
		return outcomes, r.arrive(g, by, done, before, at, ""), nil
	}
	return outcomes, []Change{g.withdrawn(by, done, at)}, nil
}

// Cancel takes somebody's own request back. ErrNotFound.
func (r *Registry) Cancel(by Person, id ID, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil || g.asked(by) < 0 {
		return nil, ErrNotFound
	}
	g.unask(by)
	return []Change{g.withdrawn(by, []Person{by}, at)}, nil
}

func (g *group) withdrawn(by Person, people []Person, at time.Time) Change {
	change := g.change(Withdrawn, by, at)
	change.People = people
	change.Audience = append(g.Admins(), people...)
	return change
}

// CleanCode takes the code out of an invite link.
func CleanCode(link string) string {
	return strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "chat.whatsapp.com/")
}
