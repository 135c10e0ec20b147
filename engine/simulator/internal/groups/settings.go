package groups

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"
)

const day = 24 * time.Hour

func validEphemeral(d time.Duration) bool {
	return d == 0 || d == day || d == 7*day || d == 90*day
}

// SetSubject renames a group. ErrBadRequest for "", ErrNotAcceptable for more than 100 characters.
func (r *Registry) SetSubject(by Person, id ID, subject string, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.editorOf(by, id)
	if err != nil {
		return nil, err
	}
	if err = checkSubject(subject); err != nil {
		return nil, err
	}
	g.Subject, g.SubjectBy, g.SubjectAt = subject, by, at
	return []Change{g.change(Subject, by, at)}, nil
}

// NewDescription replaces a description; Text "" deletes it. Previous must be the id of the one that it replaces, "" if
// there is none, or the answer is ErrConflict; ID is the new one's, drawn if "".
type NewDescription struct{ Text, ID, Previous string }

// SetDescription describes a group. ErrConflict, ErrNotAcceptable for more than 2048 characters.
func (r *Registry) SetDescription(by Person, id ID, want NewDescription, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.editorOf(by, id)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(want.Text) > maxDescription || !utf8.ValidString(want.Text) || len(want.ID) > maxSubject {
		return nil, ErrNotAcceptable
	}
	if want.Previous != g.DescriptionID {
		return nil, ErrConflict
	}
	if strings.TrimSpace(want.Text) == "" {
		g.Description, g.DescriptionID, g.DescriptionBy, g.DescriptionAt = "", "", "", time.Time{}
	} else {
		g.describe(by, at, want.Text, want.ID)
	}
	change := g.change(Description, by, at)
	change.ID = g.DescriptionID
	if change.ID == "" {
		change.ID = orDrawn(want.ID)
	}
	return []Change{change}, nil
}

func (g *group) describe(by Person, at time.Time, text, id string) {
	g.Description, g.DescriptionID, g.DescriptionBy, g.DescriptionAt = text, orDrawn(id), by, at
}

func orDrawn(id string) string {
	if id != "" {
		return id
	}
	var raw [8]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(raw[:])
	return strings.ToUpper(hex.EncodeToString(raw[:]))
}

// Set alters one setting, which kind names; alter gets the group's settings. A setting that stays as it was is no
// change. ErrBadRequest if Ephemeral is none of the durations allowed.
func (r *Registry) Set(by Person, id ID, kind Kind, at time.Time, alter func(*Settings)) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	may := r.adminOf
	if kind == Ephemeral {
		may = r.editorOf
	}
	g, err := may(by, id)
	if err != nil {
		return nil, err
	}
	return g.set(by, kind, at, alter)
}

// Suspend stops a group, or lets it go on, by decision of the network. ErrNotFound.
func (r *Registry) Suspend(id ID, on bool, at time.Time) ([]Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[id]
	if g == nil {
		return nil, ErrNotFound
	}
	return g.set("", Suspended, at, func(s *Settings) { s.Suspended = on })
}

func (g *group) set(by Person, kind Kind, at time.Time, alter func(*Settings)) ([]Change, error) {
	next := g.Settings
	alter(&next)
	if !validEphemeral(next.Ephemeral) {
		return nil, ErrBadRequest
	}
	if next == g.Settings {
		return nil, nil
	}
	if g.Default && !next.Announce {
		return nil, ErrNotAllowed // a community's announcement group stays one
	}
	g.Settings = next
	if kind == Announce {
		g.AnnounceVersion = nextVersion(g.AnnounceVersion, at)
	}
	return []Change{g.change(kind, by, at)}, nil
}
