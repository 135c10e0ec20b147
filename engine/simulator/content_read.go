package simulator

import (
	"encoding/hex"
	"math"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
)

// maxWrappers bounds how deep a message may be wrapped.
const maxWrappers = 8

// peel takes a message out of the envelopes that say how it is to be treated.
func peel(m *waE2E.Message) (inner *waE2E.Message, viewOnce bool) {
	for range maxWrappers {
		var next *waE2E.FutureProofMessage
		switch {
		case m.GetViewOnceMessage() != nil:
			next, viewOnce = m.GetViewOnceMessage(), true
		case m.GetViewOnceMessageV2() != nil:
			next, viewOnce = m.GetViewOnceMessageV2(), true
		case m.GetViewOnceMessageV2Extension() != nil:
			next, viewOnce = m.GetViewOnceMessageV2Extension(), true
		case m.GetEphemeralMessage() != nil:
			next = m.GetEphemeralMessage()
		case m.GetDocumentWithCaptionMessage() != nil:
			next = m.GetDocumentWithCaptionMessage()
		case m.GetEditedMessage() != nil:
			next = m.GetEditedMessage()
		case m.GetLottieStickerMessage() != nil:
			next = m.GetLottieStickerMessage()
		}
		if next.GetMessage() == nil {
			break
		}
		m = next.GetMessage()
	}
	image, video, audio := m.GetImageMessage(), m.GetVideoMessage(), m.GetAudioMessage()
	return m, viewOnce || image.GetViewOnce() || video.GetViewOnce() || audio.GetViewOnce()
}

// maxShown is how many options or choices of one message a phone shows.
const maxShown = 100

func firstOf[E any](all []E, limit int) []E { return all[:min(len(all), limit)] }

// show fills in what a person sees of a message's content.
func (m *Message) show(s *Server, whole *waE2E.Message) {
	inner, viewOnce := peel(whole)
	m.ViewOnce = viewOnce
	m.secret = whole.GetMessageContextInfo().GetMessageSecret()
	if m.secret == nil {
		m.secret = inner.GetMessageContextInfo().GetMessageSecret()
	}
	if slot := contextSlot(inner); slot != nil && *slot != nil {
		m.showContext(s, *slot)
	}
	for _, show := range []func(*waE2E.Message) bool{
		m.showText, m.showMedia, m.showPlace, m.showInvite, m.showPoll, m.showChoices, m.showChosen, m.showAddition, m.showProtocol,
	} {
		if show(inner) {
			return
		}
	}
	m.Kind = KindOther
}

func (m *Message) showContext(s *Server, info *waE2E.ContextInfo) {
	m.ReplyTo = info.GetStanzaID()
	if info.GetIsForwarded() {
		m.Forwarded = max(int(info.GetForwardingScore()), 1)
	}
	m.Expires = int(info.GetExpiration())
	for _, text := range firstOf(info.GetMentionedJID(), maxMentions) {
		jid, err := types.ParseJID(text)
		if err != nil {
			continue
		}
		m.Mentions = append(m.Mentions, s.chatName(jid))
	}
}

func (m *Message) showText(c *waE2E.Message) bool {
	switch {
	case c.Conversation != nil:
		m.Kind, m.Text = KindText, c.GetConversation()
	case c.ExtendedTextMessage != nil:
		text := c.GetExtendedTextMessage()
		m.Kind, m.Text = KindText, text.GetText()
		if text.MatchedText != nil {
			m.Preview = &Preview{
				URL: text.GetMatchedText(), Title: text.GetTitle(), Description: text.GetDescription(), Thumbnail: text.GetJPEGThumbnail(),
			}
		}
	default:
		return false
	}
	return true
}

// file is what all messages with a file have.
type file interface {
	GetMimetype() string
	GetFileLength() uint64
	GetFileSHA256() []byte
}

func attachment(f file) *Attachment {
	return &Attachment{Mimetype: f.GetMimetype(), Size: int64(f.GetFileLength()), SHA256: hex.EncodeToString(f.GetFileSHA256())}
}

