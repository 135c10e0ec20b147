package simulator

import (
	"crypto/sha256"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/msgsecret"
)

// take shows a message on the phone, with what it does to earlier ones. One that the phone has already is only counted.
// The caller holds p.mu, and has filled in all of m but its content.
func (p *Phone) take(m *Message, content *waE2E.Message, raw []byte) {
	if p.byKey[messageKey{m.From, m.ID}] == nil {
		m.raw, m.weight = raw, messageWeight+textCopies*len(raw)
		m.show(p.server(), content)
		inner, _ := peel(content)
		p.apply(m, inner)
	}
	p.record(m)
}

// apply does to an earlier message what m says. The caller holds p.mu.
func (p *Phone) apply(m *Message, content *waE2E.Message) {
	if m.Kind == KindTimer {
		p.setTimer(m, content.GetProtocolMessage())
		return
	}
	key := keyOf(content)
	if key == nil {
		return
	}
	target := p.aimedAt(m, key)
	if target == nil {
		m.Ignored = true
		return
	}
	if m.Encrypted {
		if content = p.unseal(m, target, content); content == nil {
			m.Ignored = true
			p.server().counters.unreadable.Add(1)
			return
		}
	}
	m.Ignored = !p.change(m, target, content)
}

// change is what a readable message about another one does; false: nothing, since it may not.
func (p *Phone) change(m, target *Message, content *waE2E.Message) bool {
	switch m.Kind {
	case KindReaction:
		target.react(m.From, m.Text)
	case KindVote:
		return target.vote(m, content.GetPollUpdateMessage())
	case KindEdit:
		return target.edit(m, content.GetProtocolMessage().GetEditedMessage())
	case KindRevoke:
		return p.revoke(m, target)
	case KindPin:
		target.Pinned = content.GetPinInChatMessage().GetType() == waE2E.PinInChatMessage_PIN_FOR_ALL
	case KindKeep:
		target.Kept = content.GetKeepInChatMessage().GetKeepType() == waE2E.KeepType_KEEP_FOR_ALL
	}
	return true
}

// keyOf names the message that a content is about; nil if it stands for itself.
func keyOf(c *waE2E.Message) *waCommon.MessageKey {
	for _, key := range []*waCommon.MessageKey{
		c.GetReactionMessage().GetKey(), c.GetPinInChatMessage().GetKey(), c.GetKeepInChatMessage().GetKey(),
		c.GetCommentMessage().GetTargetMessageKey(), c.GetPollUpdateMessage().GetPollCreationMessageKey(),
		c.GetEncReactionMessage().GetTargetMessageKey(), c.GetEncCommentMessage().GetTargetMessageKey(),
		c.GetEncEventResponseMessage().GetEventCreationMessageKey(), c.GetSecretEncryptedMessage().GetTargetMessageKey(),
		c.GetProtocolMessage().GetKey(),
	} {
		if key != nil {
			return key
		}
	}
	return nil
}

// aimedAt finds the message that a key names. A key is written from its sender's point of view: "from me" means the
// sender of m. The caller holds p.mu.
func (p *Phone) aimedAt(m *Message, key *waCommon.MessageKey) *Message {
	author := m.From
	if !key.GetFromMe() {
		switch participant, err := types.ParseJID(key.GetParticipant()); {
		case key.GetParticipant() != "" && err == nil:
			author = p.server().chatName(participant)
		case m.From == p.Number():
			author = p.server().chatName(m.chat)
		default:
			author = p.Number()
		}
	}
	target := p.byKey[messageKey{author, key.GetID()}]
	if target == nil || target.chat != m.chat || target.Revoked {
		return nil
	}
	return target
}

// unseal decrypts an addition and shows what it says; nil if that is not possible. Who wrote what may be named by
// number or LID, so all combinations are tried, as WhatsApp's clients do while addresses change. The caller holds p.mu.
func (p *Phone) unseal(m, target *Message, content *waE2E.Message) *waE2E.Message {
	use, payload, nonce := sealedParts(content)
	s := p.server()
	for _, author := range s.forms(target.author) {
		for _, by := range s.forms(m.author) {
			bond := msgsecret.Bond{ID: target.ID, Author: author, By: by, Secret: target.secret}
			if plain, err := bond.Open(use, payload, nonce); err == nil {
				return m.showUnsealed(use, content, plain)
			}
		}
	}
	return nil
}

// forms are a person's address as it is, and in its other form.
func (s *Server) forms(jid types.JID) []types.JID {
	a := s.directory.find(jid)
	if a == nil {
		return []types.JID{jid}
	}
	return []types.JID{jid, a.alt(jid)}
}

