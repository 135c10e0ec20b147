package newsletters_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
)

const (
	owner    = "owner"
	follower = "follower"
	stranger = "stranger"
)

func now() time.Time { return time.Unix(1_790_000_000, 0) }

func channel(t *testing.T) (*newsletters.Store, string) {
	t.Helper()
	s := new(newsletters.Store)
	info, err := s.Create(owner, "News", "What happens", now())
	require.NoError(t, err)
	_, changed, err := s.Follow(info.ID, follower)
	require.NoError(t, err)
	require.True(t, changed)
	return s, info.ID
}

func publish(t *testing.T, s *newsletters.Store, id, messageID, body string) newsletters.Message {
	t.Helper()
	m, fresh, err := s.Publish(id, owner, newsletters.Post{ID: messageID, Type: "text", Body: []byte(body)}, now())
	require.NoError(t, err)
	require.True(t, fresh)
	return m
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	info, err := s.Get(id, stranger)
	require.NoError(t, err)
	require.Equal(t, newsletters.Guest, info.Role)
	require.Equal(t, 1, info.Subscribers)
	require.Equal(t, newsletters.Active, info.State)
	invited, err := s.Invited(info.Invite, owner)
	require.NoError(t, err)
	require.Equal(t, id, invited.ID)
	require.Equal(t, newsletters.Owner, invited.Role)
	_, err = s.Invited("nothing", owner)
	require.ErrorIs(t, err, newsletters.ErrNotFound)
	for _, name := range []string{"", "  ", "\xff", strings.Repeat("x", newsletters.MaxName+1)} {
		_, err = s.Create(owner, name, "", now())
		require.ErrorIs(t, err, newsletters.ErrInvalid, name)
	}
	_, err = s.Create(owner, "x", strings.Repeat("x", newsletters.MaxDescription+1), now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
	for range 99 {
		_, err = s.Create(owner, "x", "", now())
		require.NoError(t, err)
	}
	_, err = s.Create(owner, "x", "", now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	_, changed, err := s.Follow(id, follower)
	require.NoError(t, err)
	require.False(t, changed)
	require.Len(t, s.Followed(follower), 1)
	changed, err = s.Mute(id, follower, true)
	require.NoError(t, err)
	require.True(t, changed)
	info, err := s.Get(id, follower)
	require.NoError(t, err)
	require.True(t, info.Muted)
	_, err = s.Mute(id, stranger, true)
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	_, err = s.Unfollow(id, owner)
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	changed, err = s.Unfollow(id, stranger)
	require.NoError(t, err)
	require.False(t, changed)
	changed, err = s.Unfollow(id, follower)
	require.NoError(t, err)
	require.True(t, changed)
	require.Empty(t, s.Followed(follower))
	_, _, err = s.Follow("1", follower)
	require.ErrorIs(t, err, newsletters.ErrNotFound)
}

func TestAdmins(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	require.ErrorIs(t, s.Appoint(id, follower, follower, true), newsletters.ErrForbidden)
	require.ErrorIs(t, s.Appoint(id, owner, stranger, true), newsletters.ErrInvalid)
	require.ErrorIs(t, s.Transfer(id, owner, follower), newsletters.ErrInvalid)
	require.NoError(t, s.Appoint(id, owner, follower, true))
	require.True(t, s.Runs(id, follower))
	require.Equal(t, 2, s.Admins(id))
	require.NoError(t, s.Transfer(id, owner, follower))
	require.NoError(t, s.Appoint(id, owner, owner, false), "an admin steps down")
	require.Equal(t, []newsletters.Member{{ID: follower, Role: newsletters.Owner}, {ID: owner, Role: newsletters.Subscriber}}, s.Members(id))
	require.ErrorIs(t, s.Delete(id, owner), newsletters.ErrForbidden)
	require.NoError(t, s.Delete(id, follower))
	require.ErrorIs(t, s.Delete(id, follower), newsletters.ErrNotFound)
	require.Empty(t, s.Followed(owner))
	info, err := s.Get(id, owner)
	require.NoError(t, err)
	require.Equal(t, newsletters.Deleted, info.State)
	_, _, err = s.Follow(id, stranger)
	require.ErrorIs(t, err, newsletters.ErrNotFound)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	name, none, wrong := "Today", newsletters.NoReactions, newsletters.Reactions("SOME")
	_, err := s.Update(id, follower, newsletters.Change{Name: &name}, now())
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	_, err = s.Update(id, owner, newsletters.Change{Reactions: &wrong}, now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
	later := now().Add(time.Hour)
	info, err := s.Update(id, owner, newsletters.Change{Name: &name, Reactions: &none}, later)
	require.NoError(t, err)
	require.Equal(t, newsletters.Text{Text: name, Updated: later}, info.Name)
	require.Equal(t, now(), info.Description.Updated)
	m := publish(t, s, id, "A", "x")
	_, err = s.React(id, follower, m.ServerID, "👍", later)
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	require.NoError(t, s.Verify(id, true))
	require.NoError(t, s.SetState(id, newsletters.Suspended))
	require.ErrorIs(t, s.SetState(id, newsletters.Deleted), newsletters.ErrInvalid)
	_, err = s.History(id, follower, 0, 0, 0)
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	require.Empty(t, s.Directory(stranger, 10))
	require.NoError(t, s.SetState(id, newsletters.Active))
	require.Len(t, s.Directory(stranger, 10), 1)
	require.True(t, s.Directory(stranger, 1)[0].Verified)
	require.ErrorIs(t, s.Verify("1", true), newsletters.ErrNotFound)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	first := publish(t, s, id, "A", "one")
	require.Equal(t, 100, first.ServerID)
	again, fresh, err := s.Publish(id, owner, newsletters.Post{ID: "A", Type: "text", Body: []byte("one")}, now())
	require.NoError(t, err)
	require.False(t, fresh)
	require.Equal(t, first, again)
	_, _, err = s.Publish(id, follower, newsletters.Post{ID: "B", Type: "text", Body: []byte("x")}, now())
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	_, _, err = s.Publish(id, owner, newsletters.Post{ID: "B"}, now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
	later := now().Add(time.Minute)
	edited, err := s.Edit(id, owner, newsletters.Post{ID: "A", Type: "text", Body: []byte("two")}, later)
	require.NoError(t, err)
	require.Equal(t, later, edited.Edited)
	require.Equal(t, first.ServerID, edited.ServerID)
	_, err = s.Edit(id, owner, newsletters.Post{ID: "Z", Body: []byte("two")}, later)
	require.ErrorIs(t, err, newsletters.ErrNotFound)
	revoked, err := s.Revoke(id, owner, "A", later)
	require.NoError(t, err)
	require.True(t, revoked.Revoked)
	require.Empty(t, revoked.Body)
	_, err = s.Revoke(id, owner, "A", later)
	require.ErrorIs(t, err, newsletters.ErrNotFound)
}

func TestWhatPeopleDo(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	m := publish(t, s, id, "A", "one")
	reacted, err := s.React(id, follower, m.ServerID, "👍", now())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"👍": 1}, reacted.Reactions)
	reacted, err = s.React(id, follower, m.ServerID, "🎉", now())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"🎉": 1}, reacted.Reactions)
	require.Equal(t, "🎉", reacted.Mine)
	_, err = s.React(id, stranger, m.ServerID, "🎉", now())
	require.ErrorIs(t, err, newsletters.ErrForbidden)
	_, err = s.React(id, follower, 7, "🎉", now())
	require.ErrorIs(t, err, newsletters.ErrNotFound)
	_, err = s.React(id, follower, m.ServerID, strings.Repeat("x", 65), now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
	reacted, err = s.React(id, follower, m.ServerID, "", now())
	require.NoError(t, err)
	require.Empty(t, reacted.Reactions)
	seen, err := s.View(id, stranger, []int{m.ServerID, m.ServerID, 4}, now())
	require.NoError(t, err)
	require.Len(t, seen, 1)
	require.Equal(t, 1, seen[0].Views)
	hash := sha256.Sum256([]byte("yes"))
	_, err = s.Vote(id, follower, m.ServerID, [][]byte{hash[:]}, now())
	require.ErrorIs(t, err, newsletters.ErrInvalid, "no poll")
	poll, _, err := s.Publish(id, owner, newsletters.Post{ID: "P", Type: "poll", PollType: "creation", Body: []byte("p")}, now())
	require.NoError(t, err)
	voted, err := s.Vote(id, follower, poll.ServerID, [][]byte{hash[:]}, now())
	require.NoError(t, err)
	require.Equal(t, []newsletters.Vote{{Hash: hash[:], Count: 1}}, voted.Votes)
	_, err = s.Vote(id, follower, poll.ServerID, [][]byte{{1}}, now())
	require.ErrorIs(t, err, newsletters.ErrInvalid)
}

func TestHistory(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	s.Keep(newsletters.Limits{Messages: 120})
	for i := range 150 {
		publish(t, s, id, fmt.Sprint(i), "x")
	}
	ids := func(count, before, after int) []int {
		found, err := s.History(id, follower, count, before, after)
		require.NoError(t, err)
		var out []int
		for _, m := range found {
			out = append(out, m.ServerID)
		}
		return out
	}
	require.Len(t, ids(0, 0, 0), 50)
	require.Len(t, ids(1000, 0, 0), 100)
	require.Equal(t, []int{248, 249}, ids(2, 0, 0))
	require.Equal(t, []int{246, 247}, ids(2, 248, 0))
	require.Equal(t, []int{247, 248}, ids(2, 0, 246))
	require.Equal(t, []int{130}, ids(0, 131, 0), "older ones are gone")
	_, err := s.React(id, follower, 200, "👍", now().Add(time.Hour))
	require.NoError(t, err)
	changed, err := s.Updates(id, follower, 0, 0, now().Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, changed, 1)
	require.Equal(t, 200, changed[0].ServerID)
	changed, err = s.Updates(id, follower, 3, 0, time.Time{})
	require.NoError(t, err)
	require.Len(t, changed, 3)
}

func TestListeners(t *testing.T) {
	t.Parallel()
	s, id := channel(t)
	require.NoError(t, s.Listen(id, "a", now().Add(time.Minute), now()))
	require.NoError(t, s.Listen(id, "b", now().Add(time.Hour), now()))
	require.Equal(t, []string{"a", "b"}, s.Listeners(id, now()))
	require.Equal(t, []string{"b"}, s.Listeners(id, now().Add(time.Minute)))
	require.ErrorIs(t, s.Listen("1", "a", now(), now()), newsletters.ErrNotFound)
	require.Empty(t, s.Listeners("1", now()))
}