func (m *Message) showMedia(c *waE2E.Message) bool {
	switch {
	case c.ImageMessage != nil:
		image := c.GetImageMessage()
		m.Kind, m.Text, m.Media = KindImage, image.GetCaption(), attachment(image)
		m.Media.Width, m.Media.Height = int(image.GetWidth()), int(image.GetHeight())
	case c.VideoMessage != nil:
		m.Kind = KindVideo
		m.showVideo(c.GetVideoMessage())
	case c.PtvMessage != nil:
		m.Kind = KindVideoNote
		m.showVideo(c.GetPtvMessage())
	case c.AudioMessage != nil:
		audio := c.GetAudioMessage()
		m.Kind, m.Media = KindAudio, attachment(audio)
		if audio.GetPTT() {
			m.Kind = KindVoice
		}
		m.Media.Seconds = int(audio.GetSeconds())
	case c.DocumentMessage != nil:
		document := c.GetDocumentMessage()
		m.Kind, m.Text, m.Media = KindDocument, document.GetCaption(), attachment(document)
		m.Media.Filename = document.GetFileName()
	case c.StickerMessage != nil:
		sticker := c.GetStickerMessage()
		m.Kind, m.Media = KindSticker, attachment(sticker)
		m.Media.Width, m.Media.Height = int(sticker.GetWidth()), int(sticker.GetHeight())
	default:
		return false
	}
	return true
}

func (m *Message) showVideo(video *waE2E.VideoMessage) {
	m.Text, m.Media = video.GetCaption(), attachment(video)
	m.Media.Seconds, m.Media.GIF = int(video.GetSeconds()), video.GetGifPlayback()
	m.Media.Width, m.Media.Height = int(video.GetWidth()), int(video.GetHeight())
}

// showPlace shows where and who: locations, contact cards, events.
func (m *Message) showPlace(c *waE2E.Message) bool {
	switch {
	case c.LocationMessage != nil:
		at := c.GetLocationMessage()
		m.Kind, m.Text, m.Location = KindLocation, at.GetName(), showLocation(at)
	case c.LiveLocationMessage != nil:
		at := c.GetLiveLocationMessage()
		m.Kind, m.Text = KindLiveLocation, at.GetCaption()
		m.Location = &Location{
			Latitude: degrees(at.GetDegreesLatitude()), Longitude: degrees(at.GetDegreesLongitude()), Live: true, Name: at.GetCaption(),
			Accuracy: int(at.GetAccuracyInMeters()), Sequence: int(at.GetSequenceNumber()),
		}
	case c.ContactMessage != nil:
		card := c.GetContactMessage()
		m.Kind, m.Text, m.Contacts = KindContact, card.GetDisplayName(), Contacts{showContact(card)}
	case c.ContactsArrayMessage != nil:
		cards := c.GetContactsArrayMessage()
		m.Kind, m.Text = KindContact, cards.GetDisplayName()
		for _, card := range firstOf(cards.GetContacts(), maxContacts) {
			m.Contacts = append(m.Contacts, showContact(card))
		}
	case c.EventMessage != nil:
		event := c.GetEventMessage()
		m.Kind, m.Text = KindOccasion, event.GetName()
		m.Occasion = &Occasion{
			Name: event.GetName(), Description: event.GetDescription(), Start: instant(event.GetStartTime()),
			Cancelled: event.GetIsCanceled(),
		}
		if event.Location != nil {
			m.Occasion.Location = showLocation(event.GetLocation())
		}
	default:
		return false
	}
	return true
}

func showLocation(at *waE2E.LocationMessage) *Location {
	return &Location{
		Latitude: degrees(at.GetDegreesLatitude()), Longitude: degrees(at.GetDegreesLongitude()), Name: at.GetName(), Address: at.GetAddress(),
		URL: at.GetURL(), Live: at.GetIsLive(), Accuracy: int(at.GetAccuracyInMeters()),
	}
}

func showContact(card *waE2E.ContactMessage) Contact {
	return Contact{Name: card.GetDisplayName(), VCard: card.GetVcard()}
}

