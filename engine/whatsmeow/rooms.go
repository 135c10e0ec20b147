package whatsmeow

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// room returns the address of a group, a channel, a broadcast list or the
// status feed, or "".
func room(jid types.JID) engine.Address {
	switch jid.Server {
	case types.GroupServer, types.NewsletterServer, types.BroadcastServer:
		if jid.User != "" {
			return engine.Address(clean(jid.ToNonAD().String()))
		}
	}
	return ""
}

// roomJID returns the JID that a room's address stands for.
func roomJID(a engine.Address) (types.JID, error) {
	jid, err := types.ParseJID(string(a))
	if err != nil || room(jid) == "" {
		return types.EmptyJID, engine.Errorf(engine.CodeInvalid, "The address of that group or channel is not one of WhatsApp's.")
	}
	return jid, nil
}

// fromList says whether a stanza is about a message that came through
// somebody's broadcast list, which people see in the direct chat with them
// (whatsmeow, IsIncomingBroadcast).
func fromList(source types.MessageSource) bool {
	return source.Chat.Server == types.BroadcastServer && source.IsIncomingBroadcast()
}

// listOwner returns whose list that is.
func listOwner(source types.MessageSource) types.JID {
	if source.IsFromMe {
		return source.BroadcastListOwner
	}
	return source.Sender
}

// isSelf says whether a JID is the seat's own.
func (s *session) isSelf(jid types.JID) bool {
	jid = plain(jid)
	return jid.User != "" && (jid == plain(s.wm.Store.GetJID()) || jid == plain(s.wm.Store.GetLID()))
}

// where returns in which chat a stanza is, and in a room whose it is, unless it
// is the seat's own or of a channel.
func (s *session) where(ctx context.Context, source types.MessageSource) (chat, sender engine.Party, err error) {
	if fromList(source) {
		alt := source.SenderAlt
		if source.IsFromMe {
			alt = types.EmptyJID
		}
		chat, err = s.party(ctx, listOwner(source), alt)
		return chat, engine.Party{}, err
	}
	address := room(source.Chat)
	if address == "" {
		chat, err = s.chat(ctx, source)
		return chat, engine.Party{}, err
	}
	if source.AddressingMode != "" && address.Type() == engine.ChatGroup {
		s.rooms.learn(source.Chat, addressing(source.AddressingMode))
	}
	chat.Room = address
	if source.IsFromMe || !person(source.Sender) || s.isSelf(source.Sender) {
		return chat, engine.Party{}, nil
	}
	sender, err = s.party(ctx, source.Sender, source.SenderAlt)
	return chat, sender, err
}

// target notes which message another one changes, and in a room whose that is.
func (s *session) target(ctx context.Context, m *engine.Incoming, key *waCommon.MessageKey) error {
	if key == nil {
		return nil
	}
	m.Target = clean(key.GetID())
	if m.Chat.Room == "" {
		m.TargetFromMe = targetFromMe(m.Kind, key.GetFromMe(), m.FromMe)
		return nil
	}
	whose, err := types.ParseJID(key.GetParticipant())
	switch {
	case m.Chat.Type() == engine.ChatChannel:
	case m.Kind == engine.KindEdit, key.GetFromMe(), err != nil, !person(whose): // the writer's own
		m.TargetFromMe, m.TargetSender = m.FromMe, m.Sender
	case s.isSelf(whose):
		m.TargetFromMe = true
	default:
		m.TargetSender, err = s.party(ctx, whose, types.EmptyJID)
		return err
	}
	return nil
}

// posted reads a message of a channel. A changed one comes as it is now, under
// the ID that it had, with an attribute that says so (whatsmeow, EditAttribute).
func posted(evt *events.Message, c content, ok bool) (content, bool) {
	key := &waCommon.MessageKey{ID: &evt.Info.ID}
	switch evt.Info.Edit {
	case types.EditAttributeAdminEdit:
		if !ok {
			return c, false
		}
		return content{kind: engine.KindEdit, text: c.text, key: key}, true
	case types.EditAttributeAdminRevoke:
		return content{kind: engine.KindRevoke, key: key}, true
	case types.EditAttributeEmpty, types.EditAttributeMessageEdit, types.EditAttributePinInChat, types.EditAttributeSenderRevoke:
	}
	return c, ok
}

// amendmentID makes an ID for a change to a channel's message, which has none
// of its own.
func amendmentID(evt *events.Message) string {
	at := evt.Info.Timestamp
	if evt.NewsletterMeta != nil && !evt.NewsletterMeta.EditTS.IsZero() {
		at = evt.NewsletterMeta.EditTS
	}
	return clean(evt.Info.ID) + "." + string(evt.Info.Edit) + "." + strconv.FormatInt(at.UnixMilli(), 10)
}

// addressing is the form in which a chat names people.
type addressing types.AddressingMode

// The forms.
const (
	byNumber = addressing(types.AddressingModePN)
	byLID    = addressing(types.AddressingModeLID)
)

