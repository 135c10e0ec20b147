package simulator

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Bot is one of WhatsApp's own assistants, as clients list them. It answers nothing: messages to bots are not part of
// the simulator.
type Bot struct {
	Number      string       `json:"number"`     // such as "13135550002": bots' numbers begin with 1313555
	PersonaID   string       `json:"persona_id"` // such as "867051314767696$760019659443059"
	Name        string       `json:"name"`
	Attributes  string       `json:"attributes,omitempty"`
	Description string       `json:"description,omitempty"`
	Category    string       `json:"category,omitempty"`
	Default     bool         `json:"default,omitempty"`
	Intro       string       `json:"intro,omitempty"` // what stands above the commands
	Commands    []BotCommand `json:"commands,omitempty"`
	Prompts     []BotPrompt  `json:"prompts,omitempty"`
}

// BotCommand is something that a bot can be told to do.
type BotCommand struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// BotPrompt is something to ask a bot.
type BotPrompt struct {
	Emoji string `json:"emoji"`
	Text  string `json:"text"`
}

const (
	maxBots     = 200
	maxBotLines = 50
)

// bots are the assistants of a server.
type bots struct {
	mu   sync.Mutex
	set  bool
	list []Bot
}

// defaultBots is WhatsApp's own assistant (whatsmeow, types.BotJIDMap and SendMessage).
func defaultBots() []Bot {
	return []Bot{{
		Number: "13135550002", PersonaID: "867051314767696$760019659443059", Name: "Meta AI", Attributes: "AI assistant",
		Description: "Ask anything", Category: "general", Default: true, Intro: "What it can do",
		Commands: []BotCommand{{"imagine", "Make a picture"}}, Prompts: []BotPrompt{{"🌍", "Tell me about a country"}},
	}}
}

func (b *bots) all() []Bot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.set {
		return defaultBots()
	}
	return slices.Clone(b.list)
}

func (b *bots) find(jid types.JID) (Bot, bool) {
	if !jid.IsBot() {
		return Bot{}, false
	}
	for _, bot := range b.all() {
		if bot.Number == jid.User {
			return bot, true
		}
	}
	return Bot{}, false
}

// SetBots replaces the assistants that clients can list; without a call there is one. ErrInvalid.
func (s *Server) SetBots(list []Bot) error {
	if len(list) > maxBots {
		return fmt.Errorf("%w bots: at most %d", ErrInvalid, maxBots)
	}
	for _, bot := range list {
		if err := bot.check(); err != nil {
			return err
		}
	}
	s.bots.mu.Lock()
	defer s.bots.mu.Unlock()
	s.bots.set, s.bots.list = true, slices.Clone(list)
	return nil
}

// Bots lists the assistants.
func (s *Server) Bots() []Bot { return s.bots.all() }

func (b Bot) check() error {
	if !types.NewJID(b.Number, types.DefaultUserServer).IsBot() || b.PersonaID == "" || b.Name == "" {
		return fmt.Errorf("%w bot: a number of WhatsApp's for bots (1313555 and four digits), a persona id and a name", ErrInvalid)
	}
	texts := []string{b.PersonaID, b.Name, b.Attributes, b.Description, b.Category, b.Intro}
	for _, command := range b.Commands {
		texts = append(texts, command.Name, command.Description)
	}
	for _, prompt := range b.Prompts {
		texts = append(texts, prompt.Emoji, prompt.Text)
	}
	bad := slices.ContainsFunc(texts, func(text string) bool {
		return !utf8.ValidString(text) || len(text) > maxBusinessText || strings.ContainsRune(text, 0)
	})
	if bad || len(b.Commands) > maxBotLines || len(b.Prompts) > maxBotLines {
		return fmt.Errorf("%w bot: texts of at most %d bytes, %d commands and prompts", ErrInvalid, maxBusinessText, maxBotLines)
	}
	return nil
}

// queryBots answers the namespace "bot" with the list of all assistants (whatsmeow: GetBotListV2).
func (s *Server) queryBots(_ *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	asked, ok := n.GetOptionalChildByTag("bot")
	if !ok || kind != "get" || attr(&asked, "v") != "2" {
		return nil, errNotImplemented
	}
	var list []binary.Node
	for _, bot := range s.bots.all() {
		list = append(list, binary.Node{Tag: "bot", Attrs: binary.Attrs{
			"jid": types.NewJID(bot.Number, types.DefaultUserServer), "persona_id": bot.PersonaID,
		}})
	}
	return []binary.Node{{Tag: "bot", Attrs: binary.Attrs{"v": "2"}, Content: []binary.Node{
		{Tag: "section", Attrs: binary.Attrs{"type": "all", "name": "All"}, Content: list},
	}}}, nil
}

// fact is a bot's profile in the answer to a user query (whatsmeow: GetBotProfiles).
func (b Bot) fact() []binary.Node {
	text := func(tag, value string) binary.Node { return binary.Node{Tag: tag, Content: []byte(value)} }
	commands := []binary.Node{text("description", b.Intro)}
	for _, command := range b.Commands {
		commands = append(commands, binary.Node{Tag: "command", Content: []binary.Node{
			text("name", command.Name), text("description", command.Description),
		}})
	}
	var prompts []binary.Node
	for _, prompt := range b.Prompts {
		prompts = append(prompts, binary.Node{Tag: "prompt", Content: []binary.Node{
			text("emoji", prompt.Emoji), text("text", prompt.Text),
		}})
	}
	profile := []binary.Node{
		text("name", b.Name), text("attributes", b.Attributes), text("description", b.Description), text("category", b.Category),
		{Tag: "commands", Content: commands},
		{Tag: "prompts", Content: prompts},
	}
	if b.Default {
		profile = append(profile, binary.Node{Tag: "default"})
	}
	return []binary.Node{{Tag: "bot", Content: []binary.Node{{
		Tag: "profile", Attrs: binary.Attrs{"persona_id": b.PersonaID}, Content: profile,
	}}}}
}
