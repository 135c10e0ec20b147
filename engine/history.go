package engine

import (
	"context"
	"time"
)

// HistoryPhase says which part of the past is being taken in. A phone sends
// its history in phases after it was linked.
type HistoryPhase string

// The phases.
const (
	HistoryInitial  HistoryPhase = "initial"   // the last messages of every chat
	HistoryRecent   HistoryPhase = "recent"    // the last months
	HistoryFull     HistoryPhase = "full"      // all that was asked for
	HistoryOnDemand HistoryPhase = "on_demand" // older messages of one chat, which somebody asked for
	HistoryOther    HistoryPhase = "other"     // names, statuses and settings; nobody is shown its progress
	HistoryBacklog  HistoryPhase = "backlog"   // what waited at WhatsApp while the seat was offline
)

// shown says whether people see the progress of the phase.
func (p HistoryPhase) shown() bool { return p != HistoryOther && p != "" }

// HistoryNotice is the fact that the phone has left a part of its history to
// be fetched. The part is imported by a job, whatever happens meanwhile.
type HistoryNotice struct {
	WhatsAppID string // of the message that told of it
	Phase      HistoryPhase
	Order      int    // of the part in its phase, from 1
	Percent    int    // how much of the phase there is with this part, as the phone says
	Raw        []byte // what [HistoryClient.FetchHistory] needs; it holds a key
	// Again is the WhatsAppID of the notice that this one replaces, of a part
	// that the phone has uploaded again. Empty for news.
	Again string
}

func (HistoryNotice) fact() {}

// HistoryID identifies a part of a phone's history that was noticed.
type HistoryID string

// HistoryPart is a part of a phone's history that waits to be imported.
type HistoryPart struct {
	ID     HistoryID
	Seat   SeatKey
	Linked bool      // the seat is still linked with a phone
	Asks   int       // how often the phone was asked to upload it again
	Asked  time.Time // when last, while its answer is waited for; zero otherwise
	HistoryNotice
}

// HistoryAsked is what people read while a phone's answer is waited for.
const HistoryAsked = "A part of the phone's history is not at WhatsApp any more. The phone was asked to send it again: keep it on and online."

// HistoryClient is a [Client] that can fetch a phone's history.
type HistoryClient interface {
	// FetchHistory downloads a part and hands its facts to take, some hundred
	// at a time, with how much of the part has been read (0 to 1), and in an order in which they can be stored: what the clients
	// of one conversation get is from the newest messages to the older ones,
	// with each call in the order of time. It ends with the first error of
	// take. [CodeNotFound] says that WhatsApp doesn't have the part any more,
	// [CodeInvalid] that it can't be read; [CodeNotConnected] and
	// [CodeUnavailable] may pass.
	FetchHistory(ctx context.Context, notice HistoryNotice, take func(ctx context.Context, facts []Fact, done float64) error) error

	// AskForHistory asks the phone to upload a part again. It answers with a
	// notice that replaces this one. [CodeUnsupported] says that it can't be
	// asked for this part.
	AskForHistory(ctx context.Context, notice HistoryNotice) error

	// ForgetHistory deletes a part that was imported from WhatsApp's servers,
	// as WhatsApp's own clients do.
	ForgetHistory(ctx context.Context, notice HistoryNotice) error
}

// HistoryQueue is the queue of the jobs that import history: few run at once,
// since a part may be large.
const HistoryQueue = "history"

// HistoryImportArgs names the job that imports a part.
type HistoryImportArgs struct {
	Seat   SeatID    `json:"seat"`
	Tenant TenantID  `json:"tenant"`
	Part   HistoryID `json:"part"`
}

// Kind returns the job's name.
func (HistoryImportArgs) Kind() string { return "history_import" }

// HistoryView is how far a seat's past has been taken in.
type HistoryView struct {
	Seat          SeatID       `json:"seat"`
	Phase         HistoryPhase `json:"phase" enum:"initial,recent,full,on_demand,backlog" doc:"What is being taken in: the phone's history in its phases after linking, older messages that somebody asked for, or what came while the seat was offline"`
	Percent       int          `json:"percent" minimum:"0" maximum:"100" doc:"How much of the phase is done"`
	Done          bool         `json:"done" doc:"Nothing is under way"`
	Conversations int          `json:"conversations" doc:"How many conversations were found in the phone's history so far"`
	Messages      int          `json:"messages" doc:"How many messages were found in it so far"`
	Failure       string       `json:"failure,omitempty" doc:"Why a part is missing and what to do, as a sentence"`
}

// Begin returns the view while something of a phase is under way.
func (v HistoryView) Begin(phase HistoryPhase) HistoryView {
	if !phase.shown() {
		return v
	}
	if v.Phase != phase || v.Done {
		v.Phase, v.Percent, v.Failure = phase, 0, ""
	}
	v.Done = false
	return v
}

// End returns the view when a phase has come so far. more says that something
// else is still to be done.
func (v HistoryView) End(phase HistoryPhase, percent int, more bool) HistoryView {
	if phase.shown() {
		v = v.Begin(phase)
		v.Percent = max(v.Percent, min(percent, 100))
	}
	v.Done = !more && (v.Phase == "" || v.Percent == 100)
	return v
}
