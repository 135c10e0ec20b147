package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// body returns what is at a path.
func (p *process) body(path string, headers ...string) (int, []byte) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	require.NoError(p.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.client.Do(request)
	require.NoError(p.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	return response.StatusCode, content
}

// upload gives the server a file that is to be sent.
func (p *process) upload(name string, size int64, content io.Reader) (file engine.Media) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/v1/media?filename="+name, content)
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/octet-stream")
	request.ContentLength = size
	response, err := p.client.Do(request)
	require.NoError(p.t, err)
	defer response.Body.Close()
	require.Equal(p.t, http.StatusCreated, response.StatusCode)
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&file))
	return file
}

// untilMedia waits until the message with a caption has its file in a state.
func (p *process) untilMedia(caption string, state engine.MediaState) engine.MessageView {
	p.t.Helper()
	var found engine.MessageView
	p.until("the file of "+caption+" is "+string(state), func() bool {
		conversations, err := pagesOf[engine.ConversationView](p, "/v1/conversations")
		if err != nil {
			return false
		}
		for _, c := range conversations {
			messages, err := pagesOf[engine.MessageView](p, "/v1/conversations/"+string(c.ID)+"/messages")
			if err != nil {
				return false
			}
			for _, m := range messages {
				if m.Text == caption && m.Content != nil && m.Content.Media != nil && m.Content.Media.State == state {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found
}

// peak is the most memory that the server has used, in bytes.
func (p *process) peak() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	require.NoError(p.t, err)
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(p.t, match)
	kilobytes, err := strconv.ParseInt(string(match[1]), 10, 64)
	require.NoError(p.t, err)
	return kilobytes << 10
}

func garden(t *testing.T) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, jpeg.Encode(&text, image.NewGray(image.Rect(0, 0, 640, 480)), nil))
	return text.Bytes()
}

func TestFilesComeAndGo(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(t.Context(), simulator.Config{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, sim.Close()) })
			office, err := sim.AddPhone("27825550100", "Office")
			require.NoError(t, err)
			lead, err := sim.AddPhone("27825551000", "Lead")
			require.NoError(t, err)
			p := newProcess(t, sim, database(t))
			p.start()
			p.signUp()
			seat := p.pair(office)

			want := garden(t)
			_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the garden"})
			require.NoError(t, err)
			got := p.untilMedia("the garden", engine.MediaStored)
			at := "/v1/media/" + string(got.Content.Media.ID)
			status, content := p.body(at)
			require.Equal(t, 200, status)
			require.Equal(t, want, content)
			status, content = p.body(at, "Range", "bytes=100-199")
			require.Equal(t, 206, status)
			require.Equal(t, want[100:200], content)
			status, _ = p.body(at + "/thumbnail")
			require.Equal(t, 200, status)

			// WhatsApp has deleted it, and the phone uploads it again.
			require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: lead.Number()}))
			_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindDocument, Data: want, Caption: "the plan", Filename: "plan.jpg"})
			require.NoError(t, err)
			p.untilMedia("the plan", engine.MediaStored)
			require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: lead.Number()}))
			require.NoError(t, sim.Inject(simulator.Fault{Kind: simulator.FaultMediaLost, Number: office.Number()}))
			_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindVideo, Data: want, Caption: "the drive"})
			require.NoError(t, err)
			lost := p.untilMedia("the drive", engine.MediaGone)
			require.NotEmpty(t, lost.Content.Media.Note)
			p.do("POST", "/v1/conversations/"+string(lost.Conversation)+"/messages/"+string(lost.ID)+"/media/download", nil, nil)
			p.untilMedia("the drive", engine.MediaStored) // the faults are over

			// One that comes while the server is down, and a stopped seat.
			p.kill()
			_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the roof"})
			require.NoError(t, err)
			p.start()
			p.untilMedia("the roof", engine.MediaStored)
			p.do("POST", "/v1/seats/"+string(seat)+"/stop", nil, nil)
			p.untilState(seat, engine.StateStopped)
			p.do("POST", "/v1/conversations/"+string(lost.Conversation)+"/messages", map[string]any{
				"media": map[string]any{"id": p.upload("garden.jpg", int64(len(want)), bytes.NewReader(want)).ID, "caption": "For you"},
			}, nil)
			p.kill()
			p.start()
			p.do("POST", "/v1/seats/"+string(seat)+"/start", nil, nil)
			sent, err := lead.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "For you" })
			require.NoError(t, err)
			content, err = lead.File(t.Context(), sent.ID)
			require.NoError(t, err)
			require.Equal(t, want, content)
			require.Equal(t, 640, sent.Media.Width)
			require.NoError(t, p.stop(), "a clean shutdown exits with 0")
		})
	}
}

