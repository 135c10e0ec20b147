package storetest

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// Exercise runs the contract that a store must keep. open returns a fresh
// store, which it closes when its test ends.
func Exercise(t *testing.T, open func(t *testing.T) *store.Store) {
	t.Helper()
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bundle)
	}{
		{"SignUp", signUp},
		{"SignUpAtOnce", signUpAtOnce},
		{"Sessions", sessions},
		{"Settings", settings},
		{"TenantsDoNotSeeEachOther", isolation},
		{"Seats", seats},
		{"RemoveSeat", removeSeat},
		{"SeatRecords", seatRecords},
		{"PairingSteps", pairingSteps},
		{"Proxy", proxy},
		{"Restriction", restriction},
		{"Activity", activity},
		{"Claims", claims},
		{"ClaimsAtOnce", claimsAtOnce},
		{"Incoming", incoming},
		{"FactsOnce", factsOnce},
		{"FactsAllOrNone", factsAllOrNone},
		{"HostileText", hostileText},
		{"FromPhone", fromPhone},
		{"History", history},
		{"ImportHistory", importHistory},
		{"ImportOrder", importOrder},
		{"ImportAfterLive", importAfterLive},
		{"ImportChanges", importChanges},
		{"ImportRoom", importRoom},
		{"ImportArranged", importArranged},
		{"ImportLeavers", importLeavers},
		{"ImportResolves", importResolves},
		{"HistoryParts", historyParts},
		{"HistoryAsked", historyAsked},
		{"Backlog", backlog},
		{"Late", late},
		{"Content", contentKept},
		{"Reactions", reactions},
		{"EditsAndRevokes", editsAndRevokes},
		{"Votes", votes},
		{"Waiting", waiting},
		{"Secrets", secrets},
		{"ChangeBeforeItsTarget", changeBeforeTarget},
		{"ChangeThatComesFirst", lateTarget},
		{"WaitingForAChange", waitingChange},
		{"WaitingOwn", waitingOwn},
		{"WaitingOnce", waitingOnce},
		{"WaitingAndRevoked", waitingRevoked},
		{"SendChange", sendChange},
		{"SendContent", sendContent},
		{"ReachAChat", reachAChat},
		{"ReadOnPhone", readOnPhone},
		{"MarkRead", markRead},
		{"Presence", presence},
		{"PresenceInGroups", presenceInGroups},
		{"PresenceMode", presenceMode},
		{"OpenConversation", openConversation},
		{"OpenKnownByLID", openKnownByLID},
		{"TenantSettings", tenantSettings},
		{"MergeByIdentity", mergeByIdentity},
		{"MergeByMessage", mergeByMessage},
		{"MergeOneConversation", mergeOneConversation},
		{"MergeTurns", mergeTurns},
		{"NumberGivenOutAgain", numberGivenOutAgain},
		{"Names", names},
		{"GroupMessages", groupMessages},
		{"RoomTypes", roomTypes},
		{"GroupMarks", groupMarks},
		{"GroupRevokes", groupRevokes},
		{"GroupReceipts", groupReceipts},
		{"GroupSends", groupSends},
		{"GroupNews", groupNews},
		{"GroupReachesAll", groupReachesAll},
		{"ChannelNews", channelNews},
		{"MergeInGroups", mergeInGroups},
		{"Send", send},
		{"SendOnce", sendOnce},
		{"Outbox", outbox},
		{"LeadWroteAt", leadWroteAt},
		{"ReceiptBeforeSent", receiptBeforeSent},
		{"ReceiptsMoveForward", receiptsMoveForward},
		{"OrderOfSending", orderOfSending},
		{"OrderByReceipts", orderByReceipts},
		{"ChangeByReceipt", changeByReceipt},
		{"ReceiptsBeforeTheirMessage", receiptsBeforeTheirMessage},
		{"Times", times},
		{"Failures", failures},
		{"Keys", idempotencyKeys},
		{"SeatSending", seatSending},
		{"SentCounts", sentCounts},
		{"WaitingInTheOutbox", waitingInTheOutbox},
		{"PeopleFirst", peopleFirst},
		{"RepliesBeforeStrangers", repliesBeforeStrangers},
		{"Scheduled", scheduled},
		{"ScheduledTimes", scheduledTimes},
		{"Reschedule", reschedule},
		{"Cancel", cancel},
		{"ScheduledOnARemovedSeat", scheduledOnARemovedSeat},
		{"Retry", retry},
		{"SentAgain", sentAgain},
		{"Slowed", slowed},
		{"LearnRecipient", learnRecipient},
		{"Pages", pages},
		{"LogWithoutGaps", logWithoutGaps},
		{"FactsAtOnce", factsAtOnce},
		{"FactThatCannotBeWritten", factThatCannotBeWritten},
		{"GivenUpWhileWaiting", givenUpWhileWaiting},
		{"ReaderExactlyOnce", readerExactlyOnce},
		{"ReadersAtOnce", readersAtOnce},
		{"ChatChanges", chatChanges},
		{"ChatChangeBeforeMessage", chatChangeBeforeMessage},
		{"Unarchive", unarchive},
		{"Filters", filters},
		{"Stars", stars},
		{"ClearChat", clearChat},
		{"ClearedChatStays", clearedChatStays},
		{"DeleteChat", deleteChat},
		{"DeleteForMe", deleteForMe},
		{"Labels", labels},
		{"ContactDetails", contactDetails},
		{"Blocks", blocks},
		{"AccountChanges", accountChanges},
		{"MergeStates", mergeStates},
		{"MissedCall", missedCall},
		{"CallLikeAMessage", callLikeAMessage},
		{"CallsEnd", callsEnd},
		{"RefusedCalls", refusedCalls},
		{"AssistantSettings", assistantSettings},
		{"Turns", turns},
		{"TurnLost", turnLost},
		{"TurnAnswered", turnAnswered},
		{"TurnTakenOver", turnTakenOver},
		{"TurnGivenUp", turnGivenUp},
		{"TurnsAtOnce", turnsAtOnce},
		{"Jobs", jobs},
		{"JobsRollBack", jobsRollBack},
		{"JobsResumed", jobsResumed},
		{"Media", mediaOfMessages},
		{"MediaOfGroups", mediaOfGroups},
		{"MediaAnswers", mediaAnswers},
		{"MediaSent", mediaSent},
		{"MediaCleaned", mediaCleaned},
		{"MediaScheduled", mediaScheduled},
		{"Exclusive", exclusive},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, newBundle(t, open(t)))
		})
	}
}

