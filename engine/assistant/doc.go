// Package assistant answers leads with Google Gemini.
//
// It has two halves. [Assistant.Handle] reads the event log: a lead's message
// opens a turn, or moves one that is open, and the turn's job is enqueued in
// the same transaction. [Worker] works that job once the lead has stopped
// writing: it shows 'typing…', asks the [Model], and hands the reply to
// [Records.Answer], which looks again whether the turn is still wanted. A
// newer message of the lead, an agent who answered meanwhile, or a pause wins
// over the reply; the reply is then thrown away.
//
// What goes wrong never reaches the lead. A failure that may pass is retried by
// the job with growing waits; one that will not, or the last one, ends the
// turn and flags the conversation for a person with a sentence that says why.
//
// Everything here may be called from any goroutine. Nothing here logs or puts
// into an error what a lead or a model wrote, or the API key.
package assistant
