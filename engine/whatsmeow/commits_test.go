package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type valueKey struct{}

// Changes that wait share a transaction; the one that fails, and one that
// panics, take no other with them.
func TestCommits(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	c, db := k.p.keeper.commits, k.p.keeper.db
	_, err := db.Exec(t.Context(), `CREATE TABLE changes (name text PRIMARY KEY, value text NOT NULL)`)
	require.NoError(t, err)
	insert := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			value, _ := ctx.Value(valueKey{}).(string)
			_, err := db.Exec(ctx, `INSERT INTO changes (name, value) VALUES ($1, $2)`, name, value)
			return err
		}
	}
	for range cap(c.turns) {
		c.turns <- struct{}{} // all wait
	}
	wrong := errors.New("wrong")
	results := make([]error, 20)
	var working sync.WaitGroup
	for i := range results {
		run := insert(fmt.Sprint(i))
		switch i {
		case 3:
			run = func(context.Context) error { return wrong }
		case 7:
			run = func(context.Context) error { panic("a change") }
		case 11:
			run = func(ctx context.Context) error {
				_, err := db.Exec(ctx, `INSERT INTO changes (nonsense) VALUES (1)`)
				return err
			}
		}
		working.Go(func() {
			// Whose caller gives up is made all the same.
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), valueKey{}, fmt.Sprint("v", i)))
			cancel()
			results[i] = c.make(ctx, run)
		})
	}
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.waiting) == len(results)
	}, time.Minute, time.Millisecond)
	for range cap(c.turns) {
		<-c.turns
	}
	working.Wait()
	for i, err := range results {
		var value string
		scanErr := db.QueryRow(t.Context(), `SELECT value FROM changes WHERE name = $1`, fmt.Sprint(i)).Scan(&value)
		switch i {
		case 3:
			require.ErrorIs(t, err, wrong)
		case 7, 11:
			require.Error(t, err)
			require.Error(t, scanErr)
		default:
			require.NoError(t, err)
			require.NoError(t, scanErr)
			require.Equal(t, fmt.Sprint("v", i), value)
		}
	}
}
