package store

import (
	"context"
	"errors"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// freshCall is how old an offer may be for the call to be refused and
	// answered by a text: later it rings no more.
	freshCall = time.Minute
	// textEvery is how often one who is refused gets the text that goes with
	// it.
	textEvery = time.Hour
	// forgottenCall is when a call that still rings has been missed, though
	// nobody told so. WhatsApp lets calls ring for less than a minute.
	forgottenCall = 5 * time.Minute
)

// call is a row of calls.
type call struct {
	id           engine.CallID
	seat         engine.SeatID
	conversation engine.ConversationID
	caller       engine.ContactID // in a group
	message      engine.MessageID
	whatsApp     string
	video        bool
	state        engine.CallState
	refused      bool
	texted       int64
	at           int64
	accepted     int64
	ended        int64
}

const callColumns = `k.id, k.seat, k.conversation, k.caller, k.message, k.whatsapp_id, k.video, k.state, k.refused, k.texted_at, k.at,
k.accepted_at, k.ended_at`

func (c *call) columns() []any {
	return []any{
		&c.id, &c.seat, &c.conversation, &c.caller, &c.message, &c.whatsApp, &c.video, &c.state, &c.refused, &c.texted, &c.at,
		&c.accepted, &c.ended,
	}
}

func scanCall(row scanner, c *call) error { return row.Scan(c.columns()...) }

func (c *call) view() engine.CallView {
	return engine.CallView{
		ID: c.id, Seat: c.seat, Conversation: c.conversation, Message: c.message, Video: c.video, State: c.state, Refused: c.refused,
		At: fromMillis(c.at), EndedAt: timePointer(fromMillis(c.ended)),
	}
}

// line is what the call's line in the conversation shows.
func (c *call) line() *engine.Content {
	line := &engine.CallLine{Call: c.id, Video: c.video, State: c.state}
	if c.accepted > 0 && c.ended > c.accepted {
		line.Seconds = int((c.ended - c.accepted) / 1000)
	}
	return &engine.Content{Call: line}
}

// move brings a call to what a fact says, and reports whether that is
// something else. A call that is over stays as it is.
func (c *call) move(state engine.CallState, at time.Time) bool {
	if state == engine.CallEnded && c.state == engine.CallRinging {
		state = engine.CallMissed
	}
	if c.state.Final() || state == c.state || state == engine.CallRinging {
		return false
	}
	c.state = state
	if state == engine.CallAccepted {
		c.accepted = millis(at)
	} else {
		c.ended = millis(at)
	}
	return true
}

const (
	callQuery     = `SELECT ` + callColumns + ` FROM calls k WHERE k.tenant = $1 AND k.seat = $2 AND k.whatsapp_id = $3`
	saveCallQuery = `INSERT INTO calls (tenant, id, seat, conversation, caller, message, whatsapp_id, video, state, refused, texted_at, at,
accepted_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, texted_at = excluded.texted_at, accepted_at = excluded.accepted_at,
ended_at = excluded.ended_at`
	forgottenQuery = `SELECT ` + callColumns + ` FROM calls k WHERE k.tenant = $1 AND k.seat = $2 AND k.state = 'ringing' AND k.at < $3`
)

func (t *tx) saveCall(ctx context.Context, c *call) error {
	_, err := t.exec(ctx, saveCallQuery, t.tenant, c.id, c.seat, c.conversation, c.caller, c.message, c.whatsApp, c.video, c.state,
		c.refused, c.texted, c.at, c.accepted, c.ended)
	return err
}

// recordCall stores a call or what became of it, with its line in the
// conversation.
func (t *tx) recordCall(ctx context.Context, seat engine.SeatID, fact engine.CallChange) error {
	id := clean(fact.Call)
	if id == "" {
		return errors.New("a call without an ID")
	}
	if err := t.missForgotten(ctx, seat); err != nil {
		return err
	}
	c, err := one(ctx, t, scanCall, callQuery, t.tenant, seat, id)
	if errors.Is(err, errNoRow) {
		return t.firstOfCall(ctx, seat, id, fact)
	}
	if err != nil || !c.move(fact.State, fact.At) {
		return err
	}
	return t.changeCall(ctx, &c)
}