// bundle is a store with one agency that has one seat.
type bundle struct {
	t     *testing.T
	store *store.Store
	agency

	serial atomic.Int64
}

// agency is a tenant with a user and a seat.
type agency struct {
	user engine.User
	rows *store.Tenant
	seat engine.SeatKey
}

func newBundle(t *testing.T, s *store.Store) *bundle {
	t.Helper()
	b := &bundle{t: t, store: s}
	b.agency = b.newAgency("first")
	return b
}

func (b *bundle) ctx() context.Context { return b.t.Context() }

func (b *bundle) newAgency(name string) agency {
	b.t.Helper()
	user, err := b.store.SignUp(b.ctx(), engine.NewAccount{
		Agency: name, Name: "Agent of " + name, Email: name + "@example.com", PasswordHash: "hash of " + name,
	}, true)
	require.NoError(b.t, err)
	a := agency{user: user, rows: b.store.Tenant(user.Tenant)}
	a.seat = b.newSeat(a, name+"'s seat")
	return a
}

func (b *bundle) newSeat(a agency, name string) engine.SeatKey {
	b.t.Helper()
	seat, err := a.rows.CreateSeat(b.ctx(), name)
	require.NoError(b.t, err)
	return engine.SeatKey{Tenant: a.user.Tenant, Seat: seat.ID}
}

// now is a time as WhatsApp tells it: in whole seconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func thandi() engine.Party { return engine.Party{Phone: engine.PhoneAddress("27821234567")} }

const thandisLID = engine.Address("111222333@lid")

// text is a lead's message with an ID of its own.
func (b *bundle) text(chat engine.Party, text string) engine.Incoming {
	return engine.Incoming{
		WhatsAppID: "LEAD" + strconv.FormatInt(b.serial.Add(1), 10), Chat: chat, Kind: engine.KindText, Text: text, At: now(),
	}
}

func (b *bundle) record(facts ...engine.Fact) {
	b.t.Helper()
	require.NoError(b.t, b.store.Record(b.ctx(), b.seat, facts))
}

// conversations are the seat's, the newest first.
func (b *bundle) conversations() []engine.ConversationView {
	b.t.Helper()
	found, next, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{Seat: b.seat.Seat}, engine.Page{Limit: 100})
	require.NoError(b.t, err)
	require.Empty(b.t, next)
	return found
}

// talk stores a lead's message and returns the only conversation.
func (b *bundle) talk(words string) engine.ConversationView {
	b.t.Helper()
	b.record(b.text(thandi(), words))
	return b.only()
}

func (b *bundle) only() engine.ConversationView {
	b.t.Helper()
	found := b.conversations()
	require.Len(b.t, found, 1)
	return found[0]
}

func (b *bundle) conversation(id engine.ConversationID) engine.ConversationView {
	b.t.Helper()
	view, err := b.rows.Conversation(b.ctx(), id)
	require.NoError(b.t, err)
	return view
}

// messages are a conversation's, the oldest first.
func (b *bundle) messages(id engine.ConversationID) []engine.MessageView {
	b.t.Helper()
	found, next, err := b.rows.Messages(b.ctx(), id, engine.Page{Limit: 100})
	require.NoError(b.t, err)
	require.Empty(b.t, next)
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}

func (b *bundle) message(conversation engine.ConversationID, id engine.MessageID) engine.MessageView {
	b.t.Helper()
	for _, m := range b.messages(conversation) {
		if m.ID == id {
			return m
		}
	}
	require.Fail(b.t, "no such message")
	return engine.MessageView{}
}

func (b *bundle) send(conversation engine.ConversationID, text string) engine.MessageView {
	b.t.Helper()
	m, err := b.rows.Send(b.ctx(), conversation, engine.NewMessage{User: b.user.ID, Text: text})
	require.NoError(b.t, err)
	return m
}

func (b *bundle) lastSeq() int64 {
	b.t.Helper()
	seq, err := b.rows.LastSeq(b.ctx())
	require.NoError(b.t, err)
	return seq
}

// since returns the kinds of the events after a number.
func (b *bundle) since(seq int64) []engine.EventKind {
	b.t.Helper()
	events, err := b.rows.Events(b.ctx(), seq, 1000)
	require.NoError(b.t, err)
	kinds := []engine.EventKind{}
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (b *bundle) drafts() []engine.Draft {
	b.t.Helper()
	drafts, err := b.store.Outbox(b.ctx(), b.seat, 100)
	require.NoError(b.t, err)
	return drafts
}

func requireCode(t *testing.T, code engine.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, engine.CodeOf(err), "%v", err)
}
