package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// States of a Call.
const (
	CallRinging  = "ringing"
	CallAnswered = "answered"
	CallEnded    = "ended"
)

// Reasons why a Call ended.
const (
	CallHungUp             = "hung_up"
	CallRejected           = "rejected"
	CallTimeout            = endTimeout
	CallAcceptedElsewhere  = endAcceptedElsewhere
	CallRejectedElsewhere  = endRejectedElsewhere
	maxShownCalls          = 200
	callIDBytes, callKeyed = 16, 32
)

// Call is a call as a phone shows it. Nothing is heard or seen in it: the simulator has its signalling only.
type Call struct {
	ID        string    `json:"id"`
	From      string    `json:"from"` // number
	To        string    `json:"to"`   // number, or a group's JID
	FromMe    bool      `json:"from_me"`
	Video     bool      `json:"video"`
	Silenced  bool      `json:"silenced,omitempty"` // the callee wants to hear calls of contacts only
	State     string    `json:"state"`              // "ringing", "answered", "ended"
	Reason    string    `json:"reason,omitempty"`   // why it ended
	Device    int       `json:"device"`             // which device of the other side spoke last
	Timestamp time.Time `json:"timestamp"`
}

func (c *Call) ofGroup() bool { return strings.HasSuffix(c.To, "@"+types.GroupServer) }

// Call rings every device of somebody, by number or address, or of a group's members, and returns the call's id.
// ErrNotFound, ErrInvalid, ErrRefused for too many calls at a time.
func (p *Phone) Call(ctx context.Context, to string, video bool) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	chat, err := p.server().resolve(to)
	if err != nil {
		return "", err
	}
	var raw [callIDBytes]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(raw[:])
	id = strings.ToUpper(hex.EncodeToString(raw[:]))
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	if chat.Server == types.GroupServer {
		p.startCall(id, chat, video)
		return id, p.taken(id, p.server().ringGroup(p.device, chat, id, video))
	}
	target := p.server().directory.find(chat)
	if target == nil || target == p.account {
		return "", fmt.Errorf("%w callee: another person or a group is meant", ErrInvalid)
	}
	offer, err := p.callOffer(ctx, target, id, video)
	if err != nil {
		return "", err
	}
	p.startCall(id, chat, video)
	ack := p.say(chat, offer)
	if ack.Attrs["error"] != nil {
		return "", p.taken(id, errBadRequest)
	}
	// What follows an offer: how far the relays are, and how the caller can be reached.
	p.say(chat, p.callNode(id, callLatency, binary.Node{Tag: "te", Attrs: binary.Attrs{"latency": "42"}}))
	p.say(chat, p.callNode(id, callTransport, binary.Node{Tag: "net", Attrs: binary.Attrs{"medium": "2", "protocol": "0"}}))
	return id, nil
}

// startCall shows a call that this phone makes.
func (p *Phone) startCall(id string, chat types.JID, video bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noteCall(Call{
		ID: id, From: p.Number(), To: p.server().chatName(chat), FromMe: true, Video: video, State: CallRinging,
		Timestamp: p.server().clock.Now(),
	})
}

// taken ends a call that the server did not take and says why.
func (p *Phone) taken(id string, failure *queryError) error {
	switch {
	case failure == nil:
		return nil
	case failure == errItemNotFound:
		p.endCall(id, CallRejected)
		return fmt.Errorf("group %w", ErrNotFound)
	default:
		p.endCall(id, CallRejected)
		return fmt.Errorf("%w: the server does not take this call, or no more calls of this phone", ErrRefused)
	}
}

// say sends something inside a <call> to a chat.
func (p *Phone) say(chat types.JID, child binary.Node) binary.Node {
	return p.server().relayCall(p.device, &binary.Node{
		Tag:     "call",
		Attrs:   binary.Attrs{"to": p.server().chatAs(chat, p.form()), "id": newMessageID()},
		Content: []binary.Node{child},
	})
}

func (p *Phone) callNode(id, tag string, children ...binary.Node) binary.Node {
	node := binary.Node{Tag: tag, Attrs: binary.Attrs{"call-id": id, "call-creator": p.form()}}
	if len(children) > 0 {
		node.Content = children
	}
	return node
}

// callOffer encrypts the call's key for each device that is to ring. The caller holds sendMu.
func (p *Phone) callOffer(ctx context.Context, target *account, id string, video bool) (binary.Node, error) {
	key := make([]byte, callKeyed)
	_, _ = rand.Read(key)
	plain, err := proto.Marshal(&waE2E.Message{Call: &waE2E.Call{CallKey: key}})
	if err != nil {
		return binary.Node{}, fmt.Errorf("encode call key: %w", err)
	}
	var receivers []binary.Node
	for _, d := range target.all() {
		enc, err := p.encrypt(ctx, d, plain)
		if err != nil {
			return binary.Node{}, err
		}
		enc.Attrs["count"] = 0
		receivers = append(receivers, binary.Node{
			Tag: "to", Attrs: binary.Attrs{"jid": d.as(p.form())}, Content: []binary.Node{enc},
		})
	}
	children := []binary.Node{
		{Tag: "audio", Attrs: binary.Attrs{"enc": "opus", "rate": "8000"}},
		{Tag: "audio", Attrs: binary.Attrs{"enc": "opus", "rate": "16000"}},
	}
	if video {
		children = append(children, binary.Node{Tag: "video", Attrs: binary.Attrs{
			"enc": "h.264", "dec": "h.264", "orientation": "0", "screen_width": "1080", "screen_height": "2400",
		}})
	}
	children = append(children,
		binary.Node{Tag: "net", Attrs: binary.Attrs{"medium": "2"}},
		binary.Node{Tag: "encopt", Attrs: binary.Attrs{"keygen": "2"}},
		binary.Node{Tag: "destination", Content: receivers},
	)
	return p.callNode(id, callOffer, children...), nil
}