// missForgotten notes that calls were missed of whose end nobody told.
func (t *tx) missForgotten(ctx context.Context, seat engine.SeatID) error {
	rang, err := list(ctx, t, scanCall, forgottenQuery, t.tenant, seat, millis(t.now.Add(-forgottenCall)))
	if err != nil {
		return err
	}
	for i := range rang {
		if rang[i].move(engine.CallMissed, fromMillis(rang[i].at)) {
			if err := t.changeCall(ctx, &rang[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstOfCall stores a call of which nobody has heard before.
func (t *tx) firstOfCall(ctx context.Context, seat engine.SeatID, id string, fact engine.CallChange) error {
	v, _, err := t.chatOf(ctx, seat, fact.Chat, true)
	if err != nil {
		return err
	}
	c := call{
		id: engine.CallID(engine.NewID()), seat: seat, conversation: v.id, whatsApp: id, video: fact.Video,
		state: engine.CallRinging, at: millis(fact.At),
	}
	who, err := t.person(ctx, seat, fact.Caller)
	if err != nil {
		return err
	}
	c.caller = who.id
	c.move(fact.State, fact.At)
	text := ""
	if c.state == engine.CallRinging && v.chat == engine.ChatDirect && !fact.At.Before(t.now.Add(-freshCall)) {
		if text, err = t.refuse(ctx, &c); err != nil {
			return err
		}
	}
	if err := t.addLine(ctx, &v, &c, who, fact.At); err != nil {
		return err
	}
	if err := t.saveCall(ctx, &c); err != nil {
		return err
	}
	if err := t.showCall(ctx, &c); err != nil || text == "" {
		return err
	}
	_, err = t.queueMessage(ctx, &v, message{Message: engine.Message{
		Author: engine.AuthorAssistant, Kind: engine.KindText, Text: text,
	}})
	return err
}

// addLine puts the line of a call into its conversation. A message whose ID
// somebody chose to be the call's stands in its place.
func (t *tx) addLine(ctx context.Context, v *thread, c *call, who contact, at time.Time) error {
	m := message{
		Message: engine.Message{
			Seat: c.seat, Conversation: v.id, WhatsAppID: c.whatsApp, Direction: engine.Inbound, Author: engine.AuthorLead,
			Kind: engine.KindCall, Content: c.line(), Delivery: engine.Received, At: roundMillis(at),
			Sender: engine.Sender{Contact: who.id, Name: who.name, Phone: who.phone},
		},
		unread: c.state == engine.CallMissed,
	}
	added, err := t.insertMessage(ctx, &m)
	if err != nil || !added {
		return err
	}
	c.message = m.ID
	if _, err := t.applyMessage(ctx, v, &m); err != nil {
		return err
	}
	if err := t.showNewMessage(&m); err != nil {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

const refusalQuery = `SELECT s.reject_calls, s.reject_text, (SELECT COUNT(*) FROM calls k WHERE k.tenant = s.tenant
AND k.conversation = $3 AND k.texted_at > $4) FROM seats s WHERE s.tenant = $1 AND s.id = $2 AND s.desired <> 'removed'`

// refuse notes that a call is to be refused, if the seat's settings say so, and
// returns the text that is to go with it.
func (t *tx) refuse(ctx context.Context, c *call) (text string, err error) {
	var recent int
	_, err = one(ctx, t, func(row scanner, _ *struct{}) error { return row.Scan(&c.refused, &text, &recent) },
		refusalQuery, t.tenant, c.seat, c.conversation, millis(t.now.Add(-textEvery)))
	if errors.Is(err, errNoRow) || err == nil && (!c.refused || recent > 0) {
		return "", nil
	}
	if text != "" {
		c.texted = millis(t.now)
	}
	return text, err
}

const (
	saveLineQuery = `UPDATE messages SET content = $3, unread = unread OR $4 WHERE tenant = $1 AND id = $2 AND deleted_at = 0 RETURNING ` + messageNames
)

// changeCall stores and shows that a call is in another state. A missed one
// makes its conversation unread.
func (t *tx) changeCall(ctx context.Context, c *call) error {
	if err := t.saveCall(ctx, c); err != nil {
		return err
	}
	content, err := encodeContent(c.line())
	if err != nil {
		return err
	}
	missed := c.state == engine.CallMissed
	lines, err := list(ctx, t, scanMessage, saveLineQuery, t.tenant, c.message, content, missed)
	if err != nil {
		return err
	}
	if err := t.showMessages(lines); err != nil {
		return err
	}
	if missed && len(lines) > 0 {
		v, err := t.thread(ctx, c.conversation)
		if err != nil {
			return err
		}
		v.unread++
		if err := t.saveThread(ctx, &v); err != nil {
			return err
		}
		if err := t.showListed(ctx, &v); err != nil {
			return err
		}
	}
	return t.showCall(ctx, c)
}

// showCall appends what a call is.
func (t *tx) showCall(ctx context.Context, c *call) error {
	view := c.view()
	if c.caller != "" {
		who, err := one(ctx, t, scanContactRow, contactRowQuery, t.tenant, c.caller)
		if err != nil {
			return err
		}
		caller := who.view()
		view.Caller = &caller
	}
	return t.append(engine.EventCallUpdated, c.seat, c.conversation, view)
}

const (
	callsQuery = `SELECT ` + callColumns + `, COALESCE(c.name, ''), COALESCE(c.phone, '') FROM calls k
LEFT JOIN contacts c ON c.tenant = k.tenant AND c.id = k.caller AND k.caller <> ''
WHERE k.tenant = $1 AND (k.at < $2 OR k.at = $2 AND k.id < $3)`
	callsOfSeat = ` AND k.seat = $5`
	callsOrder  = ` ORDER BY k.at DESC, k.id DESC LIMIT $4`
)

// callRow is a call with who made it in a group.
type callRow struct {
	call   call
	caller contact
}

func scanCallRow(row scanner, r *callRow) error {
	return row.Scan(append(r.call.columns(), &r.caller.name, &r.caller.phone)...)
}

func (r *callRow) view() engine.CallView {
	view := r.call.view()
	if r.call.caller != "" {
		r.caller.id = r.call.caller
		caller := r.caller.view()
		view.Caller = &caller
	}
	return view
}

// Calls implements api.Tenant.
func (n *Tenant) Calls(ctx context.Context, seat engine.SeatID, page engine.Page) ([]engine.CallView, string, error) {
	from, err := parseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := pageLimit(page.Limit)
	query, args := callsQuery, []any{n.id, from.at, from.id, limit + 1}
	if seat != "" {
		query, args = query+callsOfSeat, append(args, seat)
	}
	found, err := list(ctx, n.store.db, scanCallRow, query+callsOrder, args...)
	if err != nil {
		return nil, "", translate(err)
	}
	next := ""
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1].call
		next = cursor{at: last.at, id: string(last.id)}.String()
	}
	views := make([]engine.CallView, len(found))
	for i := range found {
		views[i] = found[i].view()
	}
	return views, next, nil
}

const (
	callByIDQuery = `SELECT ` + callColumns + `, COALESCE(c.name, ''), COALESCE(c.phone, '') FROM calls k
LEFT JOIN contacts c ON c.tenant = k.tenant AND c.id = k.caller AND k.caller <> '' WHERE k.tenant = $1 AND k.id = $2`
	callPartiesQuery = `SELECT k.seat, k.whatsapp_id, k.video, k.state, k.at, c.phone, c.lid, c.room, COALESCE(w.phone, ''), COALESCE(w.lid, '')
FROM calls k JOIN conversations v ON v.tenant = k.tenant AND v.id = k.conversation
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
LEFT JOIN contacts w ON w.tenant = k.tenant AND w.id = k.caller AND k.caller <> ''
WHERE k.tenant = $1 AND k.id = $2`
)

// Call implements api.Tenant.
func (n *Tenant) Call(ctx context.Context, id engine.CallID) (engine.CallView, error) {
	r, err := one(ctx, n.store.db, scanCallRow, callByIDQuery, n.id, id)
	if err != nil {
		return engine.CallView{}, orNotFound(err, "call")
	}
	return r.view(), nil
}

// CallRef implements engine.CallRecords.
func (s *Store) CallRef(ctx context.Context, tenant engine.TenantID, id engine.CallID) (engine.SeatKey, engine.CallChange, error) {
	seat := engine.SeatKey{Tenant: tenant}
	ref, err := one(ctx, s.db, func(row scanner, c *engine.CallChange) error {
		var at int64
		err := row.Scan(&seat.Seat, &c.Call, &c.Video, &c.State, &at, &c.Chat.Phone, &c.Chat.LID, &c.Chat.Room, &c.Caller.Phone, &c.Caller.LID)
		c.At = fromMillis(at)
		return err
	}, callPartiesQuery, tenant, id)
	if err != nil {
		return engine.SeatKey{}, engine.CallChange{}, orNotFound(err, "call")
	}
	return seat, ref, nil
}

// CallRef implements api.Tenant.
func (n *Tenant) CallRef(ctx context.Context, id engine.CallID) (engine.SeatKey, engine.CallChange, error) {
	return n.store.CallRef(ctx, n.id, id)
}
