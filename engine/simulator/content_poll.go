package simulator

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/msgsecret"
)

// Poll is a question with options. Selectable is how many of them one person may choose; 0: any number.
type Poll struct {
	Name       string   `json:"name"`
	Options    []string `json:"options"`
	Selectable int      `json:"selectable"`
}

// Vote chooses options of a poll, by name; none takes an earlier vote back.
type Vote struct {
	MessageID string   `json:"message_id"`
	Options   []string `json:"options"`
}

// Occasion is an event that people are invited to.
type Occasion struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Start       time.Time `json:"start"`
	Location    *Location `json:"location,omitempty"`
	Cancelled   bool      `json:"cancelled,omitempty"`
}

// Attendance answers an Occasion: AnswerGoing, AnswerNotGoing or AnswerMaybe.
type Attendance struct {
	MessageID string `json:"message_id"`
	Answer    string `json:"answer"`
}

// Answers to an Occasion.
const (
	AnswerGoing    = "going"
	AnswerNotGoing = "not_going"
	AnswerMaybe    = "maybe"
)

const minOptions, maxOptions = 2, 12

func (v Poll) compose(context.Context, *draft) (*waE2E.Message, error) {
	bad := v.Name == "" || len(v.Options) < minOptions || len(v.Options) > maxOptions ||
		v.Selectable < 0 || v.Selectable > len(v.Options)
	poll := &waE2E.PollCreationMessage{Name: proto.String(v.Name), SelectableOptionsCount: proto.Uint32(uint32(max(v.Selectable, 0)))}
	for i, option := range v.Options {
		bad = bad || option == "" || slices.Contains(v.Options[:i], option)
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(option)})
	}
	if bad {
		return nil, fmt.Errorf("%w poll: a name, and %d to %d different options", ErrInvalid, minOptions, maxOptions)
	}
	if err := checkTexts(append(v.Options, v.Name)...); err != nil {
		return nil, err
	}
	if v.Selectable == 1 {
		// Phones write a poll with one choice into a field of its own.
		return &waE2E.Message{PollCreationMessageV3: poll}, nil
	}
	return &waE2E.Message{PollCreationMessage: poll}, nil
}

func (v Vote) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(v.MessageID)
	if err != nil {
		return nil, err
	}
	if target.Poll == nil {
		return nil, fmt.Errorf("%w vote: that message is no poll", ErrInvalid)
	}
	if limit := target.Poll.Selectable; limit > 0 && len(v.Options) > limit {
		return nil, fmt.Errorf("%w vote: at most %d options", ErrInvalid, limit)
	}
	vote := new(waE2E.PollVoteMessage)
	for i, option := range v.Options {
		known := slices.ContainsFunc(target.Poll.Options, func(o TallyOption) bool { return o.Name == option })
		if !known || slices.Contains(v.Options[:i], option) {
			return nil, fmt.Errorf("%w vote: options of the poll, each once", ErrInvalid)
		}
		sum := sha256.Sum256([]byte(option))
		vote.SelectedOptions = append(vote.SelectedOptions, sum[:])
	}
	payload, nonce, err := d.seal(target, msgsecret.PollVote, vote)
	if err != nil {
		return nil, err
	}
	return &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: d.key(target), SenderTimestampMS: d.now(),
		Vote: &waE2E.PollEncValue{EncPayload: payload, EncIV: nonce},
	}}, nil
}

func (o Occasion) compose(context.Context, *draft) (*waE2E.Message, error) {
	if o.Name == "" || o.Start.IsZero() {
		return nil, fmt.Errorf("%w occasion: a name and a start", ErrInvalid)
	}
	if err := checkTexts(o.Name, o.Description); err != nil {
		return nil, err
	}
	event := &waE2E.EventMessage{
		Name: proto.String(o.Name), Description: orNil(o.Description), StartTime: proto.Int64(o.Start.Unix()),
		IsCanceled: proto.Bool(o.Cancelled),
	}
	if o.Location != nil {
		if err := o.Location.check(); err != nil {
			return nil, err
		}
		event.Location = o.Location.encode()
	}
	return &waE2E.Message{EventMessage: event}, nil
}

func (a Attendance) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(a.MessageID)
	if err != nil {
		return nil, err
	}
	answer, ok := attendanceAnswers()[a.Answer]
	if target.Occasion == nil || !ok {
		return nil, fmt.Errorf("%w attendance: going, not_going or maybe, to an occasion", ErrInvalid)
	}
	payload, nonce, err := d.seal(target, msgsecret.EventResponse, &waE2E.EventResponseMessage{
		Response: answer.Enum(), TimestampMS: d.now(),
	})
	if err != nil {
		return nil, err
	}
	return &waE2E.Message{EncEventResponseMessage: &waE2E.EncEventResponseMessage{
		EventCreationMessageKey: d.key(target), EncPayload: payload, EncIV: nonce,
	}}, nil
}

func attendanceAnswers() map[string]waE2E.EventResponseMessage_EventResponseType {
	return map[string]waE2E.EventResponseMessage_EventResponseType{
		AnswerGoing: waE2E.EventResponseMessage_GOING, AnswerNotGoing: waE2E.EventResponseMessage_NOT_GOING,
		AnswerMaybe: waE2E.EventResponseMessage_MAYBE,
	}
}

// now is the time as messages carry it, in milliseconds.
func (d *draft) now() *int64 { return proto.Int64(d.phone.server().clock.Now().UnixMilli()) }

// seal encrypts an addition to an earlier message. ErrInvalid if that message has no secret.
func (d *draft) seal(target Message, use msgsecret.Use, addition proto.Message) (payload, nonce []byte, err error) {
	if len(target.secret) == 0 {
		return nil, nil, fmt.Errorf("%w message: the one that it is about has no secret to encrypt with", ErrInvalid)
	}
	plain, err := proto.Marshal(addition)
	if err != nil {
		return nil, nil, fmt.Errorf("encode addition: %w", err)
	}
	bond := msgsecret.Bond{
		ID: target.ID, Author: d.phone.server().chatAs(target.author, d.form), By: d.form, Secret: target.secret,
	}
	return bond.Seal(use, plain)
}
