package whatsmeow

import (
	"context"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// wanted says whether a stanza belongs to a chat that we keep: with a person or
// in a room. WhatsApp's own notices and chats with bots are dropped, here and
// nowhere else.
func wanted(source types.MessageSource) bool {
	if fromList(source) {
		return person(listOwner(source))
	}
	return person(source.Chat) || room(source.Chat) != ""
}

// person says whether a JID names a person.
func person(jid types.JID) bool {
	jid = plain(jid)
	switch jid.Server {
	case types.DefaultUserServer, types.HiddenUserServer:
		return jid.User != "" && jid != types.PSAJID && !jid.IsBot()
	}
	return false
}

// plain returns a JID without device, on the server that the person has when
// it is not a hosted business account (whatsmeow, parseMessageSource).
func plain(jid types.JID) types.JID {
	jid = jid.ToNonAD()
	switch jid.Server {
	case types.HostedServer, types.LegacyUserServer:
		jid.Server = types.DefaultUserServer
	case types.HostedLIDServer:
		jid.Server = types.HiddenUserServer
	}
	return jid
}

// address returns the address that a JID stands for, or "".
func address(jid types.JID) engine.Address {
	if !person(jid) {
		return ""
	}
	return engine.Address(clean(plain(jid).String()))
}

// jidOf returns the JID that a person's address stands for.
func jidOf(a engine.Address) (types.JID, error) {
	jid, err := types.ParseJID(string(a))
	if err != nil || !person(jid) {
		return types.EmptyJID, engine.Errorf(engine.CodeInvalid, "The recipient's address is not one of WhatsApp's. Check the number.")
	}
	return plain(jid), nil
}

// chat returns the lead that a stanza is about: the sender, or the recipient
// if the agent sent it.
func (s *session) chat(ctx context.Context, source types.MessageSource) (engine.Party, error) {
	alt := source.SenderAlt
	if source.IsFromMe {
		alt = source.RecipientAlt
	}
	return s.party(ctx, source.Chat, alt)
}

// party returns a person under both addresses, looking up the one that a
// stanza doesn't name. A failed lookup is an error, since one person would
// become two if one of the addresses were missing.
func (s *session) party(ctx context.Context, jid, alt types.JID) (engine.Party, error) {
	known := s.client.provider.container.LIDMap
	jid = plain(jid)
	var err error
	if alt = plain(alt); !person(alt) || alt.Server == jid.Server {
		if jid.Server == types.HiddenUserServer {
			alt, err = known.GetPNForLID(ctx, jid)
		} else {
			alt, err = known.GetLIDForPN(ctx, jid)
		}
		if err != nil {
			return engine.Party{}, fmt.Errorf("look up a person's other address: %w", err)
		}
	}
	party := engine.Party{Phone: address(jid), LID: address(alt)}
	if party.Phone.IsLID() {
		party.Phone, party.LID = party.LID, party.Phone
	}
	return party, nil
}

// recipient returns the JID to send to: the room's, or a person's LID if it is
// known, as WhatsApp's own clients do.
func recipient(to engine.Party) (types.JID, error) {
	if to.Room != "" {
		return roomJID(to.Room)
	}
	if to.LID != "" {
		return jidOf(to.LID)
	}
	return jidOf(to.Phone)
}

// pushName returns what a person calls themselves. A "-" stands for nothing.
func pushName(name string) string {
	if name = clean(name); name == "-" {
		return ""
	}
	return name
}

// clean makes a text that anyone may have sent fit for a database: PostgreSQL
// takes neither invalid UTF-8 nor a zero byte, and a message that can't be
// stored would be delivered again for ever.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
