// Package media fetches the files that come with messages, looks what they
// are, makes small pictures of them, makes files fit to be sent, and lets them
// go when their time is over.
//
// A file is fetched by a job, which the transaction that stores its message
// enqueues: see [Worker]. It goes through a file on the disk into the blob
// store and is never whole in memory. If WhatsApp doesn't have it any more,
// the phone is asked to upload it again, some times, and its answer comes as a
// fact ([engine.MediaAnswer]) that enqueues the job anew. A file whose seat has
// no connection waits for it: see [Service.Handle].
//
// What is in a file is its sender's word. Sizes are looked at before anything
// is decoded, one picture is decoded at a time, and FFmpeg, which is used if
// it is there, is told the format that we found instead of guessing one.
package media
