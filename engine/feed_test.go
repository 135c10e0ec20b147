package engine

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFeed(t *testing.T) {
	var feed Feed
	var first, second []int64
	collect := func(into *[]int64) func([]Event) {
		return func(events []Event) {
			for _, event := range events {
				*into = append(*into, event.Seq)
			}
		}
	}
	feed.Publish([]Event{{Seq: 1}}) // nobody listens
	stopFirst := feed.Listen(collect(&first))
	stopSecond := feed.Listen(collect(&second))
	feed.Publish(nil)
	feed.Publish([]Event{{Seq: 2}, {Seq: 3}})
	stopFirst()
	stopFirst() // again: nothing happens
	feed.Publish([]Event{{Seq: 4}})
	stopSecond()
	feed.Publish([]Event{{Seq: 5}})
	require.Equal(t, []int64{2, 3}, first)
	require.Equal(t, []int64{2, 3, 4}, second)
}

// For the race detector: once stop has returned, nothing is told any more.
func TestFeedListenAndStopWhilePublishing(t *testing.T) {
	var feed Feed
	end := make(chan struct{})
	var publishers, listeners sync.WaitGroup
	for range 4 {
		publishers.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
					feed.Publish([]Event{{Seq: 1}})
				}
			}
		})
	}
	for range 8 {
		listeners.Go(func() {
			for range 100 {
				var stopped, late atomic.Bool
				stop := feed.Listen(func([]Event) {
					if stopped.Load() {
						late.Store(true)
					}
				})
				stop()
				stopped.Store(true)
				if late.Load() {
					t.Error("told after stop")
				}
			}
		})
	}
	listeners.Wait()
	close(end)
	publishers.Wait()
}
