package groups

import (
	"cmp"
	"slices"
	"time"
)

// foundDefault gives a new community its announcement group, where only admins write and everybody is.
func (r *Registry) foundDefault(parent *group, at time.Time) []Change {
	g := r.found(parent.Creator, at, New{
		Subject: parent.Subject, ByNumber: parent.ByNumber, Settings: Settings{Announce: true, AdminAdd: true},
	})
	g.Parent, g.Default = parent.ID, true
	g.Participants = slices.Clone(parent.Participants)
	created := g.change(Created, parent.Creator, at)
	created.Fresh, created.People = true, g.People()
	return []Change{created}
}

// subs lists a community's groups, the announcement group first.
func (r *Registry) subs(parent ID) []*group {
	var out []*group
	for _, g := range r.groups {
		if g.Parent == parent && parent != "" {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *group) int {
		if a.Default != b.Default {
			if a.Default {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return out
}

// connect puts a group into a community and its members into the announcement group.
func (r *Registry) connect(parent, g *group, by Person, at time.Time) []Change {
	g.Parent = parent.ID
	toParent, toGroup := parent.change(Linked, by, at), g.change(Linked, by, at)
	toParent.Relation, toParent.Other = SubGroup, g.snapshot()
	toGroup.Relation, toGroup.Other = ParentGroup, parent.snapshot()
	return append([]Change{toParent, toGroup}, r.enterCommunity(g, by, g.People(), at)...)
}

// enterCommunity sees to it that members of a community's group are in the community and its announcement group.
func (r *Registry) enterCommunity(g *group, by Person, people []Person, at time.Time) []Change {
	parent := r.groups[g.Parent]
	switch {
	case g.Community:
		parent = g
	case parent == nil:
		return nil
	}
	var changes []Change
	targets := append([]*group{parent}, r.subs(parent.ID)...)
	for _, target := range targets {
		if target == g || (target != parent && !target.Default) {
			continue
		}
		before := target.People()
		var came []Person
		for _, p := range people {
			if !target.Has(p) && len(target.Participants) < target.limit() {
				target.enter(p)
				came = append(came, p)
			}
		}
		if len(came) == 0 {
			continue
		}
		previous := target.touch(at)
		added, created := target.change(Added, by, at), target.change(Created, by, at)
		added.People, added.Audience, added.Previous = came, before, previous
		created.People, created.Audience = came, came
		changes = append(changes, added, created)
	}
	return changes
}

// GroupOutcome is what became of one group of a request; Error 0 means success.
type GroupOutcome struct {
	ID    ID
	Error int
}

// Link puts groups into a community; who asks must be an admin of it and of them. ErrNotFound, ErrForbidden,
// ErrNotAuthorized, ErrBadRequest if parent is no community.
func (r *Registry) Link(by Person, parent ID, children []ID, at time.Time) ([]GroupOutcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	community, err := r.communityOf(by, parent)
	if err != nil {
		return nil, nil, err
	}
	var outcomes []GroupOutcome
	var changes []Change
	for _, id := range children {
		g, err := r.adminOf(by, id)
		outcome := GroupOutcome{ID: id, Error: codeOf(err)}
		switch {
		case err != nil:
		case g.Community:
			outcome.Error = ErrBadRequest.Code
		case g.Parent != "":
			outcome.Error = ErrConflict.Code
		default:
			changes = append(changes, r.connect(community, g, by, at)...)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, changes, nil
}

func (r *Registry) communityOf(by Person, parent ID) (*group, error) {
	community, err := r.adminOf(by, parent)
	if err == nil && !community.Community {
		return nil, ErrBadRequest
	}
	return community, err
}

func codeOf(err error) int {
	if known, ok := err.(*Error); ok { //nolint:errorlint // these errors are never wrapped here
		return known.Code
	}
	return 0
}

// Unlink takes groups out of a community; their members stay in it. ErrNotFound, ErrForbidden, ErrNotAuthorized,
// ErrBadRequest.
func (r *Registry) Unlink(by Person, parent ID, children []ID, at time.Time) ([]GroupOutcome, []Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	community, err := r.communityOf(by, parent)
	if err != nil {
		return nil, nil, err
	}
	var outcomes []GroupOutcome
	var changes []Change
	for _, id := range children {
		outcome := GroupOutcome{ID: id}
		g := r.groups[id]
		switch {
		case g == nil || g.Parent != parent:
			outcome.Error = ErrNotFound.Code
		case g.Default:
			outcome.Error = ErrNotAllowed.Code
		default:
			changes = append(changes, community.disconnect(g, by, "unlink_group", at)...)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, changes, nil
}

func (g *group) disconnect(sub *group, by Person, reason string, at time.Time) []Change {
	sub.Parent = ""
	toParent, toGroup := g.change(Unlinked, by, at), sub.change(Unlinked, by, at)
	toParent.Relation, toParent.Reason, toParent.Other = SubGroup, reason, sub.snapshot()
	toGroup.Relation, toGroup.Reason, toGroup.Other = ParentGroup, reason, g.snapshot()
	return []Change{toParent, toGroup}
}

// DeleteCommunity ends a community: its groups go on by themselves, it and its announcement group are gone.
func (r *Registry) DeleteCommunity(by Person, parent ID, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	community, err := r.communityOf(by, parent)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, sub := range r.subs(parent) {
		if sub.Default {
			changes = append(changes, r.end(sub, by, at))
			continue
		}
		changes = append(changes, community.disconnect(sub, by, "delete_parent", at)...)
	}
	return append(changes, r.end(community, by, at)), nil
}

func (r *Registry) end(g *group, by Person, at time.Time) Change {
	deleted := g.change(Deleted, by, at)
	deleted.Reason = "delete_parent"
	r.drop(g)
	return deleted
}

// SubGroups lists a community's groups for one of its people. ErrNotFound, ErrForbidden.
func (r *Registry) SubGroups(by Person, parent ID) ([]Group, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.memberOf(by, parent); err != nil {
		return nil, err
	}
	var out []Group
	for _, sub := range r.subs(parent) {
		out = append(out, sub.snapshot())
	}
	return out, nil
}

// CommunityPeople lists everybody in any group of a community. ErrNotFound, ErrForbidden.
func (r *Registry) CommunityPeople(by Person, parent ID) ([]Person, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	community, err := r.memberOf(by, parent)
	if err != nil {
		return nil, err
	}
	people := community.People()
	seen := make(map[Person]struct{}, len(people))
	for _, p := range people {
		seen[p] = struct{}{}
	}
	for _, sub := range r.subs(parent) {
		for _, p := range sub.People() {
			if _, ok := seen[p]; !ok {
				seen[p] = struct{}{}
				people = append(people, p)
			}
		}
	}
	return people, nil
}

// JoinLinked lets one of a community's people into one of its groups, or notes that they ask. ErrNotFound, ErrForbidden
// and what Join gives.
func (r *Registry) JoinLinked(by Person, parent, id ID, at time.Time) (g Group, pending bool, changes []Change, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err = r.memberOf(by, parent); err != nil {
		return Group{}, false, nil, err
	}
	sub := r.groups[id]
	if sub == nil || sub.Parent != parent {
		return Group{}, false, nil, ErrNotFound
	}
	pending, changes, err = r.letIn(sub, by, ByCommunity, at)
	return sub.snapshot(), pending, changes, err
}
