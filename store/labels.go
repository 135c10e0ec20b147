package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// labelSet is the labels on something as the database keeps them: each ID
// between spaces, so that text alone finds one and takes one out.
type labelSet string

func (s labelSet) ids() []engine.LabelID {
	var ids []engine.LabelID
	for _, id := range strings.Fields(string(s)) {
		ids = append(ids, engine.LabelID(id))
	}
	return ids
}

func labelsOf(ids []engine.LabelID) labelSet {
	if len(ids) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteByte(' ')
	for _, id := range ids {
		text.WriteString(string(id))
		text.WriteByte(' ')
	}
	return labelSet(text.String())
}

// with returns the set with a label in it or not, and whether that is another
// set.
func (s labelSet) with(id engine.LabelID, on bool) (labelSet, bool) {
	ids := s.ids()
	if slices.Contains(ids, id) == on {
		return s, false
	}
	if on {
		return labelsOf(append(ids, id)), true
	}
	return labelsOf(slices.DeleteFunc(ids, func(other engine.LabelID) bool { return other == id })), true
}

// union returns what is in either set.
func (s labelSet) union(other labelSet) labelSet {
	for _, id := range other.ids() {
		s, _ = s.with(id, true)
	}
	return s
}

// label is a row of labels.
type label struct {
	engine.LabelView
	whatsApp string
}

const labelColumns = `l.id, l.seat, l.whatsapp_id, l.name, l.color, l.deleted`

func scanLabel(row scanner, l *label) error {
	return row.Scan(&l.ID, &l.Seat, &l.whatsApp, &l.Name, &l.Color, &l.Deleted)
}

const (
	labelQuery       = `SELECT ` + labelColumns + ` FROM labels l WHERE l.tenant = $1 AND l.seat = $2 AND l.whatsapp_id = $3`
	insertLabelQuery = `INSERT INTO labels (tenant, id, seat, whatsapp_id, name, color, deleted) VALUES ($1, $2, $3, $4, '', 0, false)`
	saveLabelQuery   = `UPDATE labels SET name = $3, color = $4, deleted = $5 WHERE tenant = $1 AND id = $2`
	dropLabelQuery   = `UPDATE conversations SET labels = REPLACE(labels, $3, ' ') WHERE tenant = $1 AND seat = $2 AND labels LIKE '%' || $3 || '%'`
	unmarkLabelQuery = `UPDATE messages SET labels = REPLACE(labels, $3, ' ') WHERE tenant = $1 AND seat = $2 AND labels <> ''
AND labels LIKE '%' || $3 || '%'`
)

// label finds a label by WhatsApp's ID of it, and makes one that nobody has
// described yet if there is none.
func (t *tx) label(ctx context.Context, seat engine.SeatID, whatsApp string) (label, error) {
	whatsApp = clean(whatsApp)
	if whatsApp == "" {
		return label{}, errors.New("a label without an ID")
	}
	l, err := one(ctx, t, scanLabel, labelQuery, t.tenant, seat, whatsApp)
	if !errors.Is(err, errNoRow) {
		return l, err
	}
	l = label{LabelView: engine.LabelView{ID: engine.LabelID(engine.NewID()), Seat: seat}, whatsApp: whatsApp}
	_, err = t.exec(ctx, insertLabelQuery, t.tenant, l.ID, seat, whatsApp)
	return l, err
}

// recordLabel stores what a label is.
func (t *tx) recordLabel(ctx context.Context, seat engine.SeatID, fact engine.LabelChange) error {
	l, err := t.label(ctx, seat, fact.Label)
	if err != nil {
		return err
	}
	before := l
	l.Deleted = fact.Deleted
	if !fact.Deleted || fact.Name != "" {
		l.Name, l.Color = clean(fact.Name), fact.Color
	}
	if l == before {
		return nil
	}
	if _, err := t.exec(ctx, saveLabelQuery, t.tenant, l.ID, l.Name, l.Color, l.Deleted); err != nil {
		return err
	}
	if l.Deleted {
		for _, query := range []string{dropLabelQuery, unmarkLabelQuery} {
			if _, err := t.exec(ctx, query, t.tenant, seat, string(labelsOf([]engine.LabelID{l.ID}))); err != nil {
				return err
			}
		}
	}
	return t.append(engine.EventLabelUpdated, seat, "", l.LabelView)
}