func sealedParts(c *waE2E.Message) (use msgsecret.Use, payload, nonce []byte) {
	switch {
	case c.PollUpdateMessage != nil:
		vote := c.GetPollUpdateMessage().GetVote()
		return msgsecret.PollVote, vote.GetEncPayload(), vote.GetEncIV()
	case c.EncReactionMessage != nil:
		return msgsecret.Reaction, c.GetEncReactionMessage().GetEncPayload(), c.GetEncReactionMessage().GetEncIV()
	case c.EncCommentMessage != nil:
		return msgsecret.Comment, c.GetEncCommentMessage().GetEncPayload(), c.GetEncCommentMessage().GetEncIV()
	case c.EncEventResponseMessage != nil:
		return msgsecret.EventResponse, c.GetEncEventResponseMessage().GetEncPayload(), c.GetEncEventResponseMessage().GetEncIV()
	default:
		return msgsecret.MessageEdit, c.GetSecretEncryptedMessage().GetEncPayload(), c.GetSecretEncryptedMessage().GetEncIV()
	}
}

// showUnsealed reads a decrypted addition; a vote is put back into its message, as hashes that only its poll explains.
func (m *Message) showUnsealed(use msgsecret.Use, sealed *waE2E.Message, plain []byte) *waE2E.Message {
	switch use {
	case msgsecret.Reaction:
		reaction := new(waE2E.ReactionMessage)
		if proto.Unmarshal(plain, reaction) != nil {
			return nil
		}
		m.Text = reaction.GetText()
		return sealed
	case msgsecret.PollVote:
		update := proto.CloneOf(sealed)
		update.PollUpdateMessage.Vote.EncPayload = plain
		return update
	case msgsecret.EventResponse:
		response := new(waE2E.EventResponseMessage)
		if proto.Unmarshal(plain, response) != nil {
			return nil
		}
		for name, answer := range attendanceAnswers() {
			if answer == response.GetResponse() {
				m.Text = name
			}
		}
		return sealed
	default:
		inner := new(waE2E.Message)
		if proto.Unmarshal(plain, inner) != nil {
			return nil
		}
		inner, _ = peel(inner)
		if use == msgsecret.MessageEdit {
			m.Text = textOf(inner.GetProtocolMessage().GetEditedMessage())
		} else {
			m.Text = textOf(inner)
		}
		return inner
	}
}

func (m *Message) react(from, emoji string) {
	m.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), func(r Reacted) bool { return r.From == from })
	if emoji != "" {
		m.Reactions = append(m.Reactions, Reacted{from, emoji})
	}
}

// vote counts a vote whose payload is decrypted.
func (m *Message) vote(by *Message, update *waE2E.PollUpdateMessage) bool {
	vote := new(waE2E.PollVoteMessage)
	if m.Poll == nil || proto.Unmarshal(update.GetVote().GetEncPayload(), vote) != nil {
		return false
	}
	for i := range m.Poll.Options {
		option := &m.Poll.Options[i]
		sum := sha256.Sum256([]byte(option.Name))
		option.Voters = slices.DeleteFunc(slices.Clone(option.Voters), func(who string) bool { return who == by.From })
		if slices.ContainsFunc(vote.GetSelectedOptions(), func(hash []byte) bool { return string(hash) == string(sum[:]) }) {
			option.Voters = append(option.Voters, by.From)
			by.Options = append(by.Options, option.Name)
		}
	}
	return true
}

// maxEarlier bounds how many texts before edits a message shows.
const maxEarlier = 100

func (m *Message) edit(by *Message, content *waE2E.Message) bool {
	if by.From != m.From || content == nil || by.Timestamp.Sub(m.Timestamp) > editGrace {
		return false
	}
	whole := m.written()
	inner, _ := peel(whole)
	if !retext(inner, by.Text) {
		return false
	}
	if raw, err := proto.Marshal(whole); err == nil {
		m.raw = raw
	}
	if len(m.Earlier) < maxEarlier {
		m.Earlier = append(slices.Clone(m.Earlier), m.Text)
	}
	m.Text = by.Text
	return true
}

func (p *Phone) revoke(by, target *Message) bool {
	if by.From != target.From {
		who := p.server().directory.number(by.From)
		if who == nil || !p.server().mayRevoke(target.chat, who) {
			return false
		}
	}
	target.hide()
	target.Revoked, target.raw, target.secret = true, nil, nil
	return true
}

func (p *Phone) setTimer(m *Message, protocol *waE2E.ProtocolMessage) {
	if p.timers == nil {
		p.timers = make(map[types.JID]chatTimer)
	}
	p.timers[m.chat] = chatTimer{
		after: time.Duration(protocol.GetEphemeralExpiration()) * time.Second,
		since: instant(protocol.GetEphemeralSettingTimestamp()),
	}
}
