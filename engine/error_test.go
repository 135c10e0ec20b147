package engine

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestError(t *testing.T) {
	err := fmt.Errorf("store seat: %w", &Error{Code: CodeConflict, Message: "Do this.", Err: errFake})
	require.Equal(t, CodeConflict, CodeOf(err))
	require.Equal(t, "Do this.", MessageOf(err))
	require.ErrorIs(t, err, errFake)
	require.EqualError(t, err, "store seat: Do this: made to fail")
	require.EqualError(t, Errorf(CodeBusy, "Wait %d seconds.", 3), "Wait 3 seconds.")
}

func TestErrorOfAnotherKindIsShownToNobody(t *testing.T) {
	require.Equal(t, Code(""), CodeOf(nil))
	err := errors.New("password of the database: 123")
	require.Equal(t, CodeInternal, CodeOf(err))
	require.NotContains(t, MessageOf(err), "123")
}

func TestBackoff(t *testing.T) {
	backoff := Backoff{First: time.Second, Longest: 10 * time.Second}
	for n, want := range map[int]time.Duration{
		0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 6: 10, 1000: 10, math.MaxInt: 10,
	} {
		want *= time.Second
		for range 100 {
			wait := backoff.Wait(n)
			require.GreaterOrEqual(t, wait, want/2, n)
			require.Less(t, wait, want+want/2, n)
		}
	}
	require.Zero(t, Backoff{}.Wait(5))
	require.Positive(t, Backoff{First: time.Second}.Wait(5), "never a loop without a pause")
	require.Positive(t, Backoff{First: 1 << 60, Longest: 1 << 61}.Wait(9))
}
