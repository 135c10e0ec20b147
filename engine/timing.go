package engine

import "time"

// Timing are the waits of a seat. The zero value of a field means its
// default.
type Timing struct {
	Reconnect Backoff       // after a lost connection; default 1 s to 1 minute
	Outdated  time.Duration // after a refusal of our version that a newer one didn't cure; default 15 minutes
	Login     time.Duration // from dialling to being logged in or shown a QR code; default 1 minute
	Lasting   time.Duration // a connection that lived so long resets the count of failures; default 1 minute
	Probe     Backoff       // before WhatsApp is to deliver again what could not be stored, or a status is recorded again; default 2 s to 5 minutes
	Outage    Backoff       // between looks whether the store works again; default 2 s
	Send      time.Duration // for WhatsApp to accept a message; default 30 s
	Resend    Backoff       // after a send that may succeed later; default 2 s to 1 minute
	Logout    time.Duration // for unlinking a removed seat; default 20 s
}

func (t Timing) withDefaults() Timing {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	setBackoff := func(b *Backoff, first, longest time.Duration) {
		set(&b.First, first)
		set(&b.Longest, longest)
	}
	setBackoff(&t.Reconnect, time.Second, time.Minute)
	setBackoff(&t.Probe, 2*time.Second, 5*time.Minute)
	setBackoff(&t.Outage, 2*time.Second, 2*time.Second)
	setBackoff(&t.Resend, 2*time.Second, time.Minute)
	set(&t.Outdated, 15*time.Minute)
	set(&t.Login, time.Minute)
	set(&t.Lasting, time.Minute)
	set(&t.Send, 30*time.Second)
	set(&t.Logout, 20*time.Second)
	return t
}