// In a group: what a member sends is fetched, and what the server sends all
// members get, through a crash as well.
func TestFilesInGroups(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(t.Context(), simulator.Config{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, sim.Close()) })
			office, err := sim.AddPhone("27825550100", "Office")
			require.NoError(t, err)
			var members []*simulator.Phone
			for number, name := range map[string]string{"27825551000": "Lead", "27825552000": "Owner"} {
				member, err := sim.AddPhone(number, name)
				require.NoError(t, err)
				members = append(members, member)
			}
			p := newProcess(t, sim, database(t))
			p.start()
			p.signUp()
			p.pair(office)
			group, _, err := members[0].CreateGroup(t.Context(), simulator.NewGroup{
				Subject: "Viewing", Members: []string{office.Number(), members[1].Number()},
			})
			require.NoError(t, err)

			want := garden(t)
			_, err = members[0].Send(t.Context(), group.JID, simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the garden"})
			require.NoError(t, err)
			got := p.untilMedia("the garden", engine.MediaStored)
			status, content := p.body("/v1/media/" + string(got.Content.Media.ID))
			require.Equal(t, 200, status)
			require.Equal(t, want, content)

			file := p.upload("plan.jpg", int64(len(want)), bytes.NewReader(want))
			p.do("POST", "/v1/conversations/"+string(got.Conversation)+"/messages", map[string]any{
				"media": map[string]any{"id": file.ID, "kind": "document", "caption": "the plan"},
			}, nil)
			p.kill()
			p.start()
			for _, member := range append(members, office) {
				sent, err := member.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "the plan" })
				require.NoError(t, err)
				content, err := member.File(t.Context(), sent.ID)
				require.NoError(t, err)
				require.Equal(t, want, content)
			}
			require.NoError(t, p.stop(), "a clean shutdown exits with 0")
		})
	}
}

// TestLargeFilesStayOutOfMemory sends 64 MB through the server in both
// directions.
func TestLargeFilesStayOutOfMemory(t *testing.T) {
	t.Parallel()
	const size, allowed = 64 << 20, 32 << 20
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	office, err := sim.AddPhone("27825550100", "Office")
	require.NoError(t, err)
	lead, err := sim.AddPhone("27825551000", "Lead")
	require.NoError(t, err)
	p := newProcess(t, sim, "")
	p.start()
	p.signUp()
	p.pair(office)
	_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindDocument, Data: []byte("small"), Caption: "small"})
	require.NoError(t, err)
	small := p.untilMedia("small", engine.MediaStored)
	before := p.peak()

	_, err = lead.Send(t.Context(), office.Number(), simulator.Media{Kind: simulator.KindDocument, Data: make([]byte, size), Caption: "large"})
	require.NoError(t, err)
	large := p.untilMedia("large", engine.MediaStored)
	require.EqualValues(t, size, large.Content.Media.Size)
	received := p.peak() - before
	status, content := p.body("/v1/media/" + string(large.Content.Media.ID))
	require.Equal(t, 200, status)
	require.Len(t, content, size)
	served := p.peak() - before

	file := p.upload("large.bin", size, bytes.NewReader(make([]byte, size)))
	uploaded := p.peak() - before
	p.do("POST", "/v1/conversations/"+string(small.Conversation)+"/messages", map[string]any{
		"media": map[string]any{"id": file.ID, "caption": "back to you"},
	}, nil)
	_, err = lead.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "back to you" })
	require.NoError(t, err)
	t.Logf("the server's memory grew by %.1f MB when 64 MB came in, %.1f when they were read, %.1f when they were uploaded, %.1f when they were sent",
		megabytes(received), megabytes(served), megabytes(uploaded), megabytes(p.peak()-before))
	require.Less(t, p.peak()-before, int64(allowed))
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
