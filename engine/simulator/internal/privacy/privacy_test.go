package privacy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

func TestDefaultsAreAValueOfEachCategory(t *testing.T) {
	t.Parallel()
	var s privacy.Settings
	for _, category := range privacy.Categories() {
		_, err := s.Apply(privacy.Change{Category: category, Value: s.Value(category)}, time.Now())
		require.NoError(t, err, category)
	}
	require.Empty(t, s.Value("weather"))
	require.True(t, s.Admits(privacy.LastSeen, "anybody", false))
	require.False(t, s.Admits(privacy.Stickers, "stranger", false))
}

func TestWhomACategoryAdmits(t *testing.T) {
	t.Parallel()
	for _, step := range []struct {
		value                     string
		contact, stranger, listed bool
	}{
		{privacy.All, true, true, true},
		{privacy.Contacts, true, false, true},
		{privacy.None, false, false, false},
		{privacy.ContactBlacklist, true, false, false},
	} {
		var s privacy.Settings
		change := privacy.Change{Category: privacy.Picture, Value: step.value}
		if step.value == privacy.ContactBlacklist {
			change.Add = []string{"listed"}
		}
		_, err := s.Apply(change, time.Now())
		require.NoError(t, err)
		require.Equal(t, step.contact, s.Admits(privacy.Picture, "contact", true), step.value)
		require.Equal(t, step.stranger, s.Admits(privacy.Picture, "stranger", false), step.value)
		require.Equal(t, step.listed, s.Admits(privacy.Picture, "listed", true), step.value)
	}
}

func TestListsAreVersioned(t *testing.T) {
	t.Parallel()
	var s privacy.Settings
	now := time.Now()
	change := privacy.Change{Category: privacy.LastSeen, Value: privacy.ContactBlacklist, Stamp: privacy.Unstamped, Add: []string{"a", "a", "b"}}
	first, err := s.Apply(change, now)
	require.NoError(t, err)
	_, err = s.Apply(change, now)
	require.ErrorIs(t, err, privacy.ErrStale)
	change.Stamp, change.Add, change.Remove = first, nil, []string{"a"}
	second, err := s.Apply(change, now)
	require.NoError(t, err)
	require.NotEqual(t, first, second, "a stamp is never used twice")
	people, stamp, ok := s.List(privacy.LastSeen)
	require.True(t, ok)
	require.Equal(t, []string{"b"}, people)
	require.Equal(t, second, stamp)
	_, err = s.Apply(privacy.Change{Category: privacy.LastSeen, Value: privacy.All}, now)
	require.NoError(t, err)
	_, _, ok = s.List(privacy.LastSeen)
	require.False(t, ok)
}

func TestWrongChangesAreRefused(t *testing.T) {
	t.Parallel()
	var s privacy.Settings
	many := make([]string, 5001)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, bad := range []struct {
		change privacy.Change
		want   error
	}{
		{privacy.Change{Category: "weather", Value: privacy.All}, privacy.ErrUnknown},
		{privacy.Change{Category: privacy.Online, Value: privacy.None}, privacy.ErrUnknown},
		{privacy.Change{Category: privacy.Picture, Value: privacy.All, Add: []string{"a"}}, privacy.ErrUnknown},
		{privacy.Change{Category: privacy.Picture, Value: privacy.ContactBlacklist, Stamp: "17"}, privacy.ErrStale},
		{privacy.Change{Category: privacy.Picture, Value: privacy.ContactBlacklist, Add: many}, privacy.ErrFull},
	} {
		_, err := s.Apply(bad.change, time.Now())
		require.ErrorIs(t, err, bad.want)
		require.Equal(t, privacy.All, s.Value(privacy.Picture))
	}
}

func TestBlocklist(t *testing.T) {
	t.Parallel()
	var b privacy.Blocklist
	now := time.Now()
	require.Equal(t, privacy.Unstamped, b.Stamp())
	changed, err := b.Block("a", now)
	require.NoError(t, err)
	require.True(t, changed)
	first := b.Stamp()
	changed, err = b.Block("a", now)
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, first, b.Stamp())
	require.True(t, b.Has("a"))
	require.Equal(t, []string{"a"}, b.People())
	require.True(t, b.Unblock("a", now))
	require.False(t, b.Unblock("a", now))
	require.False(t, b.Has("a"))
	require.NotEqual(t, first, b.Stamp())
}
