package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// settingsCalls are the calls about what a person sets up on the phone: chats, messages, address book, labels.
func (s *Server) settingsCalls() map[string]func(*http.Request) (int, any, error) {
	const phone = "/control/phones/{number}"
	return map[string]func(*http.Request) (int, any, error){
		"GET " + phone + "/settings":                             s.onPhoneAt(func(*http.Request, *Phone) error { return nil }),
		"PATCH " + phone + "/settings":                           onPhone(s, settingsBody.apply),
		"PATCH " + phone + "/chats/{chat}":                       onPhone(s, chatBody.apply),
		"POST " + phone + "/chats/{chat}/clear":                  onPhone(s, clearBody.apply),
		"DELETE " + phone + "/chats/{chat}":                      s.onPhoneAt(deleteChat),
		"PATCH " + phone + "/messages/{message}":                 onPhone(s, messageBody.apply),
		"DELETE " + phone + "/messages/{message}":                s.onPhoneAt(deleteForMe),
		"PUT " + phone + "/contacts/{contact}":                   onPhone(s, entryBody.apply),
		"DELETE " + phone + "/contacts/{contact}":                s.onPhoneAt(removeContact),
		"PUT " + phone + "/labels/{label}":                       onPhone(s, labelBody.apply),
		"PUT " + phone + "/labels/{label}/chats/{chat}":          s.onPhoneAt(labelChat),
		"DELETE " + phone + "/labels/{label}/chats/{chat}":       s.onPhoneAt(labelChat),
		"PUT " + phone + "/labels/{label}/messages/{message}":    s.onPhoneAt(labelMessage),
		"DELETE " + phone + "/labels/{label}/messages/{message}": s.onPhoneAt(labelMessage),
		"POST " + phone + "/state-key":                           onPhone(s, keyBody.apply),
		"POST " + phone + "/dirty":                               onPhone(s, dirtyBody.apply),
	}
}

// onPhone makes a call whose body is a B, which changes something on the phone; the settings are the answer.
func onPhone[B any](s *Server, apply func(B, *http.Request, *Phone) error) func(*http.Request) (int, any, error) {
	return func(r *http.Request) (int, any, error) {
		p, err := s.phoneOf(r)
		if err != nil {
			return 0, nil, err
		}
		var body B
		if err = decode(r, &body); err != nil {
			return 0, nil, err
		}
		return settingsAfter(p, apply(body, r, p))
	}
}

func settingsAfter(p *Phone, err error) (int, any, error) {
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Settings(), nil
}

// step is one change that a body asks for, if it does.
type step struct {
	wanted bool
	do     func() error
}

// walk does what is wanted, in order; a body that wants nothing is ErrInvalid.
func walk(steps ...step) error {
	done := false
	for _, next := range steps {
		if !next.wanted {
			continue
		}
		done = true
		if err := next.do(); err != nil {
			return err
		}
	}
	if !done {
		return fmt.Errorf("%w body: it changes nothing", ErrInvalid)
	}
	return nil
}

// switched is a step that turns something on or off.
func switched(value *bool, do func(on bool) error) step {
	return step{value != nil, func() error { return do(*value) }}
}

type settingsBody struct {
	Locale         *string `json:"locale"`
	TwentyFourHour *bool   `json:"twenty_four_hour"`
	UnarchiveChats *bool   `json:"unarchive_chats"`
}

func (b settingsBody) apply(r *http.Request, p *Phone) error {
	ctx := r.Context()
	return walk(
		step{b.Locale != nil, func() error { return p.SetLocale(ctx, *b.Locale) }},
		switched(b.TwentyFourHour, func(on bool) error { return p.SetTwentyFourHour(ctx, on) }),
		switched(b.UnarchiveChats, func(on bool) error { return p.SetUnarchiveChats(ctx, on) }),
	)
}

type chatBody struct {
	Archived    *bool   `json:"archived"`
	Pinned      *bool   `json:"pinned"`
	Muted       *bool   `json:"muted"`
	MuteSeconds float64 `json:"mute_seconds"`
	Unread      *bool   `json:"unread"`
	StatusMuted *bool   `json:"status_muted"`
}

