package main

import "time"

// The people of the demo. The numbers are in a range that no operator has
// handed out (South Africa's 082 555), and no message to them leaves the
// machine.

// demoUser signs in to the demo's dashboard.
var demoUser = struct { //nolint:gochecknoglobals // constant
	Agency, Name, Email, Password string
}{"Protea Coast Properties", "Lerato Maseko", "demo@aibud.example", "protea-coast-demo"}

// demoPhone is a phone with a WhatsApp account.
type demoPhone struct{ number, name string }

// demoSeats are the phones that are paired when the demo begins, under the
// names of their seats.
func demoSeats() []demoPhone {
	return []demoPhone{
		{"27825550101", "Lerato · Atlantic Seaboard"},
		{"27825550102", "Pieter · Northern Suburbs"},
	}
}

// demoSpares are phones that can be scanned in as a new seat.
func demoSpares() []demoPhone {
	return []demoPhone{
		{"27825550103", "Zanele Dube"},
		{"27825550104", "Office phone"},
	}
}

// demoLine is one message of a past conversation.
type demoLine struct {
	ago  time.Duration
	mine bool // the agent wrote it
	text string
}

// demoLead is a lead with a past conversation on one of the seats.
type demoLead struct {
	demoPhone
	seat int // index in demoSeats
	past []demoLine
}

func demoLeads() []demoLead {
	const day = 24 * time.Hour
	return []demoLead{
		{demoPhone{"27825550201", "Thandi Nkosi"}, 0, []demoLine{
			{2*day + 3*time.Hour, false, "Hi, I saw the 2-bed in Sea Point on your board. Is it still available?"},
			{2*day + 2*time.Hour, true, "Hi Thandi, yes it is. Would you like to see it this week?"},
			{2*day + 2*time.Hour - 9*time.Minute, false, "Thursday after 4 would be great 🙏"},
			{2*day + 2*time.Hour - 12*time.Minute, true, "Thursday 16:30 it is. I'll send the address that morning."},
		}},
		{demoPhone{"27825550202", "Johan van der Merwe"}, 1, []demoLine{
			{day + 5*time.Hour, false, "Goeie middag, ons soek 'n 3-slaapkamer huis in Durbanville. Begroting so R3,2 miljoen."},
			{day + 4*time.Hour, true, "Goeie middag Johan. Wanneer wil julle intrek?"},
			{day + 4*time.Hour - 20*time.Minute, false, "Verkieslik voor die nuwe skooljaar."},
		}},
		{demoPhone{"27825550203", "Aisha Patel"}, 0, []demoLine{
			{4 * day, false, "Hello, we want to sell our flat in Green Point. What do you charge?"},
			{4*day - 40*time.Minute, true, "Hello Aisha, thank you for asking. May I come by for a free valuation? Saturday 10:00?"},
			{4*day - 50*time.Minute, false, "Saturday 10 works."},
			{day, true, "It was lovely to meet you. The valuation is in your inbox."},
			{20 * time.Hour, false, "Got it, thanks! We'll talk it over tonight."},
		}},
		{demoPhone{"27825550204", "Sipho Dlamini"}, 1, []demoLine{
			{6 * day, false, "Sawubona, ngifuna ukuqasha i-flat eBellville"},
			{6*day - time.Hour, true, "Sawubona Sipho. What is your monthly budget, and from when?"},
			{5 * day, false, "R9 000, from the first of next month"},
		}},
		{demoPhone{"27825550205", "Emma Clarke"}, 0, nil},
		{demoPhone{"27825550206", "Riaan Botha"}, 1, nil},
	}
}

// demoHello is what a lead writes as the demo begins, so that the assistant
// can be seen at work at once.
const demoHello = "Hi! Do you have anything to rent in Camps Bay?"
