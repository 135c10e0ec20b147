package simulator

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// GroupInvite is what an invitation message carries for somebody who can't be added to a group: a result of
// PhoneGroup.Add has it, Phone.Send sends it as a message, Phone.AcceptInvite takes it up.
type GroupInvite struct {
	Group   string    `json:"group"` // JID
	Admin   string    `json:"admin"` // number of who invites, which is who sends it
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
	Caption string    `json:"caption,omitempty"`
}

func (i GroupInvite) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	id, err := parentOf(i.Group)
	if err != nil || id == "" || i.Code == "" {
		return nil, fmt.Errorf("%w invite: a group's JID and a code are needed", ErrInvalid)
	}
	if err = checkTexts(i.Code, i.Caption); err != nil {
		return nil, err
	}
	message := &waE2E.GroupInviteMessage{
		GroupJID: proto.String(i.Group), InviteCode: proto.String(i.Code), InviteExpiration: proto.Int64(i.Expires.Unix()),
	}
	if i.Caption != "" {
		message.Caption = proto.String(i.Caption)
	}
	if g, ok := d.phone.server().groups.Find(id); ok {
		message.GroupName = proto.String(g.Subject)
	}
	return &waE2E.Message{GroupInviteMessage: message}, nil
}

func (m *Message) showInvite(c *waE2E.Message) bool {
	invite := c.GetGroupInviteMessage()
	if invite == nil {
		return false
	}
	m.Kind, m.Text = KindInvite, invite.GetGroupName()
	m.Invite = &GroupInvite{
		Group: invite.GetGroupJID(), Admin: m.From, Code: invite.GetInviteCode(),
		Expires: time.Unix(invite.GetInviteExpiration(), 0).UTC(), Caption: invite.GetCaption(),
	}
	return true
}
