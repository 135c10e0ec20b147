package whatsmeow_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// resent is a seat that sends to a person whose companion is there too. The
// person's phone remembers one message only, so that the companion gets what it
// can't decrypt from the seat and from nobody else.
type resent struct {
	*world
	s, other *seat
	lead     *simulator.Phone
	group    string
	files    *shelf
}

func newResent(t *testing.T) *resent {
	t.Helper()
	ctx := t.Context()
	r := &resent{files: newShelf(t)}
	with := func(c *whatsmeow.Config) { c.Files = r.files }
	r.world = newWorldIn(t, simulator.Config{Keep: 1}, with)
	agent := r.phone(t, agentNumber, "Thandi")
	r.lead = r.phone(t, leadNumber, "Sipho")
	r.s = r.pair(t, agent)
	elsewhere := &world{sim: r.sim} // the companion is not in the process that ends
	cfg := r.cfg
	cfg.DB = openSQLite(t)
	elsewhere.start(t, cfg)
	r.other = elsewhere.pair(t, r.lead)
	made, _, err := r.lead.CreateGroup(ctx, simulator.NewGroup{Subject: "Viewing", Members: []string{agentNumber}})
	require.NoError(t, err)
	r.group = made.JID
	for _, s := range []*seat{r.s, r.other} {
		s.state(t, engine.Address(r.group), anyState)
	}
	return r
}

// gives sends a draft, and keeps it as the store does.
func (r *resent) gives(t *testing.T, draft engine.Draft) engine.Draft {
	t.Helper()
	r.s.set(func(m *memory) {
		if m.drafts == nil {
			m.drafts = make(map[string]engine.Draft)
		}
		m.drafts[draft.WhatsAppID] = draft
	})
	accepted, err := r.s.Send(t.Context(), draft)
	require.NoError(t, err, draft.Kind)
	draft.At = accepted.At
	r.s.set(func(m *memory) { m.drafts[draft.WhatsAppID] = draft })
	return draft
}

// got waits until the companion has a message, and returns it.
func (r *resent) got(t *testing.T, what, id string) engine.Incoming {
	t.Helper()
	var found engine.Incoming
	r.other.until(t, what, func() bool {
		i := slices.IndexFunc(r.other.messages, func(m engine.Incoming) bool { return m.WhatsAppID == id && m.Kind != engine.KindWaiting })
		if i >= 0 {
			found = r.other.messages[i]
		}
		return i >= 0
	})
	return found
}

// kindSent is one kind of message that the seat sends.
type kindSent struct {
	name string
	// make makes a new draft each time, about a message of the seat's own or of
	// the person's.
	make func(own, theirs, poll string) engine.Draft
}

