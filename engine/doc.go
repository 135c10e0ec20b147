// Package engine is the middle of Aibud: its vocabulary, and the running of
// seats.
//
// A seat is one WhatsApp number. Each running [Seat] has one goroutine that
// owns its connection and its state, and one that sends what its outbox
// holds. The [Supervisor] reconciles the seats that run with the seats that
// the database says should run.
//
// What happens on WhatsApp reaches the engine as facts: a [Client] hands each
// to its [Sink], and acknowledges it to WhatsApp only when the sink says that
// it is stored. Whatever is stored also becomes an [Event] in the tenant's
// log; a [Reader] follows the log from a cursor of its own.
//
// Concurrency: a Seat's methods may be called from any goroutine and never
// wait for WhatsApp unless their comment says so. A panic or a hang in one
// seat's client ends or delays that seat only.
//
// The package imports nothing else of ours. It declares the small interfaces
// it needs; package store implements those about records, the packages below
// engine implement Client, and cmd hands them in.
package engine
