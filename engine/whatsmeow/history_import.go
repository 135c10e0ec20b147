package whatsmeow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

const (
	// historyBatch is how many facts are stored in one transaction, so that
	// live messages don't wait for long.
	historyBatch = 100
	// secretsBatch is how many messages' secrets are saved at once.
	secretsBatch = 500
	// maxSeen is of how many people it is imported that they have a message of a
	// group; they are stored in one transaction with it.
	maxSeen = 256
)

// historyImport turns a part of a phone's history into facts.
type historyImport struct {
	session *session
	phase   engine.HistoryPhase
	file    *historyFile
	take    func(ctx context.Context, facts []engine.Fact, done float64) error
	batch   []engine.Fact
}

// run reads the part twice: what people are called and which addresses are
// one person's stands behind the conversations that it is about.
func (h *historyImport) run(ctx context.Context) error {
	rest, err := h.file.rest()
	if err != nil {
		return err
	}
	if err := h.session.learn(ctx, rest); err != nil {
		return err
	}
	if h.session.client.provider.cfg.SkipHistory {
		return nil
	}
	if err := h.secrets(ctx); err != nil {
		return err
	}
	err = h.file.conversations(func(c *waHistorySync.Conversation) error { return h.conversation(ctx, c) })
	if err != nil {
		return err
	}
	if err := h.statuses(ctx, rest.GetStatusV3Messages()); err != nil {
		return err
	}
	if err := h.former(ctx, rest.GetPastParticipants()); err != nil {
		return err
	}
	if err := h.people(ctx, rest); err != nil {
		return err
	}
	return h.flush(ctx)
}

