package engine

import "time"

// Content is what a message holds beyond its text; which parts are set
// depends on its kind. It is stored and shown as JSON.
type Content struct {
	Quote     *Quote    `json:"quote,omitempty" doc:"The message that this one answers"`
	Media     *Media    `json:"media,omitempty" doc:"The file of an image, video, audio, voice, document or sticker"`
	Location  *Location `json:"location,omitempty"`
	Cards     []Card    `json:"cards,omitempty" doc:"Contact cards"`
	Poll      *Poll     `json:"poll,omitempty"`
	Vote      *Vote     `json:"vote,omitempty" doc:"The choice in a poll"`
	Menu      *Menu     `json:"menu,omitempty" doc:"Buttons or a list that a business sent"`
	Link      *Link     `json:"link,omitempty" doc:"The preview of a link in the text"`
	Notice    *Notice   `json:"notice,omitempty" doc:"What happened to the room, of a notice"`
	Mentions  []Address `json:"mentions,omitempty" doc:"Who is mentioned in the text"`
	Forwarded int       `json:"forwarded,omitempty" doc:"How often the message was forwarded, as far as WhatsApp tells"`
	ViewOnce  bool      `json:"view_once,omitempty" doc:"The sender wants it to be seen once"`
	Call      *CallLine `json:"call,omitempty" doc:"A call"`
	ExpiresIn int       `json:"expires_in,omitempty" doc:"Seconds after which WhatsApp lets the message disappear"`
}

// Empty says whether there is nothing but the text.
func (c *Content) Empty() bool {
	return c == nil || c.Quote == nil && c.Media == nil && c.Location == nil && len(c.Cards) == 0 && c.Poll == nil &&
		c.Vote == nil && c.Call == nil && c.Menu == nil && c.Link == nil && c.Notice == nil && len(c.Mentions) == 0 && c.Forwarded == 0 && !c.ViewOnce && c.ExpiresIn == 0
}

// Quote is the message that another one answers.
type Quote struct {
	WhatsAppID string  `json:"whatsapp_id"`
	FromMe     bool    `json:"from_me,omitempty" doc:"The quoted message is the seat's own"`
	Sender     Address `json:"sender,omitempty" doc:"In a room: the address of who wrote the quoted message, if it is not the seat's own"`
	Kind       Kind    `json:"kind,omitempty"`
	Text       string  `json:"text,omitempty" doc:"What it said, as the sender's phone quotes it"`
}

// Media is a file that goes with a message, as its sender describes it, and
// where it is.
type Media struct {
	ID        MediaID    `json:"id,omitempty" doc:"The file is at /v1/media/{id} once it is stored"`
	State     MediaState `json:"state,omitempty" enum:"waiting,downloading,offered,stored,gone,failed,too_large,expired,view_once" doc:"Where the file is"`
	Note      string     `json:"note,omitempty" doc:"Why there is no file and what to do, as a sentence"`
	Percent   int        `json:"percent,omitempty" minimum:"0" maximum:"100" doc:"How much is here of a file that is being downloaded"`
	Thumbnail bool       `json:"thumbnail,omitempty" doc:"There is a small picture of it at /v1/media/{id}/thumbnail"`
	MIMEType  string     `json:"mime_type,omitempty"`
	Name      string     `json:"name,omitempty" doc:"The file's name, of documents"`
	Size      int64      `json:"size,omitempty" doc:"Bytes"`
	Width     int        `json:"width,omitempty" doc:"Pixels"`
	Height    int        `json:"height,omitempty" doc:"Pixels"`
	Seconds   int        `json:"seconds,omitempty" doc:"Of audio and video"`
	Pages     int        `json:"pages,omitempty" doc:"Of documents"`
	Waveform  []byte     `json:"waveform,omitempty" doc:"Of voice notes: 64 values from 0 to 100, in base64"`
	Animated  bool       `json:"animated,omitempty" doc:"Of stickers and videos that play like a GIF"`

	// Preview is a small picture that the sender's phone made. It is kept
	// beside the message.
	Preview []byte `json:"-"`
}

// Location is a place.
type Location struct {
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90" doc:"Degrees"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180" doc:"Degrees"`
	Name      string  `json:"name,omitempty" maxLength:"1000"`
	Address   string  `json:"address,omitempty" maxLength:"1000"`
	Live      bool    `json:"live,omitempty" doc:"The sender shares where they are as they move"`
	Accuracy  int     `json:"accuracy,omitempty" doc:"Metres, of a live location"`
}

// Card is a contact card.
type Card struct {
	Name  string `json:"name" maxLength:"200"`
	VCard string `json:"vcard" maxLength:"65536" doc:"In the format of RFC 6350"`
}

// Poll is a question with options to choose from.
type Poll struct {
	Options    []string `json:"options" minItems:"2" maxItems:"12" nullable:"false"`
	Selectable int      `json:"selectable" doc:"How many may be chosen; 0 for any number"`
}

// Vote is a choice in a poll. WhatsApp names options by the SHA-256 of their
// text, so names are known only together with the poll.
type Vote struct {
	Options []string `json:"options" nullable:"false"`
	Hashes  [][]byte `json:"hashes,omitempty"`
}

// Menu is what a business offers to choose from, as buttons or as a list.
type Menu struct {
	Title   string   `json:"title,omitempty"`
	Footer  string   `json:"footer,omitempty"`
	Options []string `json:"options" nullable:"false"`
}

// Link is the preview of a link.
type Link struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// Reaction is an emoji on a message. Each person has at most one.
type Reaction struct {
	FromMe  bool      `json:"from_me,omitempty" doc:"The seat's own"`
	Contact ContactID `json:"contact,omitempty" doc:"In a room: whose it is, if not the seat's"`
	Name    string    `json:"name,omitempty" doc:"In a room: what that person called themselves then"`
	Emoji   string    `json:"emoji"`
	At      time.Time `json:"at"`
}

// Ballot is what one person chose in a poll.
type Ballot struct {
	FromMe  bool      `json:"from_me,omitempty" doc:"The seat's own"`
	Contact ContactID `json:"contact,omitempty" doc:"In a room: whose it is, if not the seat's"`
	Name    string    `json:"name,omitempty" doc:"In a room: what that person called themselves then"`
	Options []string  `json:"options" nullable:"false"`
	At      time.Time `json:"at"`
}

// Marks are what later messages did to one.
type Marks struct {
	Reactions []Reaction `json:"reactions,omitempty"`
	Ballots   []Ballot   `json:"ballots,omitempty" doc:"Of a poll"`
}
