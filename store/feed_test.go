package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store/storetest"
)

func TestFeed(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t, storetest.SQLite)
	var mu sync.Mutex
	var told []engine.Event
	stop := config.Feed.Listen(func(events []engine.Event) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, events...)
	})
	defer stop()
	s := openConfig(t, config)
	user, err := s.SignUp(t.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: "c", PasswordHash: "h"}, true)
	require.NoError(t, err)
	rows := s.Tenant(user.Tenant)
	_, err = rows.CreateSeat(t.Context(), "seat")
	require.NoError(t, err)
	_, err = rows.CreateSeat(t.Context(), "")
	require.Error(t, err)
	logged, err := rows.Events(t.Context(), 0, 10)
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, logged, told, "what was committed, as it is in the log")
}
