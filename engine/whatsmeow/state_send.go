package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

var _ engine.ChatStateClient = (*Client)(nil)

// ChangeState implements [engine.ChatStateClient].
func (c *Client) ChangeState(ctx context.Context, change engine.Fact) error {
	return c.request(ctx, func(ctx context.Context, s *session) error {
		patches, err := patchesOf(change)
		if err != nil {
			return err
		}
		for _, patch := range patches {
			if err := s.states.send(ctx, patch); err != nil {
				return err
			}
		}
		return nil
	})
}

// stateAttempts is how often a change is made anew because another device was
// faster.
const stateAttempts = 5

// send changes a collection, and fetches what that made of it.
func (st *states) send(ctx context.Context, patch appstate.PatchInfo) error {
	if err := st.lock(ctx); err != nil {
		return err
	}
	defer st.unlock()
	cli := st.session.wm
	key, err := cli.Store.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
	if err != nil {
		return fmt.Errorf("read the newest key: %w", err)
	}
	if key == nil {
		return engine.Errorf(engine.CodeUnavailable, "The phone has not shared its settings with this device yet. Open WhatsApp on the phone and try again in a minute.")
	}
	for range stateAttempts {
		sending := &stateSending{}
		err := cli.SendAppState(context.WithValue(ctx, stateSendingKey{}, sending), patch)
		if err == nil || sending.accepted && errors.Is(err, errTakenOver) {
			if err := st.fetchLocked(ctx, patch.Type); err != nil {
				st.want(patch.Type) // it is done all the same
			}
			return nil
		}
		if !sending.behind {
			return err
		}
		if err := st.fetchLocked(ctx, patch.Type); err != nil {
			return err
		}
	}
	return engine.Errorf(engine.CodeUnavailable, "Another device changes the same settings all the time. Try again in a moment.")
}

// patchesOf says how to change app state as a fact says.
func patchesOf(change engine.Fact) ([]appstate.PatchInfo, error) {
	switch change := change.(type) {
	case engine.ChatChange:
		return chatPatches(change)
	case engine.ChatCleared:
		return clearPatches(change)
	case engine.Starred:
		index, err := messageIndex(appstate.IndexStar, change.Chat, change.Message)
		return patchOf(appstate.WAPatchRegularHigh, err, appstate.MutationInfo{
			Index: index, Version: 2,
			Value: &waSyncAction.SyncActionValue{StarAction: &waSyncAction.StarAction{Starred: proto.Bool(change.On)}},
		})
	case engine.MessageRemoved:
		index, err := messageIndex(appstate.IndexDeleteMessageForMe, change.Chat, change.Message)
		return patchOf(appstate.WAPatchRegularHigh, err, appstate.MutationInfo{
			Index: index, Version: 3,
			Value: &waSyncAction.SyncActionValue{DeleteMessageForMeAction: &waSyncAction.DeleteMessageForMeAction{
				DeleteMedia: proto.Bool(change.DeleteMedia), MessageTimestamp: proto.Int64(change.Message.At.Unix()),
			}},
		})
	case engine.LabelChange:
		patch := appstate.BuildLabelEdit(change.Label, change.Name, int32(change.Color), change.Deleted) // 0 to 19
		return []appstate.PatchInfo{patch}, nil
	case engine.Labelled:
		jid, err := chatJID(change.Chat)
		if err != nil {
			return nil, err
		}
		if change.Message == "" {
			return []appstate.PatchInfo{appstate.BuildLabelChat(jid, change.Label, change.On)}, nil
		}
		return []appstate.PatchInfo{appstate.BuildLabelMessage(jid, change.Label, change.Message, change.On)}, nil
	case engine.ContactChange:
		return contactPatches(change)
	}
	return nil, engine.Errorf(engine.CodeUnsupported, "WhatsApp's settings can't be changed like this.")
}

// patchOf makes a patch of one change.
func patchOf(name appstate.WAPatchName, err error, m appstate.MutationInfo) ([]appstate.PatchInfo, error) {
	if err != nil {
		return nil, err
	}
	return []appstate.PatchInfo{{Type: name, Mutations: []appstate.MutationInfo{m}}}, nil
}