// rooms knows what a session has learned of rooms.
type rooms struct {
	mu    sync.Mutex
	forms map[types.JID]addressing // of groups

	met     map[types.JID]struct{} // rooms that were looked up, or are to be
	queue   []lookup               // rooms that are to be looked up
	working bool                   // something looks them up
	news    map[types.JID]int      // how often something was told of a room
	telling sync.Mutex             // held while news of a room are stored
}

func (r *rooms) learn(group types.JID, form addressing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forms == nil {
		r.forms = make(map[types.JID]addressing)
	}
	r.forms[group.ToNonAD()] = form
}

func (r *rooms) form(group types.JID) addressing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forms[group.ToNonAD()]
}

// form returns how a chat names people. For a group that nothing came from on
// this connection it asks WhatsApp, as the library does when it sends.
func (s *session) form(ctx context.Context, chat types.JID) (addressing, error) {
	switch chat.Server {
	case types.HiddenUserServer:
		return byLID, nil
	case types.GroupServer:
	default:
		return byNumber, nil
	}
	if form := s.rooms.form(chat); form != "" {
		return form, nil
	}
	return s.askForm(ctx, chat)
}

// askForm asks WhatsApp for a group, which the library remembers for sending.
func (s *session) askForm(ctx context.Context, group types.JID) (addressing, error) {
	info, err := s.wm.GetGroupInfo(ctx, group)
	if err != nil {
		return "", s.roomRefusal(group, err)
	}
	form := addressing(info.AddressingMode)
	if form == "" {
		form = byNumber
	}
	s.rooms.learn(group, form)
	return form, nil
}

// self is the seat's own address in a form.
func (s *session) self(form addressing) types.JID {
	if lid := plain(s.wm.Store.GetLID()); form == byLID && lid.User != "" {
		return lid
	}
	return plain(s.wm.Store.GetJID())
}

// as returns a person's address in a form, if it is known.
func (s *session) as(ctx context.Context, jid types.JID, form addressing) (types.JID, error) {
	if jid = plain(jid); (jid.Server == types.HiddenUserServer) == (form == byLID) {
		return jid, nil
	}
	party, err := s.party(ctx, jid, types.EmptyJID)
	if err != nil {
		return types.EmptyJID, err
	}
	other := party.Phone
	if form == byLID {
		other = party.LID
	}
	if other == "" {
		return jid, nil
	}
	return jidOf(other)
}

// member returns a person's address in a form.
func (s *session) member(ctx context.Context, who engine.Party, form addressing) (types.JID, error) {
	who.Room = "" // a room is nobody
	jid, err := recipient(who)
	if err != nil {
		return types.EmptyJID, err
	}
	return s.as(ctx, jid, form)
}

// quoted returns who wrote the message that a draft answers.
func (s *session) quoted(ctx context.Context, chat types.JID, quote *engine.Quote, form addressing) (types.JID, error) {
	switch {
	case quote.FromMe:
		return s.self(form), nil
	case room(chat) == "" || quote.Sender == "":
		return chat, nil
	}
	jid, err := jidOf(quote.Sender)
	if err != nil {
		return types.EmptyJID, err
	}
	return s.as(ctx, jid, form)
}

// targetWriter returns who wrote the message that a draft changes.
func (s *session) targetWriter(ctx context.Context, chat types.JID, draft engine.Draft, form addressing) (types.JID, error) {
	switch {
	case draft.TargetFromMe:
		return s.self(form), nil
	case room(chat) == "":
		return chat, nil
	case draft.TargetSender.Phone == "" && draft.TargetSender.LID == "":
		return types.EmptyJID, engine.Errorf(engine.CodeInvalid, "Who wrote that message is not known, so it can't be changed.")
	}
	return s.member(ctx, draft.TargetSender, form)
}

// targetKey names the message that a draft changes.
func (s *session) targetKey(ctx context.Context, chat types.JID, draft engine.Draft, form addressing) (*waCommon.MessageKey, error) {
	key := &waCommon.MessageKey{RemoteJID: new(chat.String()), FromMe: &draft.TargetFromMe, ID: &draft.Target}
	if draft.TargetFromMe || room(chat) == "" {
		return key, nil
	}
	whose, err := s.targetWriter(ctx, chat, draft, form)
	if err != nil {
		return nil, err
	}
	key.Participant = new(whose.String())
	return key, nil
}

// mentioned puts the people whom a draft mentions into the form of the chat:
// phones find the place in the text by it.
func (s *session) mentioned(ctx context.Context, text string, more *engine.Content, form addressing) (string, *engine.Content, error) {
	if len(more.Mentions) == 0 {
		return text, more, nil
	}
	changed := *more
	changed.Mentions = nil
	for _, mention := range more.Mentions {
		jid, err := jidOf(mention)
		if err != nil {
			return "", nil, err
		}
		known, err := s.as(ctx, jid, form)
		if err != nil {
			return "", nil, err
		}
		text = strings.ReplaceAll(text, "@"+jid.User, "@"+known.User)
		changed.Mentions = append(changed.Mentions, engine.Address(known.String()))
	}
	return text, &changed, nil
}
