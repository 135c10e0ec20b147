package main

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test's own program be the baseline, as the bench's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Every section measures something, however little there is of it. What is
// measured is no matter of this test.
func TestSections(t *testing.T) {
	folder := t.TempDir()
	t.Chdir("../..")
	program, err := program(t.Context(), folder, "")
	require.NoError(t, err)
	b := &bench{folder: folder, runCommand: runCommand{Aibud: program, settle: time.Millisecond, sizes: sizes{
		Idle: []int{12}, Crowd: 3, Seats: 2, Leads: 2, Texts: 20, Rush: 3, Rates: []int{40}, Seconds: 0.5, Sockets: 3, Frames: 3,
		Messages: 3000, Questions: 5,
	}}}
	for _, s := range sections() {
		b.Only = append(b.Only, s.name)
	}
	figures, err := b.all(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, figures)
	for _, f := range figures {
		require.NotEmpty(t, f.Name)
		require.False(t, math.IsNaN(f.Value) || math.IsInf(f.Value, 0), f.Name)
		if f.Unit != "KB" { // the memory of two seats is less than what a process's memory varies by
			require.GreaterOrEqual(t, f.Value, 0.0, f.Name)
		}
		if f.Reach != "" {
			require.NotNil(t, f.Reached, f.Name)
		}
	}
	var out lines
	require.NoError(t, report(&out, figures, true))
	require.Equal(t, len(figures), out.count)
	require.NoError(t, report(&out, figures, false))
}

// lines counts what is written.
type lines struct{ count int }

func (l *lines) Write(text []byte) (int, error) {
	for _, c := range text {
		if c == '\n' {
			l.count++
		}
	}
	return len(text), nil
}

func TestMedian(t *testing.T) {
	run := func(value, baseline float64) []figure {
		return []figure{against("ratio", "", value, baseline), plain("value", "", value)}
	}
	got := median([][]figure{run(3, 1), run(8, 4), run(1, 1)})
	require.InDelta(t, 2, *got[0].Ratio, 0.001)
	require.InDelta(t, 3, got[1].Value, 0.001)
}
