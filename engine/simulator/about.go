package simulator

import (
	"fmt"
	"time"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

const (
	// maxAbout is how many characters an about text may have in WhatsApp's own apps.
	maxAbout = 139
	// maxAboutLife bounds how long a text that ends by itself may last.
	maxAboutLife = 365 * 24 * time.Hour
	defaultAbout = "Hey there! I am using WhatsApp."
)

// about is what a person writes of themself.
type about struct {
	text, emoji string
	at          time.Time
	life        time.Duration // how long it is to last; 0: until it is changed
}

func (a *account) aboutNow() about {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.about
}

// changeAbout replaces an account's about text; by is the device where it was written. ErrInvalid.
func (s *Server) changeAbout(a *account, by *device, text, emoji string, life time.Duration) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxAbout {
		return fmt.Errorf("%w about text: at most %d characters", ErrInvalid, maxAbout)
	}
	if !utf8.ValidString(emoji) || len(emoji) > 64 || life < 0 || life > maxAboutLife {
		return fmt.Errorf("%w emoji or duration of the about text", ErrInvalid)
	}
	written := about{text: text, emoji: emoji, at: s.clock.Now(), life: life}
	a.mu.Lock()
	a.about = written
	a.mu.Unlock()
	if life > 0 {
		s.clock.AfterFunc(life, func() { s.expireAbout(a, written) })
	}
	s.aboutChanged(a, by)
	return nil
}

// expireAbout clears a text whose time is over, unless another took its place.
func (s *Server) expireAbout(a *account, written about) {
	a.mu.Lock()
	current := a.about == written
	if current {
		a.about = about{at: s.clock.Now()}
	}
	a.mu.Unlock()
	if current {
		s.aboutChanged(a, nil)
	}
}

// aboutChanged tells the account's other clients to look (WhatsApp Web fetches its own text at an account_sync of
// <status>), and others the new text (whatsmeow, handleStatusNotification).
func (s *Server) aboutChanged(a *account, by *device) {
	text := a.aboutNow().text
	a.notify(by, a.pn(), "account_sync", nil, binary.Node{Tag: "status"})
	a.tellOthers(privacy.About, "status", func(types.JID) binary.Node {
		return binary.Node{Tag: "set", Content: []byte(text)}
	})
}

// aboutNode is the about text as somebody may see it. Baileys reads a text that is hidden from the asker as one with
// code 401 (USyncStatusProtocol).
func (a *account) aboutNode(viewer *account) binary.Node {
	if !a.admits(privacy.About, viewer) {
		return binary.Node{Tag: "status", Attrs: binary.Attrs{"code": errNotAuthorized.code, "t": 0}}
	}
	current := a.aboutNow()
	node := binary.Node{Tag: "status", Attrs: binary.Attrs{"t": current.at.Unix()}}
	if current.text != "" {
		node.Content = []byte(current.text)
	}
	return node
}

// textStatusNode is the about text in the newer form, with its emoji and duration (WhatsApp Web, USyncTextStatus).
func (a *account) textStatusNode(viewer *account) binary.Node {
	if !a.admits(privacy.About, viewer) {
		return failedFact("text_status", errNotAuthorized)
	}
	current := a.aboutNow()
	node := binary.Node{Tag: "text_status", Attrs: binary.Attrs{
		"text": current.text, "ephemeral_duration_sec": int(current.life.Seconds()), "last_update_time": current.at.Unix(),
	}}
	if current.emoji != "" {
		node.Content = []binary.Node{{Tag: "emoji", Attrs: binary.Attrs{"content": current.emoji}}}
	}
	return node
}

// queryAbout answers the older way to set the about text (Baileys, updateProfileStatus).
func (s *Server) queryAbout(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	child, ok := n.GetOptionalChildByTag("status")
	if !ok || kind != "set" {
		return nil, errNotImplemented
	}
	return nil, refusal(s.changeAbout(d.account, d, string(content(&child)), "", 0))
}
