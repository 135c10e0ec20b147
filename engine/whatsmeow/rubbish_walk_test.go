package whatsmeow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// anything makes values of any type with rubbish in them, and among it what is
// as it should be, so that the rubbish gets further.
type anything struct {
	t    *testing.T
	rand *rand.Rand
	junk []string
}

func pick[T any](a *anything, from ...T) T { return from[a.rand.IntN(len(from))] }

// of makes a value of a type. What is nested deeper than anything of ours is
// left out.
func (a *anything) of(of reflect.Type, depth int) reflect.Value {
	made := reflect.New(of).Elem()
	switch of {
	case reflect.TypeFor[engine.Fact]():
		made.Set(a.fact(depth))
		return made
	case reflect.TypeFor[engine.Kind]():
		made.SetString(string(pick(a, append([]engine.Kind{engine.Kind(pick(a, a.junk...))}, kinds()...)...)))
		return made
	case reflect.TypeFor[engine.Address]():
		made.SetString(pick(a, pick(a, a.junk...), leadNumber+"@s.whatsapp.net", "123456789@lid", "120363000000000001@g.us", "120363000000000001@newsletter"))
		return made
	case reflect.TypeFor[time.Time]():
		made.Set(reflect.ValueOf(pick(a, time.Time{}, time.Now(), time.Unix(-1<<40, 0), time.Unix(1<<50, 0))))
		return made
	case reflect.TypeFor[time.Duration]():
		made.SetInt(int64(pick(a, 0, -time.Second, time.Hour, 24*time.Hour, math.MaxInt64)))
		return made
	case reflect.TypeFor[*os.File]():
		file, err := os.CreateTemp(a.t.TempDir(), "")
		require.NoError(a.t, err)
		a.t.Cleanup(func() { _ = file.Close() })
		return reflect.ValueOf(file)
	}
	a.fill(made, depth)
	return made
}

// fill puts something into a value by its kind.
func (a *anything) fill(made reflect.Value, depth int) {
	of := made.Type()
	switch of.Kind() {
	case reflect.String:
		made.SetString(pick(a, a.junk...))
	case reflect.Bool:
		made.SetBool(a.rand.IntN(2) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		made.SetInt(int64(pick(a, 0, 1, -1, 5, 100, math.MaxInt32, math.MinInt32)))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		made.SetUint(uint64(pick(a, 0, 1, 255)))
	case reflect.Float64:
		made.SetFloat(pick(a, 0, -33.9, 1e300, math.NaN(), math.Inf(1)))
	case reflect.Pointer:
		if depth > 0 && a.rand.IntN(3) > 0 {
			made.Set(reflect.New(of.Elem()))
			made.Elem().Set(a.of(of.Elem(), depth-1))
		}
	case reflect.Struct:
		for i := range made.NumField() {
			if made.Field(i).CanSet() {
				made.Field(i).Set(a.of(of.Field(i).Type, depth-1))
			}
		}
	case reflect.Slice:
		for range a.rand.IntN(4) {
			made.Set(reflect.Append(made, a.of(of.Elem(), depth-1)))
		}
	case reflect.Func:
		made.Set(reflect.MakeFunc(of, func([]reflect.Value) []reflect.Value { // one that never fails
			results := make([]reflect.Value, of.NumOut())
			for i := range results {
				results[i] = reflect.Zero(of.Out(i))
			}
			return results
		}))
	default: // maps of nothing that we send
	}
}

func (a *anything) fact(depth int) reflect.Value {
	return a.of(reflect.TypeOf(pick[engine.Fact](a,
		engine.ChatChange{}, engine.ChatCleared{}, engine.Starred{}, engine.MessageRemoved{}, engine.LabelChange{}, engine.Labelled{},
		engine.ContactChange{}, engine.Incoming{},
	)), depth)
}

func kinds() []engine.Kind {
	return []engine.Kind{
		engine.KindText, engine.KindImage, engine.KindVideo, engine.KindAudio, engine.KindVoice, engine.KindDocument, engine.KindSticker,
		engine.KindLocation, engine.KindContact, engine.KindPoll, engine.KindReaction, engine.KindEdit, engine.KindRevoke, engine.KindVote,
		engine.KindCall, engine.KindWaiting, engine.KindNotice, engine.KindUnknown,
	}
}

// TestEveryMethodBearsAnything calls every method that a connected client has,
// found by walking them, with whatever.
func TestEveryMethodBearsAnything(t *testing.T) {
	const rounds = 60
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	w.phone(t, leadNumber, "Sipho")
	client := reflect.ValueOf(s.Client)
	a := &anything{t: t, rand: rand.New(rand.NewPCG(1, 2)), junk: rubbish()}
	for i := range client.NumMethod() {
		name := client.Type().Method(i).Name
		if slices.Contains([]string{"Close", "Connect", "Disconnect", "Logout"}, name) {
			continue // they take nothing, and end what is tested
		}
		for range rounds {
			ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
			of := client.Method(i).Type()
			args := make([]reflect.Value, of.NumIn())
			for n := range args {
				if of.In(n) == reflect.TypeFor[context.Context]() {
					args[n] = reflect.ValueOf(ctx)
				} else {
					args[n] = a.of(of.In(n), 6)
				}
			}
			results := client.Method(i).Call(args)
			cancel()
			if len(results) > 0 {
				err, _ := results[len(results)-1].Interface().(error)
				bears(t, name, args, err)
			}
		}
	}
	require.NotContains(t, s.signalsSoFar(), engine.Disconnected{}, "the connection went on")
	_, err := s.able(t).Groups(t.Context())
	require.NoError(t, err)
}

// bears requires that an error is one for people.
func bears(t *testing.T, name string, args []reflect.Value, err error) {
	t.Helper()
	for _, ours := range []error{nil, engine.ErrMediaDamaged, engine.ErrMediaGone, engine.ErrMediaLost, engine.ErrMediaTooLarge} {
		if errors.Is(err, ours) {
			return
		}
	}
	what := name + ":"
	for _, arg := range args {
		if arg.Type().Implements(reflect.TypeFor[context.Context]()) || arg.Kind() == reflect.Func {
			continue
		}
		what += fmt.Sprintf(" %.200q", fmt.Sprintf("%+v", arg.Interface()))
	}
	require.NotContains(t, err.Error(), "panic", what)
	if name == "ReadAnswer" {
		return // of what the store kept: people give it nothing
	}
	require.NotContains(t, []engine.Code{engine.CodeInternal, engine.CodeUnavailable, engine.CodeTimeout, engine.CodeNotConnected}, engine.CodeOf(err), what)
	require.NotEmpty(t, engine.MessageOf(err), what)
}