func chatPatches(change engine.ChatChange) ([]appstate.PatchInfo, error) {
	jid, err := chatJID(change.Chat)
	if err != nil {
		return nil, err
	}
	at, key, err := lastKey(jid, change.Last)
	if err != nil {
		return nil, err
	}
	var patches []appstate.PatchInfo
	if change.Archived != nil {
		patches = append(patches, appstate.BuildArchive(jid, *change.Archived, at, key))
	}
	if change.Pinned != nil {
		patches = append(patches, appstate.BuildPin(jid, *change.Pinned))
	}
	if change.MutedUntil != nil {
		var end *int64
		if until := *change.MutedUntil; !until.IsZero() && until.Before(engine.MutedForever) {
			end = proto.Int64(until.UnixMilli())
		}
		patches = append(patches, appstate.BuildMuteAbs(jid, !change.MutedUntil.IsZero(), end))
	}
	if change.Read != nil {
		patches = append(patches, appstate.BuildMarkChatAsRead(jid, *change.Read, at, key))
	}
	return patches, nil
}

// lastKey names the newest message that a change reaches. A change without one
// reaches up to now.
func lastKey(chat types.JID, last engine.MessageRef) (time.Time, *waCommon.MessageKey, error) {
	if last.WhatsAppID == "" {
		return last.At, nil, nil
	}
	key := &waCommon.MessageKey{
		RemoteJID: proto.String(chat.String()), FromMe: proto.Bool(last.FromMe), ID: proto.String(last.WhatsAppID),
	}
	if len(last.Sender.Addresses()) > 0 {
		sender, err := recipient(last.Sender)
		if err != nil {
			return time.Time{}, nil, err
		}
		key.Participant = proto.String(sender.String())
	}
	return last.At, key, nil
}

func clearPatches(change engine.ChatCleared) ([]appstate.PatchInfo, error) {
	jid, err := chatJID(change.Chat)
	if err != nil {
		return nil, err
	}
	at, key, err := lastKey(jid, change.Last)
	if err != nil {
		return nil, err
	}
	removal := appstate.BuildDeleteChat(jid, at, key, change.DeleteMedia)
	if change.Deleted {
		return []appstate.PatchInfo{removal}, nil
	}
	// The library builds no clearing, which has the same range of messages.
	return patchOf(appstate.WAPatchRegularHigh, nil, appstate.MutationInfo{
		Index: []string{appstate.IndexClearChat, jid.String(), flag(!change.KeepStarred), flag(change.DeleteMedia)}, Version: 6,
		Value: &waSyncAction.SyncActionValue{ClearChatAction: &waSyncAction.ClearChatAction{
			MessageRange: removal.Mutations[0].Value.GetDeleteChatAction().GetMessageRange(),
		}},
	})
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// messageIndex names a message in an index.
func messageIndex(what string, chat engine.Party, message engine.MessageRef) ([]string, error) {
	jid, err := chatJID(chat)
	if err != nil {
		return nil, err
	}
	sender := "0"
	if chat.Room != "" && !message.FromMe && len(message.Sender.Addresses()) > 0 {
		who, err := recipient(message.Sender)
		if err != nil {
			return nil, err
		}
		sender = who.String()
	}
	return []string{what, jid.String(), message.WhatsAppID, flag(message.FromMe), sender}, nil
}

// contactPatches saves a person's name in the address book.
func contactPatches(change engine.ContactChange) ([]appstate.PatchInfo, error) {
	if change.SavedName == nil || *change.SavedName == "" {
		return nil, engine.Errorf(engine.CodeUnsupported, "A contact can be saved, but removed on the phone only.")
	}
	if change.Party.Phone == "" {
		return nil, engine.Errorf(engine.CodeInvalid, "WhatsApp hides this person's number, so that they can't be saved in the address book.")
	}
	jid, err := jidOf(change.Party.Phone)
	if err != nil {
		return nil, err
	}
	action := &waSyncAction.ContactAction{FullName: change.SavedName, SaveOnPrimaryAddressbook: proto.Bool(true)}
	if change.FirstName != nil && *change.FirstName != "" {
		action.FirstName = change.FirstName
	}
	if change.Party.LID != "" {
		action.LidJID = proto.String(string(change.Party.LID))
	}
	return patchOf(appstate.WAPatchCriticalUnblockLow, nil, appstate.MutationInfo{
		Index: []string{appstate.IndexContact, jid.String()}, Version: 2,
		Value: &waSyncAction.SyncActionValue{ContactAction: action},
	})
}