func (r *resent) kinds(t *testing.T) []kindSent {
	t.Helper()
	file := func(kind engine.Kind, media engine.Media, caption string) func(_, _, _ string) engine.Draft {
		return func(string, string, string) engine.Draft {
			id := engine.MediaID(engine.NewID())
			r.files.put(t, id, photo(3000))
			return fileDraft(kind, id, media, caption)
		}
	}
	plain := func(draft engine.Draft) func(_, _, _ string) engine.Draft {
		return func(string, string, string) engine.Draft { return draft }
	}
	return []kindSent{
		{"text", plain(engine.Draft{Kind: engine.KindText, Text: "It is free"})},
		{"answer", func(_, theirs, _ string) engine.Draft {
			return engine.Draft{Kind: engine.KindText, Text: "Yes", Content: &engine.Content{Quote: &engine.Quote{WhatsAppID: theirs, Text: "Is it?", Sender: engine.PhoneAddress(leadNumber)}}}
		}},
		{"mention", plain(engine.Draft{Kind: engine.KindText, Text: "Ask @" + leadNumber, Content: &engine.Content{Mentions: []engine.Address{engine.PhoneAddress(leadNumber)}}})},
		{"location", plain(engine.Draft{Kind: engine.KindLocation, Content: &engine.Content{Location: &engine.Location{Latitude: -33.9, Longitude: 18.4, Name: "The flat"}}})},
		{"card", plain(engine.Draft{Kind: engine.KindContact, Content: &engine.Content{Cards: []engine.Card{{Name: "Anna", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nEND:VCARD"}}}})},
		{"cards", plain(engine.Draft{Kind: engine.KindContact, Content: &engine.Content{Cards: []engine.Card{
			{Name: "Anna", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nEND:VCARD"}, {Name: "Ben", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Ben\nEND:VCARD"},
		}}})},
		{"poll", plain(engine.Draft{Kind: engine.KindPoll, Text: "When?", Content: &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}}})},
		{"reaction", func(_, theirs, _ string) engine.Draft {
			return engine.Draft{Kind: engine.KindReaction, Text: "👍", Target: theirs, TargetSender: party(r.lead, "")}
		}},
		{"reaction taken back", func(_, theirs, _ string) engine.Draft {
			return engine.Draft{Kind: engine.KindReaction, Target: theirs, TargetSender: party(r.lead, "")}
		}},
		{"vote", func(_, _, poll string) engine.Draft {
			return engine.Draft{Kind: engine.KindVote, Target: poll, TargetSender: party(r.lead, ""), Content: &engine.Content{Vote: &engine.Vote{Options: []string{"Sun"}}}}
		}},
		{"edit", func(own, _, _ string) engine.Draft {
			return engine.Draft{Kind: engine.KindEdit, Text: "It is not", Target: own, TargetFromMe: true}
		}},
		{"revoke", func(own, _, _ string) engine.Draft {
			return engine.Draft{Kind: engine.KindRevoke, Target: own, TargetFromMe: true}
		}},
		{"image", file(engine.KindImage, engine.Media{MIMEType: "image/jpeg", Width: 4, Height: 3}, "The garden")},
		{"video", file(engine.KindVideo, engine.Media{MIMEType: "video/mp4", Seconds: 3}, "The drive")},
		{"GIF", file(engine.KindVideo, engine.Media{MIMEType: "video/mp4", Animated: true}, "")},
		{"audio", file(engine.KindAudio, engine.Media{MIMEType: "audio/mpeg", Seconds: 9}, "")},
		{"voice note", file(engine.KindVoice, engine.Media{MIMEType: "audio/ogg; codecs=opus", Seconds: 2, Waveform: []byte{1, 2, 3}}, "")},
		{"document", file(engine.KindDocument, engine.Media{MIMEType: "application/pdf", Name: "lease.pdf"}, "")},
		{"document with words", file(engine.KindDocument, engine.Media{MIMEType: "application/pdf", Name: "lease.pdf"}, "Sign it")},
		{"sticker", file(engine.KindSticker, engine.Media{MIMEType: "image/webp", Width: 512, Height: 512}, "")},
	}
}

// A device that asks, after a restart of the process, for what the seat sent
// gets the same message, of whatever kind.
func TestEveryKindIsSentAgainAfterARestart(t *testing.T) {
	for _, where := range []string{"to a person", "to a group"} {
		t.Run(where, func(t *testing.T) { sentAgain(t, newResent(t), where == "to a group") })
	}
}

func sentAgain(t *testing.T, r *resent, inGroup bool) {
	t.Helper()
	ctx := t.Context()
	to, toSeat := party(r.lead, ""), agentNumber
	if inGroup {
		to, toSeat = engine.Party{Room: engine.Address(r.group)}, r.group
	}
	// What others are about: messages and polls of the person, which both have.
	write := func(what simulator.Content) string {
		id, err := r.lead.Send(ctx, toSeat, what)
		require.NoError(t, err)
		for _, s := range []*seat{r.s, r.other} {
			s.until(t, "a message of the person", func() bool {
				return slices.ContainsFunc(s.messages, func(m engine.Incoming) bool { return m.WhatsAppID == id })
			})
		}
		return id
	}
	theirs := write(simulator.Text{Body: "Is it?"})
	poll := write(simulator.Poll{Name: "Which?", Options: []string{"Sat", "Sun"}, Selectable: 1})
	own := func() string {
		first := r.gives(t, engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: to, Kind: engine.KindText, Text: "It is"})
		r.got(t, "what is to be changed", first.WhatsAppID)
		return first.WhatsAppID
	}

	type pair struct {
		name          string
		first, second engine.Draft
	}
	var pairs []pair
	for _, kind := range r.kinds(t) {
		p := pair{name: kind.name}
		for _, draft := range []*engine.Draft{&p.first, &p.second} {
			*draft = kind.make(own(), theirs, poll)
			draft.WhatsAppID, draft.To = engine.NewWhatsAppID(), to
		}
		p.first = r.gives(t, p.first)
		r.got(t, p.name, p.first.WhatsAppID)
		pairs = append(pairs, p)
	}
	r.other.Disconnect()
	for i := range pairs {
		require.NoError(t, r.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: leadNumber}))
		pairs[i].second = r.gives(t, pairs[i].second)
	}
	_, err := r.lead.SendText(ctx, agentNumber, "The last that the phone remembers")
	require.NoError(t, err)
	r.s.message(t, "The last that the phone remembers")
	r.s = r.crash(t, r.s)
	r.s.restarted(t)

	r.other.connect(t)
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			first, second := r.got(t, p.name, p.first.WhatsAppID), r.got(t, p.name+" again", p.second.WhatsAppID)
			r.s.until(t, "the device's question", func() bool { return slices.Contains(r.s.asked, p.second.WhatsAppID) })
			if second.Target == p.second.Target && p.first.Target != p.second.Target {
				second.Target = first.Target // each changes one of its own
			}
			second.WhatsAppID, second.At, second.Raw, second.Secret = first.WhatsAppID, first.At, first.Raw, first.Secret
			require.Equal(t, first, second)
		})
	}
	// Its secret is the one that it had, so a vote in the poll counts.
	asked := pairs[slices.IndexFunc(pairs, func(p pair) bool { return p.name == "poll" })].second
	phone, _ := r.sim.Phone(agentNumber)
	agent := party(phone, "")
	vote := engine.Draft{
		Kind: engine.KindVote, WhatsAppID: engine.NewWhatsAppID(), To: agent, Target: asked.WhatsAppID,
		TargetSender: agent, Content: &engine.Content{Vote: &engine.Vote{Options: []string{"Sat"}}},
	}
	if inGroup {
		vote.To = to
	}
	_, err = r.other.Send(ctx, vote)
	require.NoError(t, err)
	require.Len(t, r.s.about(t, engine.KindVote, asked.WhatsAppID).Content.Vote.Hashes, 1)
}
