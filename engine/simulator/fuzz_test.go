package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

// FuzzHandle gives a linked client's connection every stanza that can be decoded.
func FuzzHandle(f *testing.F) {
	for _, frame := range recorded(f, recordedStanzas) {
		f.Add(frame)
	}
	for _, node := range OddStanzas(worldLead) {
		frame, err := stanza.Encode(node)
		require.NoError(f, err)
		f.Add(frame)
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	f.Fuzz(func(t *testing.T, frame []byte) {
		if node, err := stanza.Decode(frame); err == nil {
			w := ws.get(t)
			inTime(func() { w.client(w.agent, 1).handle(node) })
			w.unharmed(t)
		}
	})
}

// FuzzQueries gives a linked client's connection the library's own stanzas with parts taken away, doubled and replaced.
func FuzzQueries(f *testing.F) {
	stanzas := recorded(f, recordedStanzas)
	for which := range stanzas {
		f.Add(uint(which), uint64(which), uint8(3))
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	f.Fuzz(func(t *testing.T, which uint, seed uint64, rounds uint8) {
		node, err := stanza.Decode(stanzas[which%uint(len(stanzas))])
		require.NoError(t, err)
		w := ws.get(t)
		odd := w.mutator(seed).node(*node, int(rounds%16))
		frame, err := stanza.Encode(odd)
		require.NoError(t, err)
		if node, err = stanza.Decode(frame); err != nil {
			return // such as a node without a name
		}
		inTime(func() { w.client(w.agent, 1).handle(node) })
		w.unharmed(t)
	})
}

// FuzzUnlinked gives a connection that wants to be linked the same.
func FuzzUnlinked(f *testing.F) {
	stanzas := recorded(f, recordedStanzas)
	for which := range stanzas {
		f.Add(uint(which), uint64(which), uint8(2))
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	f.Fuzz(func(t *testing.T, which uint, seed uint64, rounds uint8) {
		node, err := stanza.Decode(stanzas[which%uint(len(stanzas))])
		require.NoError(t, err)
		w := ws.get(t)
		c := w.newcomer(t)
		odd := w.mutator(seed).node(*node, int(rounds%16))
		inTime(func() {
			if c.begin() && c.handle(node) {
				c.handle(&odd)
			}
			c.leave()
		})
		w.unharmed(t)
	})
}

// FuzzMessage gives a phone what a client may have encrypted for it.
func FuzzMessage(f *testing.F) {
	for _, plain := range recorded(f, recordedMessages) {
		f.Add(plain, false, uint8(0))
		f.Add(plain, true, uint8(1))
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	f.Fuzz(func(t *testing.T, plain []byte, peer bool, where uint8) {
		message := new(waE2E.Message)
		if proto.Unmarshal(plain, message) != nil {
			return
		}
		w := ws.get(t)
		d := w.client(w.agent, 1).device.Load()
		node := &binary.Node{Tag: "message", Attrs: binary.Attrs{"id": w.s.nextID(), "from": d.hid(), "type": "text"}}
		got := delivery{node: node, id: attr(node, "id"), from: d.hid(), sender: d}
		phone := w.lead
		switch {
		case peer:
			node.Attrs["category"], phone = "peer", w.agent
		case where%3 == 1:
			phone = w.agent // a copy of what its own client sent
		case where%3 == 2:
			got.chat, _ = types.ParseJID(w.group)
		}
		inTime(func() { phone.accept(got, message) })
		w.unharmed(t)
		_, err := json.Marshal(phone.Messages(0))
		require.NoError(t, err)
	})
}

// FuzzSettings gives a phone's settings what a client may have put into app state.
func FuzzSettings(f *testing.F) {
	value, err := proto.Marshal(&waSyncAction.SyncActionValue{
		Timestamp:  proto.Int64(1 << 60),
		MuteAction: &waSyncAction.MuteAction{Muted: proto.Bool(true), MuteEndTimestamp: proto.Int64(1 << 62)},
	})
	require.NoError(f, err)
	for _, index := range []string{
		indexMute, indexArchive, indexContact, indexStar, indexLabelEdit, indexLabelChat, indexLabelMessage, indexDeleteForMe,
		indexMarkRead, indexClearChat, indexDeleteChat, indexPushName, indexUserStatusMute, "unheard-of",
	} {
		f.Add(index+"\n27839876543@s.whatsapp.net\n1\n0\n0", value)
		f.Add(index, value)
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	f.Fuzz(func(t *testing.T, index string, raw []byte) {
		value := new(waSyncAction.SyncActionValue)
		if proto.Unmarshal(raw, value) != nil {
			return
		}
		view := settingsView{server: ws.get(t).s, now: time.Now(), out: noSettings()}
		view.show(strings.Split(index, "\n"), value)
		_, err := json.Marshal(view.out)
		require.NoError(t, err)
	})
}

// FuzzControl makes every control call with any body.
func FuzzControl(f *testing.F) {
	for which := range controlCalls() {
		for _, body := range []string{
			``, `{}`, `{"to":"` + worldLead + `","text":"hi"}`, `{"number":"27821110000"}`, `{"on":true}`, `{"kind":"drop"}`,
			`{"to":"` + worldLead + `","media":{"kind":"image","mimetype":"image/png","data":"AAAA"}}`,
			`{"to":"` + worldLead + `","poll":{"name":"?","options":["a","b"],"selectable":1}}`,
			`{"chats":[{"with":"` + worldLead + `","messages":[{"text":"old"}]}]}`, `{"subject":"x","owner":"` + worldLead + `"}`,
		} {
			f.Add(uint(which), body, "1")
		}
	}
	var ws worlds
	f.Cleanup(func() { ws.end(f) })
	calls := controlCalls()
	f.Fuzz(func(t *testing.T, which uint, body, name string) {
		w := ws.get(t)
		method, path, _ := strings.Cut(calls[which%uint(len(calls))], " ")
		path = strings.NewReplacer(
			"{number}", worldAgent, "{whom}", worldLead, "{jid}", url.PathEscape(w.group), "{id}", url.PathEscape(name),
			"{category}", url.PathEscape(name), "{channel}", url.PathEscape(w.channel),
		).Replace(path)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		request := httptest.NewRequestWithContext(ctx, method, "/control"+path, strings.NewReader(body))
		answer := httptest.NewRecorder()
		inTime(func() { w.s.routes().ServeHTTP(answer, request) })
		if answer.Code/100 == 3 {
			return // the path was not a clean one
		}
		require.NotEqual(t, http.StatusInternalServerError, answer.Code, "%s %s %s: %s", method, path, body, answer.Body)
		require.True(t, json.Valid(answer.Body.Bytes()), "%s %s: %s", method, path, answer.Body)
		if w.errors.count.Load() > 0 {
			require.Fail(t, "the server made a mistake", *w.errors.last.Load())
		}
	})
}

// controlCalls reads the calls from the sources that serve them, so that a new one is fuzzed too.
func controlCalls() []string {
	files, err := filepath.Glob("control*.go")
	if err != nil {
		panic(err)
	}
	pattern := regexp.MustCompile(`"((?:GET|POST|PUT|PATCH|DELETE) )/control(/[^"]*)"`)
	var calls []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		for _, match := range pattern.FindAllStringSubmatch(string(source), -1) {
			calls = append(calls, match[1]+match[2])
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// FuzzCode reads what somebody holds before a phone's camera.
func FuzzCode(f *testing.F) {
	f.Add(linkPrefix + "2@ref,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=," +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,1")
	f.Add(",,,")
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := parseCode(text); err == nil {
			require.Len(t, read.secret, 32)
		} else {
			require.ErrorIs(t, err, ErrInvalid)
		}
	})
}

// FuzzRegistration reads what a new client says of itself.
func FuzzRegistration(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, make([]byte, 32), []byte{0, 0, 1}, make([]byte, 32), make([]byte, 64), []byte{})
	f.Fuzz(func(t *testing.T, regID, identity, keyID, key, signature, props []byte) {
		peer := &noise.Peer{Payload: registration(regID, identity, keyID, key, signature, props)}
		// Errors are expected; only a panic is a fault.
		_, _ = parseRegistration(&conn{peer: peer})
	})
}
