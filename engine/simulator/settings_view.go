package simulator

import (
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
)

// Names of actions (the first part of an index), as whatsmeow's appstate/keys.go lists them.
const (
	indexArchive        = "archive"
	indexClearChat      = "clearChat"
	indexContact        = "contact"
	indexDeleteChat     = "deleteChat"
	indexDeleteForMe    = "deleteMessageForMe"
	indexLabelChat      = "label_jid"
	indexLabelEdit      = "label_edit"
	indexLabelMessage   = "label_message"
	indexLocale         = "setting_locale"
	indexMarkRead       = "markChatAsRead"
	indexMute           = "mute"
	indexPin            = "pin_v1"
	indexPushName       = "setting_pushName"
	indexSentinel       = "sentinel"
	indexStar           = "star"
	indexTimeFormat     = "time_format"
	indexUnarchiveChats = "setting_unarchiveChats"
	indexUserStatusMute = "userStatusMute"
)

// settingsView turns entries of app state into what a person sees. Later entries replace earlier ones of their index.
type settingsView struct {
	server *Server
	now    time.Time
	out    Settings
}

// name is a chat as messages name it.
func (v *settingsView) name(text string) string {
	jid, err := types.ParseJID(text)
	if err != nil {
		return text
	}
	return v.server.chatName(bare(jid))
}

func (v *settingsView) show(index []string, value *waSyncAction.SyncActionValue) {
	switch index[0] {
	case indexPushName:
		v.out.PushName = value.GetPushNameSetting().GetName()
	case indexLocale:
		v.out.Locale = value.GetLocaleSetting().GetLocale()
	case indexTimeFormat:
		v.out.TwentyFourHour = value.GetTimeFormatAction().GetIsTwentyFourHourFormatEnabled()
	case indexUnarchiveChats:
		v.out.UnarchiveChats = value.GetUnarchiveChatsSetting().GetUnarchiveChats()
	case indexSentinel: // is about keys
	default:
		if !v.showChat(index, value) && !v.showMessage(index, value) && !v.showOther(index, value) {
			v.out.Others = append(v.out.Others, strings.Join(index, " "))
		}
	}
}

// showChat shows what is about a whole chat.
func (v *settingsView) showChat(index []string, value *waSyncAction.SyncActionValue) bool {
	if len(index) < 2 {
		return false
	}
	name := v.name(index[1])
	chat, at := v.out.Chats[name], instant(value.GetTimestamp()/1000)
	switch index[0] {
	case indexArchive:
		chat.Archived = value.GetArchiveChatAction().GetArchived()
	case indexPin:
		chat.Pinned = value.GetPinAction().GetPinned()
	case indexMute:
		chat.Muted, chat.MutedUntil = v.muted(value.GetMuteAction())
	case indexMarkRead:
		chat.Unread, chat.ReadAt = !value.GetMarkChatAsReadAction().GetRead(), nil
		if !chat.Unread {
			chat.ReadAt = &at
		}
	case indexClearChat:
		chat.ClearedAt = later(chat.ClearedAt, at)
	case indexDeleteChat:
		chat.DeletedAt = later(chat.DeletedAt, at)
	case indexLabelChat:
		if len(index) < 3 {
			return false
		}
		v.labelChat(v.name(index[2]), index[1], value.GetLabelAssociationAction().GetLabeled())
		return true
	default:
		return false
	}
	v.out.Chats[name] = chat
	return true
}

// later is needed where several indexes are about one chat, such as clearing it with and without its media.
func later(known *time.Time, at time.Time) *time.Time {
	if known != nil && known.After(at) {
		return known
	}
	return &at
}

// muted says whether a chat is silent now, and until when.
func (v *settingsView) muted(action *waSyncAction.MuteAction) (bool, *time.Time) {
	end := action.GetMuteEndTimestamp()
	if !action.GetMuted() || end <= 0 {
		return action.GetMuted(), nil
	}
	until := instant(end / 1000)
	if !until.After(v.now) {
		return false, nil
	}
	return true, &until
}

func (v *settingsView) labelChat(name, label string, on bool) {
	chat := v.out.Chats[name]
	chat.Labels = slices.DeleteFunc(chat.Labels, func(id string) bool { return id == label })
	if on {
		chat.Labels = append(chat.Labels, label)
	}
	v.out.Chats[name] = chat
}

// showMessage shows what is about one message.
func (v *settingsView) showMessage(index []string, value *waSyncAction.SyncActionValue) bool {
	switch {
	case index[0] == indexStar && len(index) >= 5:
		v.out.Starred = withRef(v.out.Starred, v.ref(index[1:]), value.GetStarAction().GetStarred())
	case index[0] == indexDeleteForMe && len(index) >= 5:
		v.out.Deleted = withRef(v.out.Deleted, v.ref(index[1:]), true)
	case index[0] == indexLabelMessage && len(index) >= 6:
		label := v.out.Labels[index[1]]
		label.Messages = withRef(label.Messages, v.ref(index[2:]), value.GetLabelAssociationAction().GetLabeled())
		v.out.Labels[index[1]] = label
	default:
		return false
	}
	return true
}

// ref reads the four parts that name a message: chat, id, whether it is one's own, and whose it is in a group.
func (v *settingsView) ref(parts []string) MessageRef {
	ref := MessageRef{Chat: v.name(parts[0]), ID: parts[1], FromMe: parts[2] == "1"}
	if parts[3] != "0" {
		ref.From = v.name(parts[3])
	}
	return ref
}

func withRef(refs []MessageRef, ref MessageRef, on bool) []MessageRef {
	refs = slices.DeleteFunc(refs, func(r MessageRef) bool { return r == ref })
	if on {
		refs = append(refs, ref)
	}
	return refs
}

func (v *settingsView) showOther(index []string, value *waSyncAction.SyncActionValue) bool {
	if len(index) < 2 {
		return false
	}
	switch index[0] {
	case indexContact:
		action := value.GetContactAction()
		v.out.Contacts[v.name(index[1])] = ContactEntry{FullName: action.GetFullName(), FirstName: action.GetFirstName()}
	case indexLabelEdit:
		label, action := v.out.Labels[index[1]], value.GetLabelEditAction()
		label.Name, label.Color, label.Deleted = action.GetName(), action.GetColor(), action.GetDeleted()
		v.out.Labels[index[1]] = label
	case indexUserStatusMute:
		name := v.name(index[1])
		v.out.StatusMuted = slices.DeleteFunc(v.out.StatusMuted, func(other string) bool { return other == name })
		if value.GetUserStatusMuteAction().GetMuted() {
			v.out.StatusMuted = append(v.out.StatusMuted, name)
		}
	default:
		return false
	}
	return true
}