// secrets keeps what it takes to read later votes, reactions and edits that
// are about messages of the past, and the tokens by which people let us write
// to them.
func (h *historyImport) secrets(ctx context.Context) error {
	var waiting []*waHistorySync.Conversation
	messages := 0
	err := h.file.conversations(func(c *waHistorySync.Conversation) error {
		waiting = append(waiting, c)
		if messages += len(c.GetMessages()) + 1; messages >= secretsBatch {
			storeSecrets(ctx, h.session.wm, waiting)
			waiting, messages = nil, 0
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	storeSecrets(ctx, h.session.wm, waiting)
	return ctx.Err()
}

// add puts facts that belong together into the batch.
func (h *historyImport) add(ctx context.Context, facts ...engine.Fact) error {
	if len(h.batch) > 0 && len(h.batch)+len(facts) > historyBatch {
		if err := h.flush(ctx); err != nil {
			return err
		}
	}
	h.batch = append(h.batch, facts...)
	return nil
}

func (h *historyImport) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(h.batch) == 0 {
		return err
	}
	facts := h.batch
	h.batch = nil
	done, err := h.file.done()
	if err != nil {
		return err
	}
	return h.take(ctx, facts, done)
}

// people tells names and addresses.
func (h *historyImport) people(ctx context.Context, rest *waHistorySync.HistorySync) error {
	for _, mapping := range rest.GetPhoneNumberToLidMappings() {
		pn, lid := jidIn(mapping.GetPnJID()), jidIn(mapping.GetLidJID())
		if !person(pn) || !person(lid) {
			continue
		}
		if err := h.add(ctx, engine.Identity{Party: engine.Party{Phone: address(pn), LID: address(lid)}}); err != nil {
			return err
		}
	}
	for _, named := range rest.GetPushnames() {
		name, jid := pushName(named.GetPushname()), jidIn(named.GetID())
		if name == "" || !person(jid) {
			continue
		}
		party, err := h.session.party(ctx, jid, types.EmptyJID)
		if err != nil {
			return unreadKeys(err)
		}
		party.Name = name
		if err := h.add(ctx, engine.Identity{Party: party}); err != nil {
			return err
		}
	}
	return nil
}

// conversation hands over the messages of one conversation, and how the agent
// has arranged it.
func (h *historyImport) conversation(ctx context.Context, c *waHistorySync.Conversation) error {
	chat := jidIn(c.GetID())
	if !person(chat) && chat.Server != types.GroupServer {
		return nil
	}
	p := past{session: h.session, chat: chat, alt: jidIn(cmp.Or(c.GetPnJID(), c.GetLidJID())), name: pushName(c.GetName())}
	if h.phase == engine.HistoryInitial {
		p.unread = int(c.GetUnreadCount())
	}
	if err := h.messages(ctx, &p, c); err != nil {
		return err
	}
	arranged, err := p.arranged(ctx, c)
	if err != nil {
		return err
	}
	return h.add(ctx, arranged)
}

// messages hands over the messages of one chat: the newest batch first, and in
// each batch the oldest message first, as its store wants it.
func (h *historyImport) messages(ctx context.Context, p *past, c *waHistorySync.Conversation) error {
	messages := c.GetMessages()
	slices.SortStableFunc(messages, newestFirst)
	var groups [][]engine.Fact // what is said about a message goes with it
	size := 0
	for _, message := range messages {
		facts, err := p.facts(ctx, message.GetMessage())
		if err != nil {
			return unreadKeys(err)
		}
		if len(facts) == 0 {
			continue
		}
		if size > 0 && size+len(facts) > historyBatch {
			if err := h.addGroups(ctx, groups); err != nil {
				return err
			}
			groups, size = nil, 0
		}
		groups, size = append(groups, facts), size+len(facts)
	}
	return h.addGroups(ctx, groups)
}

// addGroups adds groups that are in the order of the newest first.
func (h *historyImport) addGroups(ctx context.Context, groups [][]engine.Fact) error {
	slices.Reverse(groups)
	return h.add(ctx, slices.Concat(groups...)...)
}

// newestFirst orders messages of one conversation. Phones give them so; it is
// not relied upon.
func newestFirst(a, b *waHistorySync.HistorySyncMsg) int {
	return cmp.Or(
		cmp.Compare(b.GetMessage().GetMessageTimestamp(), a.GetMessage().GetMessageTimestamp()),
		cmp.Compare(b.GetMsgOrderID(), a.GetMsgOrderID()),
	)
}

// past reads the messages of one conversation of the past.
type past struct {
	session *session
	chat    types.JID
	alt     types.JID // the chat's other address; may be empty
	name    string    // as the phone's address book has it
	unread  int       // so many of the newest messages are unread
}

// facts are a message of the past and what was said about it. There are none
// for what people never see.
func (p *past) facts(ctx context.Context, web *waWeb.WebMessageInfo) ([]engine.Fact, error) {
	if web.GetKey().GetID() == "" || web.GetMessageTimestamp() == 0 {
		return nil, nil
	}
	evt, err := p.session.wm.ParseWebMessage(p.chat, web)
	if err != nil {
		return nil, nil //nolint:nilerr // it says not who wrote it; the next import would not know either
	}
	if person(p.chat) {
		evt.Info.SenderAlt, evt.Info.RecipientAlt = p.alt, p.alt
	}
	incoming, ok, err := p.session.incoming(ctx, evt)
	switch {
	case err != nil:
		return nil, err
	case web.GetMessageStubType() == waWeb.WebMessageInfo_REVOKE && !ok:
		return p.revoked(ctx, evt)
	case !ok:
		return nil, nil
	}
	p.date(&incoming, web)
	facts := []engine.Fact{incoming}
	for _, reaction := range web.GetReactions() {
		fact, ok, err := p.reaction(ctx, &incoming, reaction)
		if err != nil {
			return nil, err
		}
		if ok {
			facts = append(facts, fact)
		}
	}
	seen, err := p.seen(ctx, &incoming, web.GetUserReceipt())
	if err != nil {
		return nil, err
	}
	facts = append(facts, seen...)
	for _, update := range web.GetPollUpdates() {
		fact, ok, err := p.vote(ctx, &incoming, update)
		if err != nil {
			return nil, err
		}
		if ok {
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// date makes a message one of the past.
func (p *past) date(m *engine.Incoming, web *waWeb.WebMessageInfo) {
	m.History, m.Delivery = true, deliveryOf(web.GetStatus())
	if m.Chat.Name == "" { // in a group, its subject
		m.Chat.Name = p.name
	}
	if !m.FromMe && !m.Kind.Amends() && p.unread > 0 {
		p.unread--
		m.Unread = true
	}
}

// deliveryOf says how far a message of the agent's had come.
func deliveryOf(status waWeb.WebMessageInfo_Status) engine.Delivery {
	switch status {
	case waWeb.WebMessageInfo_DELIVERY_ACK:
		return engine.Delivered
	case waWeb.WebMessageInfo_READ:
		return engine.Read
	case waWeb.WebMessageInfo_PLAYED:
		return engine.Played
	case waWeb.WebMessageInfo_ERROR, waWeb.WebMessageInfo_PENDING, waWeb.WebMessageInfo_SERVER_ACK:
	}
	return engine.Sent
}

// revoked is a message that was deleted for everyone: what it said is not in
// the history any more. If it was stored before, it is deleted as well.
func (p *past) revoked(ctx context.Context, evt *events.Message) ([]engine.Fact, error) {
	message, err := p.session.written(ctx, &evt.Info)
	if err != nil {
		return nil, err
	}
	message.Kind = engine.KindUnknown
	p.date(&message, evt.SourceWebMsg)
	revoke := about(&message, engine.KindRevoke, message.WhatsAppID+":revoked", message.At)
	revoke.FromMe, revoke.Sender = message.FromMe, message.Sender
	return []engine.Fact{message, revoke}, nil
}

// reaction is a reaction to a message of the past.
func (p *past) reaction(ctx context.Context, to *engine.Incoming, reaction *waWeb.Reaction) (engine.Incoming, bool, error) {
	fact := about(to, engine.KindReaction, reaction.GetKey().GetID(), millis(reaction.GetSenderTimestampMS(), to.At))
	fact.Text = clean(reaction.GetText())
	known, err := p.writer(ctx, &fact, reaction.GetKey())
	return fact, known && fact.WhatsAppID != "" && fact.Text != "", err
}

// seen tells who in a group has got, read and played a message of the agent's.
func (p *past) seen(ctx context.Context, m *engine.Incoming, receipts []*waWeb.UserReceipt) (facts []engine.Fact, err error) {
	if !m.FromMe || m.Chat.Room == "" || m.Kind.Amends() {
		return nil, nil
	}
	for _, receipt := range receipts[:min(len(receipts), maxSeen)] {
		who := jidIn(receipt.GetUserJID())
		if !person(who) || p.session.isSelf(who) {
			continue
		}
		sender, err := p.session.party(ctx, who, types.EmptyJID)
		if err != nil {
			return nil, err
		}
		for _, mark := range []struct {
			delivery engine.Delivery
			at       int64
		}{
			{engine.Delivered, receipt.GetReceiptTimestamp()}, {engine.Read, receipt.GetReadTimestamp()}, {engine.Played, receipt.GetPlayedTimestamp()},
		} {
			if mark.at > 0 {
				facts = append(facts, engine.Receipt{
					Chat: m.Chat, Sender: sender, WhatsAppIDs: []string{m.WhatsAppID}, Delivery: mark.delivery, At: time.Unix(mark.at, 0),
				})
			}
		}
	}
	return facts, nil
}

// vote is a choice in a poll of the past, which phones keep decrypted.
func (p *past) vote(ctx context.Context, in *engine.Incoming, update *waWeb.PollUpdate) (engine.Incoming, bool, error) {
	key := update.GetPollUpdateMessageKey()
	fact := about(in, engine.KindVote, key.GetID(), millis(update.GetSenderTimestampMS(), in.At))
	hashes := update.GetVote().GetSelectedOptions()
	fact.Content = &engine.Content{Vote: &engine.Vote{Options: []string{}, Hashes: hashes[:min(len(hashes), maxChoices)]}}
	known, err := p.writer(ctx, &fact, key)
	return fact, known && fact.WhatsAppID != "", err
}

// writer notes who wrote what a key names. It reports false if that is not
// told.
func (p *past) writer(ctx context.Context, m *engine.Incoming, key *waCommon.MessageKey) (known bool, err error) {
	whose := jidIn(key.GetParticipant())
	m.FromMe = key.GetFromMe() || p.session.isSelf(whose)
	if m.FromMe || m.Chat.Room == "" {
		return true, nil
	}
	if !person(whose) {
		return false, nil
	}
	m.Sender, err = p.session.party(ctx, whose, types.EmptyJID)
	return true, err
}

// about is a message of the past that changes another one.
func about(target *engine.Incoming, kind engine.Kind, id string, at time.Time) engine.Incoming {
	return engine.Incoming{
		WhatsAppID: clean(id), Chat: target.Chat, Kind: kind, Target: target.WhatsAppID,
		TargetFromMe: target.FromMe, TargetSender: target.Sender, At: at, History: true,
	}
}

// millis is a time in Unix milliseconds, or another one if it is not told
// or can't be.
func millis(ms int64, otherwise time.Time) time.Time {
	if ms <= 0 || ms > lastTime.UnixMilli() {
		return otherwise
	}
	return time.UnixMilli(ms)
}

// jidIn reads an address that is written out. One that can't be read is empty.
func jidIn(text string) types.JID {
	jid, err := types.ParseJID(text)
	if err != nil {
		return types.EmptyJID
	}
	return jid
}

func unreadKeys(err error) error {
	return &engine.Error{
		Code: engine.CodeUnavailable, Message: "The store of keys could not be read. It is tried again.", Err: err,
	}
}
