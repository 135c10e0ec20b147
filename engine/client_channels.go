package engine

import (
	"context"
	"time"
	"unicode/utf8"
)

// Limits of channels, as WhatsApp's apps have them.
const (
	MaxChannelName        = 100  // characters
	MaxChannelDescription = 2048 // characters
	MaxChannelPage        = 100  // messages that one request may ask for
	maxServerID           = 1 << 31
)

// Channels is what a client can do about channels (WhatsApp's protocol says
// newsletters). A client that can implements it ([Capabilities.Channels]).
// Besides those of every request, errors are: [CodeInvalid] for bad input,
// [CodeForbidden] if the seat doesn't follow the channel or run it,
// [CodeNotFound] if there is no such channel or message, [CodeConflict] if the
// state of the channel doesn't allow it.
type Channels interface {
	// Channels lists those that the seat follows or runs, by name.
	Channels(ctx context.Context) ([]Channel, error)
	// Channel returns one by its address.
	Channel(ctx context.Context, channel Address) (Channel, error)
	// ChannelByLink returns the one that a link of whatsapp.com/channel or its
	// code leads to; it doesn't tell the seat's role in it.
	ChannelByLink(ctx context.Context, link string) (Channel, error)
	// CreateChannel makes a channel.
	CreateChannel(ctx context.Context, channel NewChannel) (Channel, error)
	// ChangeChannel changes a channel that the seat runs, and returns it.
	ChangeChannel(ctx context.Context, channel Address, change ChannelChange) (Channel, error)
	// FollowChannel follows a channel, or ends that. An owner can't leave.
	FollowChannel(ctx context.Context, channel Address, follow bool) error
	// MuteChannel switches the notices of a channel that the seat follows.
	MuteChannel(ctx context.Context, channel Address, mute bool) error
	// ChannelMessages lists messages, the oldest first: the last ones, or
	// those right before one.
	ChannelMessages(ctx context.Context, channel Address, page ChannelPage) ([]ChannelMessage, error)
	// ViewChannelMessages counts up to [MaxChannelPage] messages as seen.
	ViewChannelMessages(ctx context.Context, channel Address, serverIDs []int) error
	// ReactInChannel reacts to a message with an emoji, or takes that back if
	// it is empty.
	ReactInChannel(ctx context.Context, channel Address, serverID int, emoji string) error
	// WatchChannel asks WhatsApp to tell of reactions and views as they come,
	// and returns for how long it will.
	WatchChannel(ctx context.Context, channel Address) (time.Duration, error)
}

// Channel is a channel as WhatsApp describes it.
type Channel struct {
	Address     Address    `json:"address"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Link        string     `json:"link,omitempty" doc:"Leads people to the channel"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	Followers   int        `json:"followers"`
	Verified    bool       `json:"verified,omitempty"`
	State       string     `json:"state" doc:"active, or why it isn't: suspended, geosuspended, or a word that WhatsApp adds later"`
	Reactions   string     `json:"reactions,omitempty" doc:"Which reactions it takes: all, basic or none"`
	PictureID   string     `json:"picture_id,omitempty"`
	Role        Role       `json:"role,omitempty" enum:"member,admin,superadmin" doc:"The seat's, member if it follows the channel; absent if it doesn't, or if found by a link"`
	Muted       bool       `json:"muted,omitempty"`
}

// NewChannel is a channel that is to be made.
type NewChannel struct {
	Name        string // 1 to [MaxChannelName] characters
	Description string // up to [MaxChannelDescription] characters
	Picture     []byte // as [Groups.SetGroupPicture] takes it; empty: none
	// AcceptTerms accepts WhatsApp's terms for channels, which an account has
	// to do once before its first.
	AcceptTerms bool
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (c *NewChannel) Check() error {
	if err := checkLine("The name", c.Name, 1, MaxChannelName); err != nil {
		return err
	}
	return checkLines("The description", c.Description, MaxChannelDescription)
}

// ChannelChange is what is to be different about a channel; nil stays as it
// is.
type ChannelChange struct {
	Name        *string
	Description *string // empty removes it
	Picture     *[]byte // as [Groups.SetGroupPicture] takes it; empty removes it
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (c *ChannelChange) Check() error {
	if *c == (ChannelChange{}) {
		return Errorf(CodeInvalid, "Say what is to be changed about the channel.")
	}
	if c.Name != nil {
		if err := checkLine("The name", *c.Name, 1, MaxChannelName); err != nil {
			return err
		}
	}
	if c.Description != nil {
		return checkLines("The description", *c.Description, MaxChannelDescription)
	}
	return nil
}

// ChannelPage is a part of a channel's messages.
type ChannelPage struct {
	Count  int // 1 to [MaxChannelPage]
	Before int // only messages with a smaller server ID; 0: the last ones
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (p ChannelPage) Check() error {
	if p.Count < 1 || p.Count > MaxChannelPage {
		return Errorf(CodeInvalid, "Ask for 1 to %d messages at once.", MaxChannelPage)
	}
	if p.Before != 0 {
		return CheckServerID(p.Before)
	}
	return nil
}

// CheckServerID says what is wrong with a channel message's number, as an
// [Error] with [CodeInvalid], or returns nil.
func CheckServerID(id int) error {
	if id < 1 || id >= maxServerID {
		return Errorf(CodeInvalid, "Messages of channels are named by the number that the list of them tells as server_id.")
	}
	return nil
}

// CheckViewed says what is wrong with a list of channel messages, as an
// [Error] with [CodeInvalid], or returns nil.
func CheckViewed(serverIDs []int) error {
	if len(serverIDs) == 0 || len(serverIDs) > MaxChannelPage {
		return Errorf(CodeInvalid, "Name at least one message, and at most %d at once.", MaxChannelPage)
	}
	for _, id := range serverIDs {
		if err := CheckServerID(id); err != nil {
			return err
		}
	}
	return nil
}

// CheckEmoji says what is wrong with a reaction, as an [Error] with
// [CodeInvalid], or returns nil. An empty one takes a reaction back.
func CheckEmoji(emoji string) error {
	if len(emoji) > maxEmojiLength || !utf8.ValidString(emoji) || checkLine("The emoji", emoji, 0, maxEmojiLength) != nil {
		return Errorf(CodeInvalid, "A reaction is one emoji, or nothing to take it back.")
	}
	return nil
}

// ChannelMessage is a message of a channel with what people did to it.
type ChannelMessage struct {
	ServerID   int            `json:"server_id" doc:"Its number in the channel"`
	WhatsAppID string         `json:"whatsapp_id"`
	Kind       Kind           `json:"kind"`
	Text       string         `json:"text"`
	Content    *Content       `json:"content,omitempty" doc:"What there is beyond the text"`
	At         time.Time      `json:"at"`
	Views      int            `json:"views"`
	Reactions  map[string]int `json:"reactions" nullable:"false" doc:"How often each emoji was given"`
}
