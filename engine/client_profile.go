package engine

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Limits of a profile, as WhatsApp's apps have them.
const (
	MaxPushName = 25  // characters
	MaxAbout    = 139 // characters
)

// Profiles is what a client can do about its own account's profile and
// privacy. A client that can implements it ([Capabilities.Profile]). Besides
// those of every request, errors are [CodeInvalid] for bad input and
// [CodeConflict] if the settings were changed elsewhere meanwhile.
type Profiles interface {
	// Profile tells how others see the account.
	Profile(ctx context.Context) (Profile, error)
	// SetPushName sets what the account calls itself.
	SetPushName(ctx context.Context, name string) error
	// SetAbout sets what the account says of itself; it may be empty.
	SetAbout(ctx context.Context, text string) error
	// SetPicture sets the account's picture as [Groups.SetGroupPicture] does
	// for a group.
	SetPicture(ctx context.Context, picture []byte) (id string, err error)
	// Privacy reads the account's privacy settings from WhatsApp.
	Privacy(ctx context.Context) (Privacy, error)
	// SetPrivacy changes one of them, to one of [PrivacyValues], and returns
	// all.
	SetPrivacy(ctx context.Context, category PrivacyCategory, value PrivacyValue) (Privacy, error)
	// SetDefaultTimer sets after how long messages of new chats disappear; see
	// [TimerChoices].
	SetDefaultTimer(ctx context.Context, after time.Duration) error
}

// Profile is how others see an account.
type Profile struct {
	Person
	About        string `json:"about,omitempty"`
	PictureID    string `json:"picture_id,omitempty"`
	Devices      int    `json:"devices" doc:"How many devices the account has, the phone among them"`
	BusinessName string `json:"business_name,omitempty" doc:"The verified name, if it is a business"`
}

// CheckPushName says what is wrong with a name for the account, as an [Error]
// with [CodeInvalid], or returns nil.
func CheckPushName(name string) error { return checkLine("The name", name, 1, MaxPushName) }

// CheckAbout says what is wrong with an about text, as an [Error] with
// [CodeInvalid], or returns nil.
func CheckAbout(text string) error { return checkLines("The about text", text, MaxAbout) }

// PrivacyCategory is something that an account may hide or restrict.
type PrivacyCategory string

// The categories.
const (
	PrivacyLastSeen     PrivacyCategory = "last_seen"     // who sees when the account was last online
	PrivacyOnline       PrivacyCategory = "online"        // who sees that it is online now
	PrivacyPicture      PrivacyCategory = "picture"       // who sees the profile picture
	PrivacyAbout        PrivacyCategory = "about"         // who sees the about text
	PrivacyReadReceipts PrivacyCategory = "read_receipts" // whether others see that messages were read
	PrivacyGroups       PrivacyCategory = "groups"        // who may add it to groups
	PrivacyCalls        PrivacyCategory = "calls"         // who may call
	PrivacyMessages     PrivacyCategory = "messages"      // who may write
	PrivacyStickers     PrivacyCategory = "stickers"      // who may use stickers of it
	PrivacyDefense      PrivacyCategory = "defense"       // strict account settings
)

// PrivacyValue is a choice in a category.
type PrivacyValue string

// The values.
const (
	PrivacyAll           PrivacyValue = "all"
	PrivacyContacts      PrivacyValue = "contacts"
	PrivacyExcept        PrivacyValue = "contacts_except" // contacts but those on a list that the phone keeps
	PrivacySelected      PrivacyValue = "selected"        // contacts on a list that the phone keeps
	PrivacyNobody        PrivacyValue = "nobody"
	PrivacyMatchLastSeen PrivacyValue = "match_last_seen"
	PrivacyKnown         PrivacyValue = "known" // people whom the account knows
	PrivacyOnStandard    PrivacyValue = "on_standard"
	PrivacyOff           PrivacyValue = "off"
)

// Privacy is an account's privacy settings. A value that WhatsApp adds later
// stands as WhatsApp words it; an empty one was not told.
type Privacy struct {
	LastSeen     PrivacyValue `json:"last_seen,omitempty" doc:"Who sees when the account was last online"`
	Online       PrivacyValue `json:"online,omitempty" doc:"Who sees that it is online now"`
	Picture      PrivacyValue `json:"picture,omitempty" doc:"Who sees the profile picture"`
	About        PrivacyValue `json:"about,omitempty" doc:"Who sees the about text"`
	ReadReceipts PrivacyValue `json:"read_receipts,omitempty" doc:"Whether others see that messages were read"`
	Groups       PrivacyValue `json:"groups,omitempty" doc:"Who may add it to groups"`
	Calls        PrivacyValue `json:"calls,omitempty" doc:"Who may call"`
	Messages     PrivacyValue `json:"messages,omitempty" doc:"Who may write"`
	Stickers     PrivacyValue `json:"stickers,omitempty" doc:"Who may use stickers of it"`
	Defense      PrivacyValue `json:"defense,omitempty" doc:"Strict account settings"`
}

// PrivacyValues returns what a category can be set to, or nothing if there is
// no such category (whatsmeow, types.PrivacySettings). Lists of people can be
// changed on the phone only.
func PrivacyValues(category PrivacyCategory) []PrivacyValue {
	switch category {
	case PrivacyLastSeen, PrivacyPicture, PrivacyAbout, PrivacyGroups:
		return []PrivacyValue{PrivacyAll, PrivacyContacts, PrivacyExcept, PrivacyNobody}
	case PrivacyOnline:
		return []PrivacyValue{PrivacyAll, PrivacyMatchLastSeen}
	case PrivacyReadReceipts:
		return []PrivacyValue{PrivacyAll, PrivacyNobody}
	case PrivacyCalls:
		return []PrivacyValue{PrivacyAll, PrivacyKnown}
	case PrivacyMessages:
		return []PrivacyValue{PrivacyAll, PrivacyContacts}
	case PrivacyStickers:
		return []PrivacyValue{PrivacyContacts, PrivacySelected, PrivacyNobody}
	case PrivacyDefense:
		return []PrivacyValue{PrivacyOnStandard, PrivacyOff}
	}
	return nil
}

// CheckPrivacy says what is wrong with a setting, as an [Error] with
// [CodeInvalid], or returns nil.
func CheckPrivacy(category PrivacyCategory, value PrivacyValue) error {
	values := PrivacyValues(category)
	if values == nil {
		return Errorf(CodeInvalid, "There is no such category of privacy.")
	}
	if slices.Contains(values, value) {
		return nil
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return Errorf(CodeInvalid, "The category “%s” can be set to: %s.", category, strings.Join(words, ", "))
}
