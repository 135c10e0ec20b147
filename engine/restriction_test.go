package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// What a restriction forbids waits until it ends, and everything else goes on.
func TestRestriction(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		limit := Restriction{Kind: "DEFAULT", Until: time.Now().Add(time.Hour)}
		client.sink.Signal(RestrictionChanged{limit})
		synctest.Wait()
		require.Equal(t, limit, w.rows.seat(seat).Restriction)
		require.Equal(t, StateConnected, w.state(seat))
		client.sink.Signal(RestrictionChanged{limit}) // told again
		synctest.Wait()
		require.Equal(t, 1, w.rows.count("SetRestriction"))

		w.toStrangers(seat, "Good day", "Hello")
		w.rows.queue(seat, "theirs", "Yes, it is")
		after(time.Minute)
		require.Equal(t, []string{"Yes, it is"}, client.sentTexts())
		after(58 * time.Minute)
		require.Equal(t, []string{"Yes, it is"}, client.sentTexts())
		after(5 * time.Minute)
		require.Len(t, client.sentTexts(), 3, "it has ended")
	})
}

// toStrangers queues texts for people who never wrote to the seat.
func (w *world) toStrangers(seat SeatKey, texts ...string) {
	w.rows.mu.Lock()
	defer w.rows.mu.Unlock()
	for _, text := range texts {
		w.rows.outbox[seat] = append(w.rows.outbox[seat], Draft{
			ID: MessageID(text), Conversation: ConversationID(text), WhatsAppID: text, Kind: KindText, Text: text,
		})
	}
}

// What waits for a restriction goes as soon as WhatsApp lifts it.
func TestRestrictionThatIsLifted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) { s.Restriction.Until = time.Now().Add(24 * time.Hour) })
		w.start()
		w.toStrangers(seat, "Good day")
		w.sv.seat(seat).outbox.wake("")
		after(time.Minute)
		client := w.provider.client(seat)
		require.Empty(t, client.sentTexts(), "a new process knows of it")
		client.sink.Signal(RestrictionChanged{})
		after(time.Minute)
		require.Equal(t, []string{"Good day"}, client.sentTexts())
		require.Equal(t, Restriction{}, w.rows.seat(seat).Restriction)
	})
}

func TestRestrictionView(t *testing.T) {
	t.Parallel()
	now := time.Now()
	require.Nil(t, Restriction{Until: now}.View(now))
	plain := Restriction{Kind: "DEFAULT", Until: now.Add(time.Hour)}.View(now)
	require.Equal(t, "DEFAULT", plain.Type)
	require.NotContains(t, plain.Sentence, "phone itself")
	require.Contains(t, Restriction{Kind: "RESTRICT_ALL_COMPANIONS", Until: now.Add(time.Hour)}.View(now).Sentence, "phone itself")
}