func (b chatBody) apply(r *http.Request, p *Phone) error {
	ctx, chat := r.Context(), r.PathValue("chat")
	life := time.Duration(b.MuteSeconds * float64(time.Second))
	if b.MuteSeconds < 0 || b.MuteSeconds > maxAdvance.Seconds() || (life > 0 && (b.Muted == nil || !*b.Muted)) {
		return fmt.Errorf("%w mute_seconds: with muted, and at most a year", ErrInvalid)
	}
	return walk(
		switched(b.Archived, func(on bool) error { return p.ArchiveChat(ctx, chat, on) }),
		switched(b.Pinned, func(on bool) error { return p.PinChat(ctx, chat, on) }),
		switched(b.Muted, func(on bool) error { return p.MuteChat(ctx, chat, muteFor(on, life)) }),
		switched(b.Unread, func(on bool) error { return p.MarkChatRead(ctx, chat, !on) }),
		switched(b.StatusMuted, func(on bool) error { return p.MuteStatus(ctx, chat, on) }),
	)
}

func muteFor(on bool, life time.Duration) time.Duration {
	switch {
	case !on:
		return 0
	case life == 0:
		return -1
	default:
		return life
	}
}

type clearBody struct {
	KeepStarred bool `json:"keep_starred"`
	Media       bool `json:"media"`
}

func (b clearBody) apply(r *http.Request, p *Phone) error {
	return p.ClearChat(r.Context(), r.PathValue("chat"), b.KeepStarred, b.Media)
}

type messageBody struct {
	Starred *bool `json:"starred"`
}

func (b messageBody) apply(r *http.Request, p *Phone) error {
	return walk(switched(b.Starred, func(on bool) error { return p.StarMessage(r.Context(), r.PathValue("message"), on) }))
}

type entryBody ContactEntry

func (b entryBody) apply(r *http.Request, p *Phone) error {
	return p.SaveContact(r.Context(), r.PathValue("contact"), ContactEntry(b))
}

type labelBody struct {
	Name    string `json:"name"`
	Color   int32  `json:"color"`
	Deleted bool   `json:"deleted"`
}

func (b labelBody) apply(r *http.Request, p *Phone) error {
	return p.EditLabel(r.Context(), r.PathValue("label"), Label{Name: b.Name, Color: b.Color, Deleted: b.Deleted})
}

type keyBody struct {
	Share *bool `json:"share"`
}

func (b keyBody) apply(r *http.Request, p *Phone) error {
	return p.RotateStateKey(r.Context(), b.Share == nil || *b.Share)
}

type dirtyBody struct {
	Kind string `json:"kind"`
}

func (b dirtyBody) apply(_ *http.Request, p *Phone) error { return p.MarkDirty(b.Kind) }

// withMedia reads ?media=true of a deletion.
func withMedia(r *http.Request) (bool, error) {
	asked, err := query(r, "media")
	if err != nil {
		return false, err
	}
	text := asked.Get("media")
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%w media: true or false", ErrInvalid)
	}
	return on, nil
}

// onPhoneAt makes a call without a body, which changes something on the phone; the settings are the answer.
func (s *Server) onPhoneAt(do func(r *http.Request, p *Phone) error) func(*http.Request) (int, any, error) {
	return func(r *http.Request) (int, any, error) {
		p, err := s.phoneOf(r)
		if err != nil {
			return 0, nil, err
		}
		return settingsAfter(p, do(r, p))
	}
}

func deleteChat(r *http.Request, p *Phone) error {
	media, err := withMedia(r)
	if err != nil {
		return err
	}
	return p.DeleteChat(r.Context(), r.PathValue("chat"), media)
}

func deleteForMe(r *http.Request, p *Phone) error {
	media, err := withMedia(r)
	if err != nil {
		return err
	}
	return p.DeleteForMe(r.Context(), r.PathValue("message"), media)
}

func removeContact(r *http.Request, p *Phone) error {
	return p.RemoveContact(r.Context(), r.PathValue("contact"))
}

func labelChat(r *http.Request, p *Phone) error {
	return p.LabelChat(r.Context(), r.PathValue("label"), r.PathValue("chat"), r.Method == http.MethodPut)
}

func labelMessage(r *http.Request, p *Phone) error {
	return p.LabelMessage(r.Context(), r.PathValue("label"), r.PathValue("message"), r.Method == http.MethodPut)
}
