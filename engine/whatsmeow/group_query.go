package whatsmeow

import (
	"context"

	wm "go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Queries of groups that are made here, since the library's own methods don't
// tell all of the answer: whether joining has to be approved, and refusals
// that stand within an answer (group.go: JoinGroupWithLink, LeaveGroup,
// LinkGroup, UnlinkGroup).

// joinGroup joins by the code of an invite link. Pending means that an admin
// has to let the account in first.
func joinGroup(ctx context.Context, cli *wm.Client, code string) (group types.JID, pending bool, err error) {
	answer, err := setGroup(ctx, cli, types.GroupServerJID, waBinary.Node{Tag: "invite", Attrs: waBinary.Attrs{"code": code}})
	if err != nil {
		return types.EmptyJID, false, err
	}
	joined, ok := answer.GetOptionalChildByTag("group")
	if !ok {
		joined, pending = answer.GetOptionalChildByTag("membership_approval_request")
		if !pending {
			return types.EmptyJID, false, &wm.ElementMissingError{Tag: "group", In: "response to group link join query"}
		}
	}
	attrs := joined.AttrGetter()
	group = attrs.JID("jid")
	return group, pending, attrs.Error()
}

func leaveGroup(ctx context.Context, cli *wm.Client, group types.JID) error {
	answer, err := setGroup(ctx, cli, types.GroupServerJID, waBinary.Node{
		Tag: "leave", Content: []waBinary.Node{{Tag: "group", Attrs: waBinary.Attrs{"id": group}}},
	})
	if err != nil {
		return err
	}
	return refusedWithin(answer, "leave")
}

func linkGroup(ctx context.Context, cli *wm.Client, community, group types.JID) error {
	answer, err := setGroup(ctx, cli, community, waBinary.Node{Tag: "links", Content: []waBinary.Node{{
		Tag: "link", Attrs: waBinary.Attrs{"link_type": string(types.GroupLinkChangeTypeSub)},
		Content: []waBinary.Node{{Tag: "group", Attrs: waBinary.Attrs{"jid": group}}},
	}}})
	if err != nil {
		return err
	}
	return refusedWithin(answer, "links", "link")
}

func unlinkGroup(ctx context.Context, cli *wm.Client, community, group types.JID) error {
	answer, err := setGroup(ctx, cli, community, waBinary.Node{
		Tag: "unlink", Attrs: waBinary.Attrs{"unlink_type": string(types.GroupLinkChangeTypeSub)},
		Content: []waBinary.Node{{Tag: "group", Attrs: waBinary.Attrs{"jid": group}}},
	})
	if err != nil {
		return err
	}
	return refusedWithin(answer, "unlink")
}

// refusedWithin returns the refusal that stands with one of the groups of an
// answer, or nil.
func refusedWithin(answer *waBinary.Node, path ...string) error {
	list, ok := answer.GetOptionalChildByTag(path...)
	if !ok {
		return nil
	}
	for _, child := range list.GetChildren() {
		if code := child.AttrGetter().OptionalInt("error"); code != 0 {
			return refusedError(code)
		}
	}
	return nil
}