// pollOf finds a poll in any of the fields that the versions of its message have; they differ in who can read them.
func pollOf(c *waE2E.Message) *waE2E.PollCreationMessage {
	for _, poll := range []*waE2E.PollCreationMessage{
		c.GetPollCreationMessage(), c.GetPollCreationMessageV2(), c.GetPollCreationMessageV3(), c.GetPollCreationMessageV5(),
		c.GetPollCreationMessageV6(), c.GetPollCreationMessageV4().GetMessage().GetPollCreationMessage(),
	} {
		if poll != nil {
			return poll
		}
	}
	return nil
}

func (m *Message) showPoll(c *waE2E.Message) bool {
	poll := pollOf(c)
	if poll == nil {
		return false
	}
	m.Kind, m.Text = KindPoll, poll.GetName()
	m.Poll = &Tally{Name: poll.GetName(), Selectable: int(poll.GetSelectableOptionsCount())}
	for _, option := range firstOf(poll.GetOptions(), maxShown) {
		m.Poll.Options = append(m.Poll.Options, TallyOption{Name: option.GetOptionName(), Voters: []string{}})
	}
	return true
}

// showAddition shows what is about another message and can be read without its secret.
func (m *Message) showAddition(c *waE2E.Message) bool {
	switch {
	case c.ReactionMessage != nil:
		m.Kind, m.Text, m.Target = KindReaction, c.GetReactionMessage().GetText(), c.GetReactionMessage().GetKey().GetID()
	case c.PinInChatMessage != nil:
		m.Kind, m.Target = KindPin, c.GetPinInChatMessage().GetKey().GetID()
	case c.KeepInChatMessage != nil:
		m.Kind, m.Target = KindKeep, c.GetKeepInChatMessage().GetKey().GetID()
	case c.CommentMessage != nil:
		m.Kind, m.Target = KindComment, c.GetCommentMessage().GetTargetMessageKey().GetID()
		m.Text = textOf(c.GetCommentMessage().GetMessage())
	case c.PlaceholderMessage != nil:
		m.Kind = KindPlaceholder
	default:
		return m.showSealed(c)
	}
	return true
}

// showSealed shows what only the secret of the message that it is about opens; see unseal.
func (m *Message) showSealed(c *waE2E.Message) bool {
	switch {
	case c.PollUpdateMessage != nil:
		m.Kind, m.Target = KindVote, c.GetPollUpdateMessage().GetPollCreationMessageKey().GetID()
	case c.EncReactionMessage != nil:
		m.Kind, m.Target = KindReaction, c.GetEncReactionMessage().GetTargetMessageKey().GetID()
	case c.EncCommentMessage != nil:
		m.Kind, m.Target = KindComment, c.GetEncCommentMessage().GetTargetMessageKey().GetID()
	case c.EncEventResponseMessage != nil:
		m.Kind, m.Target = KindAttendance, c.GetEncEventResponseMessage().GetEventCreationMessageKey().GetID()
	case c.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT:
		m.Kind, m.Target = KindEdit, c.GetSecretEncryptedMessage().GetTargetMessageKey().GetID()
	default:
		return false
	}
	m.Encrypted = true
	return true
}

func (m *Message) showProtocol(c *waE2E.Message) bool {
	protocol := c.GetProtocolMessage()
	if protocol == nil {
		return false
	}
	m.Kind = KindProtocol
	if protocol.Type == nil {
		return true
	}
	switch protocol.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		m.Kind, m.Target = KindRevoke, protocol.GetKey().GetID()
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		m.Kind, m.Target, m.Text = KindEdit, protocol.GetKey().GetID(), textOf(protocol.GetEditedMessage())
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		m.Kind, m.Expires = KindTimer, int(protocol.GetEphemeralExpiration())
	default: // what apps tell each other
	}
	return true
}

// textOf is a content's text or caption.
func textOf(c *waE2E.Message) string {
	inner, _ := peel(c)
	var shown Message
	if inner != nil && (shown.showText(inner) || shown.showMedia(inner)) {
		return shown.Text
	}
	return ""
}

// degrees is an angle that a client sent; one that is no number, which JSON can't say, is 0.
func degrees(angle float64) float64 {
	if math.IsNaN(angle) || math.IsInf(angle, 0) {
		return 0
	}
	return angle
}