// Accept takes a call that rings at this phone; every other device of its account stops ringing. ErrNotFound,
// ErrInvalid for a call that does not ring here.
func (p *Phone) Accept(ctx context.Context, id string) error {
	caller, err := p.ringing(ctx, id)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.changeCall(id, func(c *Call) { c.State = CallAnswered })
	p.mu.Unlock()
	p.say(caller, p.callNode(id, callAccept,
		binary.Node{Tag: "audio", Attrs: binary.Attrs{"enc": "opus", "rate": "16000"}},
		binary.Node{Tag: "net", Attrs: binary.Attrs{"medium": "2"}},
	))
	p.say(caller, p.callNode(id, callTransport, binary.Node{Tag: "net", Attrs: binary.Attrs{"medium": "2", "protocol": "0"}}))
	return nil
}

// Reject refuses a call that rings at this phone. ErrNotFound, ErrInvalid for a call that does not ring here.
func (p *Phone) Reject(ctx context.Context, id string) error {
	caller, err := p.ringing(ctx, id)
	if err != nil {
		return err
	}
	p.endCall(id, CallRejected)
	reject := p.callNode(id, callReject)
	reject.Attrs["count"] = "0"
	p.say(caller, reject)
	return nil
}

// HangUp ends a call that this phone makes or has taken, or refuses one that rings here. ErrNotFound, ErrInvalid for
// one that is over.
func (p *Phone) HangUp(ctx context.Context, id string) error {
	c, err := p.current(ctx, id)
	if err != nil {
		return err
	}
	if !c.FromMe && c.State == CallRinging {
		return p.Reject(ctx, id)
	}
	other := c.From
	if c.FromMe {
		other = c.To
	}
	p.endCall(id, CallHungUp)
	chat, err := p.server().resolve(other)
	if err != nil {
		return err
	}
	p.say(chat, p.callNode(id, callTerminate))
	return nil
}

// ringing finds who calls with a call that rings here.
func (p *Phone) ringing(ctx context.Context, id string) (caller types.JID, err error) {
	c, err := p.current(ctx, id)
	if err != nil {
		return types.EmptyJID, err
	}
	if c.FromMe || c.State != CallRinging {
		return types.EmptyJID, fmt.Errorf("%w call: it does not ring at this phone", ErrInvalid)
	}
	return p.server().resolve(c.From)
}

// current finds a call that is not over.
func (p *Phone) current(ctx context.Context, id string) (Call, error) {
	if err := ctx.Err(); err != nil {
		return Call{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.callOf(id)
	switch {
	case c == nil:
		return Call{}, fmt.Errorf("call %w", ErrNotFound)
	case c.State == CallEnded:
		return Call{}, fmt.Errorf("%w call: it is over", ErrInvalid)
	}
	return *c, nil
}

// Calls lists the calls that this phone made or got, the latest 200, in order.
func (p *Phone) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []Call{}
	for _, c := range p.calls {
		out = append(out, *c)
	}
	return out
}

// WaitCall returns the first call that match accepts, as soon as there is one. match must not call the phone.
func (p *Phone) WaitCall(ctx context.Context, match func(Call) bool) (Call, error) {
	var found Call
	err := p.await(ctx, func() bool {
		i := slices.IndexFunc(p.calls, func(c *Call) bool { return match(*c) })
		if i >= 0 {
			found = *p.calls[i]
		}
		return i >= 0
	})
	return found, err
}

// callOf finds a call. The caller holds p.mu.
func (p *Phone) callOf(id string) *Call {
	i := slices.IndexFunc(p.calls, func(c *Call) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return p.calls[i]
}

// noteCall shows a new call. The caller holds p.mu.
func (p *Phone) noteCall(c Call) {
	if p.callOf(c.ID) != nil {
		return
	}
	p.calls = append(p.calls, &c)
	if over := len(p.calls) - maxShownCalls; over > 0 {
		p.calls = p.calls[over:]
	}
	p.announce()
}

// changeCall changes a call that is not over. The caller holds p.mu.
func (p *Phone) changeCall(id string, change func(c *Call)) {
	if c := p.callOf(id); c != nil && c.State != CallEnded {
		change(c)
		p.announce()
	}
}

func (p *Phone) endCall(id, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changeCall(id, func(c *Call) { c.State, c.Reason = CallEnded, reason })
}
