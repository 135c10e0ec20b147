package simulator

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Read gives messages of others their blue ticks; if the person has turned read receipts off, only the person's own
// devices hear of it. Ids that this phone does not have are ErrNotFound.
func (p *Phone) Read(ctx context.Context, ids ...string) error {
	kind := receiptRead
	if !p.showsReading() {
		kind = receiptReadSelf
	}
	return p.receipts(ctx, kind, ids, nil)
}

// Played tells the sender that voice messages, video notes or what could be seen once were played or opened. Others are
// ErrInvalid, ids that this phone does not have ErrNotFound.
func (p *Phone) Played(ctx context.Context, ids ...string) error {
	kind := receiptPlayed
	if !p.showsReading() {
		kind = receiptPlayedOwn
	}
	return p.receipts(ctx, kind, ids, func(m *Message) bool {
		return m.Kind == KindVoice || m.Kind == KindVideoNote || m.ViewOnce
	})
}

func (p *Phone) showsReading() bool {
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	return p.account.privacy.Value("readreceipts") != "none"
}

// receiptGroup are messages that one receipt can name.
type receiptGroup struct{ chat, author types.JID }

func (p *Phone) receipts(ctx context.Context, kind string, ids []string, fits func(*Message) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	groups := make(map[receiptGroup][]string)
	var order []receiptGroup
	p.mu.Lock()
	for _, id := range ids {
		m := p.incoming(id)
		if m == nil || (fits != nil && !fits(m)) {
			p.mu.Unlock()
			if m == nil {
				return fmt.Errorf("message %w", ErrNotFound)
			}
			return fmt.Errorf("%w message: nothing to play", ErrInvalid)
		}
		group := receiptGroup{m.chat, m.author}
		if groups[group] == nil {
			order = append(order, group)
		}
		groups[group] = append(groups[group], id)
	}
	p.mu.Unlock()
	for _, group := range order {
		p.server().relayReceipt(p.device, p.receiptNode(kind, group, groups[group]))
		if group.chat.Server == types.NewsletterServer {
			p.readPosts(groups[group])
		}
	}
	return nil
}

func (p *Phone) receiptNode(kind string, group receiptGroup, ids []string) *binary.Node {
	node := &binary.Node{Tag: "receipt", Attrs: binary.Attrs{"to": group.chat, "id": ids[0], "type": kind}}
	if p.server().directory.find(group.chat) == nil {
		node.Attrs["participant"] = group.author
	}
	if len(ids) > 1 {
		var items []binary.Node
		for _, id := range ids[1:] {
			items = append(items, binary.Node{Tag: "item", Attrs: binary.Attrs{"id": id}})
		}
		node.Content = []binary.Node{{Tag: "list", Content: items}}
	}
	return node
}
