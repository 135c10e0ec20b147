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
			o := newOffice(t, database(t))
			want := garden(t)
			_, err := o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the garden"})
			require.NoError(t, err)
			got := o.untilMedia("the garden", engine.MediaStored)
			at := "/v1/media/" + string(got.Content.Media.ID)
			status, content := o.body(at)
			require.Equal(t, 200, status)
			require.Equal(t, want, content)
			status, content = o.body(at, "Range", "bytes=100-199")
			require.Equal(t, 206, status)
			require.Equal(t, want[100:200], content)
			status, _ = o.body(at + "/thumbnail")
			require.Equal(t, 200, status)

			// WhatsApp has deleted it, and the phone uploads it again.
			require.NoError(t, o.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: o.lead.Number()}))
			_, err = o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindDocument, Data: want, Caption: "the plan", Filename: "plan.jpg"})
			require.NoError(t, err)
			o.untilMedia("the plan", engine.MediaStored)
			require.NoError(t, o.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: o.lead.Number()}))
			require.NoError(t, o.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaLost, Number: o.phone.Number()}))
			_, err = o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindVideo, Data: want, Caption: "the drive"})
			require.NoError(t, err)
			lost := o.untilMedia("the drive", engine.MediaGone)
			require.NotEmpty(t, lost.Content.Media.Note)
			o.do("POST", "/v1/conversations/"+string(lost.Conversation)+"/messages/"+string(lost.ID)+"/media/download", nil, nil)
			o.untilMedia("the drive", engine.MediaStored) // the faults are over

			// One that comes while the server is down, and a stopped seat.
			o.kill()
			_, err = o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the roof"})
			require.NoError(t, err)
			o.start()
			o.untilMedia("the roof", engine.MediaStored)
			o.do("POST", "/v1/seats/"+string(o.seat)+"/stop", nil, nil)
			o.untilState(o.seat, engine.StateStopped)
			o.do("POST", "/v1/conversations/"+string(lost.Conversation)+"/messages", map[string]any{
				"media": map[string]any{"id": o.upload("garden.jpg", int64(len(want)), bytes.NewReader(want)).ID, "caption": "For you"},
			}, nil)
			o.kill()
			o.start()
			o.do("POST", "/v1/seats/"+string(o.seat)+"/start", nil, nil)
			sent, err := o.lead.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "For you" })
			require.NoError(t, err)
			content, err = o.lead.File(t.Context(), sent.ID)
			require.NoError(t, err)
			require.Equal(t, want, content)
			require.Equal(t, 640, sent.Media.Width)
			require.NoError(t, o.stop(), "a clean shutdown exits with 0")
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
			o := newOffice(t, database(t))
			members := []*simulator.Phone{o.lead, o.person("27825552000", "Owner")}
			group, _, err := members[0].CreateGroup(t.Context(), simulator.NewGroup{
				Subject: "Viewing", Members: []string{o.phone.Number(), members[1].Number()},
			})
			require.NoError(t, err)

			want := garden(t)
			_, err = members[0].Send(t.Context(), group.JID, simulator.Media{Kind: simulator.KindImage, Data: want, Caption: "the garden"})
			require.NoError(t, err)
			got := o.untilMedia("the garden", engine.MediaStored)
			status, content := o.body("/v1/media/" + string(got.Content.Media.ID))
			require.Equal(t, 200, status)
			require.Equal(t, want, content)

			file := o.upload("plan.jpg", int64(len(want)), bytes.NewReader(want))
			o.do("POST", "/v1/conversations/"+string(got.Conversation)+"/messages", map[string]any{
				"media": map[string]any{"id": file.ID, "kind": "document", "caption": "the plan"},
			}, nil)
			o.kill()
			o.start()
			for _, member := range append(members, o.phone) {
				sent, err := member.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "the plan" })
				require.NoError(t, err)
				content, err := member.File(t.Context(), sent.ID)
				require.NoError(t, err)
				require.Equal(t, want, content)
			}
			require.NoError(t, o.stop(), "a clean shutdown exits with 0")
		})
	}
}

// TestLargeFilesStayOutOfMemory sends 96 MB through the server in both
// directions.
func TestLargeFilesStayOutOfMemory(t *testing.T) {
	t.Parallel()
	const size, allowed = 96 << 20, 48 << 20 // a collector that hardly gets the processor leaves some 30 MB behind
	o := newOffice(t, "")
	_, err := o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindDocument, Data: []byte("small"), Caption: "small"})
	require.NoError(t, err)
	small := o.untilMedia("small", engine.MediaStored)
	before := o.peak()

	_, err = o.lead.Send(t.Context(), o.phone.Number(), simulator.Media{Kind: simulator.KindDocument, Data: make([]byte, size), Caption: "large"})
	require.NoError(t, err)
	large := o.untilMedia("large", engine.MediaStored)
	require.EqualValues(t, size, large.Content.Media.Size)
	received := o.peak() - before
	status, content := o.body("/v1/media/" + string(large.Content.Media.ID))
	require.Equal(t, 200, status)
	require.Len(t, content, size)
	served := o.peak() - before

	file := o.upload("large.bin", size, bytes.NewReader(make([]byte, size)))
	uploaded := o.peak() - before
	o.do("POST", "/v1/conversations/"+string(small.Conversation)+"/messages", map[string]any{
		"media": map[string]any{"id": file.ID, "caption": "back to you"},
	}, nil)
	_, err = o.lead.Wait(t.Context(), func(m simulator.Message) bool { return m.Text == "back to you" })
	require.NoError(t, err)
	t.Logf("the server's memory grew by %.1f MB when 96 MB came in, %.1f when they were read, %.1f when they were uploaded, %.1f when they were sent",
		megabytes(received), megabytes(served), megabytes(uploaded), megabytes(o.peak()-before))
	require.Less(t, o.peak()-before, int64(allowed))
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