const (
	threadLabelsQuery     = `SELECT v.labels FROM conversations v WHERE v.tenant = $1 AND v.id = $2`
	saveThreadLabelsQuery = `UPDATE conversations SET labels = $3 WHERE tenant = $1 AND id = $2`
	findMarkedQuery       = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.conversation = $4 AND m.deleted_at = 0`
	saveMessageLabelsQuery = `UPDATE messages SET labels = $3 WHERE tenant = $1 AND id = $2`
)

// recordLabelled puts a label on a conversation or a message, or takes it off.
func (t *tx) recordLabelled(ctx context.Context, seat engine.SeatID, fact engine.Labelled) error {
	l, err := t.label(ctx, seat, fact.Label)
	if err != nil {
		return err
	}
	v, found, err := t.chatOf(ctx, seat, fact.Chat, fact.On && fact.Message == "")
	if err != nil || !found {
		return err
	}
	if fact.Message != "" {
		return t.labelMessage(ctx, &v, l.ID, fact)
	}
	labels, err := one(ctx, t, column[labelSet], threadLabelsQuery, t.tenant, v.id)
	if err != nil {
		return err
	}
	labels, changed := labels.with(l.ID, fact.On)
	if !changed {
		return nil
	}
	if _, err := t.exec(ctx, saveThreadLabelsQuery, t.tenant, v.id, string(labels)); err != nil {
		return err
	}
	return t.showListed(ctx, &v)
}

func (t *tx) labelMessage(ctx context.Context, v *thread, id engine.LabelID, fact engine.Labelled) error {
	found, err := list(ctx, t, scanMessage, findMarkedQuery, t.tenant, v.seat, clean(fact.Message), v.id)
	if err != nil {
		return err
	}
	for i := range found { // WhatsApp doesn't say whose it is
		m := &found[i]
		labels, changed := m.labels.with(id, fact.On)
		if !changed {
			continue
		}
		m.labels = labels
		if _, err := t.exec(ctx, saveMessageLabelsQuery, t.tenant, m.ID, string(labels)); err != nil {
			return err
		}
		if err := t.showMessage(m); err != nil {
			return err
		}
	}
	return nil
}

const labelsQuery = `SELECT ` + labelColumns + ` FROM labels l WHERE l.tenant = $1 AND l.seat = $2 AND NOT l.deleted AND l.name <> ''
ORDER BY l.id`

// Labels implements api.Tenant.
func (n *Tenant) Labels(ctx context.Context, seat engine.SeatID) ([]engine.LabelView, error) {
	if _, err := n.Seat(ctx, seat); err != nil {
		return nil, err
	}
	found, err := list(ctx, n.store.db, scanLabel, labelsQuery, n.id, seat)
	if err != nil {
		return nil, translate(err)
	}
	views := make([]engine.LabelView, len(found))
	for i := range found {
		views[i] = found[i].LabelView
	}
	return views, nil
}

const knownLabelQuery = `SELECT l.id FROM labels l WHERE l.tenant = $1 AND l.id = $2 AND NOT l.deleted`

// KnownLabel implements api.Tenant.
func (n *Tenant) KnownLabel(ctx context.Context, id engine.LabelID) error {
	_, err := one(ctx, n.store.db, column[engine.LabelID], knownLabelQuery, n.id, id)
	return orNotFound(err, "label")
}

const labelByIDQuery = `SELECT ` + labelColumns + ` FROM labels l WHERE l.tenant = $1 AND l.seat = $2 AND l.id = $3 AND NOT l.deleted`

// Label implements api.Tenant.
func (n *Tenant) Label(ctx context.Context, seat engine.SeatID, id engine.LabelID) (engine.LabelView, string, error) {
	l, err := one(ctx, n.store.db, scanLabel, labelByIDQuery, n.id, seat, id)
	if err != nil {
		return engine.LabelView{}, "", orNotFound(err, "label")
	}
	return l.LabelView, l.whatsApp, nil
}

const (
	labelIDsQuery = `SELECT l.whatsapp_id FROM labels l WHERE l.tenant = $1 AND l.seat = $2`
	maxLabelName  = 100
	// firstLabel is above the IDs of the labels that a business account begins
	// with.
	firstLabel = 10
)

// NewLabel implements api.Tenant.
func (n *Tenant) NewLabel(ctx context.Context, seat engine.SeatID, name string, color int) (engine.LabelChange, error) {
	if _, err := n.Seat(ctx, seat); err != nil {
		return engine.LabelChange{}, err
	}
	taken, err := list(ctx, n.store.db, column[string], labelIDsQuery, n.id, seat)
	if err != nil {
		return engine.LabelChange{}, translate(err)
	}
	next := firstLabel
	for _, id := range taken {
		if number, err := strconv.Atoi(id); err == nil && number < 1_000_000 {
			next = max(next, number+1)
		}
	}
	return labelChange(strconv.Itoa(next), name, color)
}

// labelChange describes a label, or refuses what WhatsApp doesn't take.
func labelChange(id, name string, color int) (engine.LabelChange, error) {
	name = strings.TrimSpace(clean(name))
	if name == "" || utf8.RuneCountInString(name) > maxLabelName {
		return engine.LabelChange{}, engine.Errorf(engine.CodeInvalid, "A label needs a name of at most %d characters.", maxLabelName)
	}
	if color < 0 || color > engine.MaxLabelColor {
		return engine.LabelChange{}, engine.Errorf(engine.CodeInvalid, "A label's colour is a number from 0 to %d.", engine.MaxLabelColor)
	}
	return engine.LabelChange{Label: id, Name: name, Color: color}, nil
}

// EditLabel implements api.Tenant.
func (n *Tenant) EditLabel(ctx context.Context, seat engine.SeatID, id engine.LabelID, name *string, color *int) (engine.LabelChange, error) {
	l, whatsApp, err := n.Label(ctx, seat, id)
	if err != nil {
		return engine.LabelChange{}, err
	}
	if name != nil {
		l.Name = *name
	}
	if color != nil {
		l.Color = *color
	}
	return labelChange(whatsApp, l.Name, l.Color)
}
