package engine

// SendingSettings say how fast a seat sends. Replies to people who wrote
// within a day wait for none of it.
type SendingSettings struct {
	PerMinute        int  `json:"per_minute" minimum:"1" maximum:"600" doc:"How many messages a minute, on the average"`
	Burst            int  `json:"burst" minimum:"1" maximum:"600" doc:"How many of them at once after a pause"`
	PerHour          int  `json:"per_hour" minimum:"1" maximum:"20000" doc:"How many within an hour; not more than in 24 hours"`
	PerDay           int  `json:"per_day" minimum:"1" maximum:"200000" doc:"How many within 24 hours"`
	StrangersPerHour int  `json:"strangers_per_hour" minimum:"1" maximum:"20000" doc:"How many within an hour to people who never wrote to the seat, not more than in 24 hours; WhatsApp restricts numbers that write to many of them"`
	StrangersPerDay  int  `json:"strangers_per_day" minimum:"1" maximum:"200000" doc:"The same within 24 hours"`
	Typing           bool `json:"typing" doc:"Whether “typing…” shows before a text of the AI and of automations. What people write is never held up by it"`
	TypingSpeed      int  `json:"typing_speed" minimum:"1" maximum:"1000" doc:"How many characters a second are typed"`
	TypingLongest    int  `json:"typing_longest" minimum:"0" maximum:"30" doc:"For how many seconds it shows at most"`
}

// DefaultSending is what a seat has as long as nobody has set anything: what a
// busy agent does by hand.
func DefaultSending() SendingSettings {
	return SendingSettings{
		PerMinute: 20, Burst: 10, PerHour: 200, PerDay: 1000, StrangersPerHour: 20, StrangersPerDay: 60,
		Typing: true, TypingSpeed: 40, TypingLongest: 4,
	}
}

// Check says what is wrong with settings, as an [Error] with [CodeInvalid],
// or returns nil.
func (s SendingSettings) Check() error {
	for _, n := range []int{s.PerMinute, s.Burst, s.PerHour, s.PerDay, s.StrangersPerHour, s.StrangersPerDay, s.TypingSpeed} {
		if n < 1 {
			return Errorf(CodeInvalid, "Every limit and the typing speed are at least 1.")
		}
	}
	if s.PerHour > s.PerDay {
		return Errorf(CodeInvalid, "The limit of an hour can't be higher than that of 24 hours.")
	}
	if s.StrangersPerHour > s.StrangersPerDay {
		return Errorf(CodeInvalid, "The limit of messages to strangers in an hour can't be higher than that of 24 hours.")
	}
	if s.TypingLongest < 0 || s.TypingLongest > 30 {
		return Errorf(CodeInvalid, "“Typing…” shows for 0 to 30 seconds.")
	}
	return nil
}

// SendingView is how fast a seat sends, and what it has sent lately.
type SendingView struct {
	Settings  SendingSettings `json:"settings"`
	Hour      SentView        `json:"hour" doc:"What was sent in the last hour"`
	Day       SentView        `json:"day" doc:"What was sent in the last 24 hours"`
	Queued    int             `json:"queued" doc:"Messages in the outbox now"`
	Scheduled int             `json:"scheduled" doc:"Messages that are to be sent later"`
}

// SentView counts messages.
type SentView struct {
	Sent      int `json:"sent" doc:"All"`
	Replies   int `json:"replies" doc:"Those to people who had written within a day; the limits don't count them"`
	Strangers int `json:"strangers" doc:"Those to people who had never written"`
}

// View returns the counts as the outside sees them.
func (c SentCount) View() SentView {
	return SentView{Sent: c.Sent, Replies: c.Replies, Strangers: c.Strangers}
}
