package api_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/media"
	"github.com/myaibud/aibud/store/blob"
)

// maxUpload is how large files may be in these tests.
const maxUpload = 1 << 20

// files is a service of files in a folder of its own.
func (b *bundle) files() *media.Service {
	b.t.Helper()
	blobs, err := blob.OpenFolder(b.t.TempDir())
	require.NoError(b.t, err)
	return media.New(media.Config{
		Records: b.store, Blobs: blobs, MaxBytes: maxUpload, Private: true,
		Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// picture is a PNG of 40 × 30 pixels.
func picture() []byte {
	made := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for x := range 40 {
		made.Set(x, x%30, color.RGBA{R: 200, A: 255})
	}
	var text bytes.Buffer
	_ = png.Encode(&text, made) // to memory
	return text.Bytes()
}

// raw sends a body that is no JSON.
func (c *client) raw(method, path, contentType string, body io.Reader) *reply {
	c.b.t.Helper()
	request, err := http.NewRequestWithContext(c.b.t.Context(), method, c.b.server.URL+path, body)
	require.NoError(c.b.t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return c.send(request)
}

func (c *client) upload(name string, content []byte) (file engine.Media) {
	c.b.t.Helper()
	c.raw("POST", "/v1/media?filename="+url.QueryEscape(name), "application/octet-stream", bytes.NewReader(content)).is(201).into(&file)
	return file
}

func TestUploadAndRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	want := picture()
	file := c.upload(`C:\photos\front "door".png`, want)
	require.Equal(t, engine.Media{
		ID: file.ID, State: engine.MediaStored, Thumbnail: true, MIMEType: "image/png", Name: `front "door".png`,
		Size: int64(len(want)), Width: 40, Height: 30,
	}, file)

	at := "/v1/media/" + string(file.ID)
	got := c.raw("GET", at, "", nil).is(200)
	require.Equal(t, want, got.body)
	for name, value := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
		"Content-Disposition": `inline; filename*=UTF-8''front%20%22door%22.png`,
	} {
		require.Equal(t, value, got.header.Get(name), name)
	}
	require.Contains(t, got.header.Get("Content-Security-Policy"), "sandbox")
	tag := got.header.Get("ETag")
	require.NotEmpty(t, tag)

	c.header.Set("If-None-Match", tag)
	require.Empty(t, c.raw("GET", at, "", nil).is(304).body)
	c.header.Del("If-None-Match")
	c.header.Set("Range", "bytes=10-19")
	part := c.raw("GET", at, "", nil).is(206)
	require.Equal(t, want[10:20], part.body)
	require.True(t, strings.HasPrefix(part.header.Get("Content-Range"), "bytes 10-19/"))
	c.header.Set("If-Range", `"another"`)
	require.Equal(t, want, c.raw("GET", at, "", nil).is(200).body)
	c.header.Del("If-Range")
	c.header.Set("Range", "bytes=9999999-")
	c.raw("GET", at, "", nil).is(416)
	c.header.Del("Range")

	small := c.raw("GET", at+"/thumbnail", "", nil).is(200)
	require.Equal(t, "image/jpeg", small.header.Get("Content-Type"))
	config, _, err := image.DecodeConfig(bytes.NewReader(small.body))
	require.NoError(t, err)
	require.Equal(t, 40, config.Width)
}

func TestUploadForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("note", "before the file"))
	part, err := form.CreateFormFile("file", "lease.pdf")
	require.NoError(t, err)
	_, err = part.Write([]byte("%PDF-1.7 a lease"))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	var file engine.Media
	c.raw("POST", "/v1/media", form.FormDataContentType(), &body).is(201).into(&file)
	require.Equal(t, "lease.pdf", file.Name)
	require.Equal(t, "application/pdf", file.MIMEType)

	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Disposition", `attachment; filename="plan.png"`)
		_, _ = w.Write(picture())
	}))
	defer elsewhere.Close()
	c.do("POST", "/v1/media", api.MediaAddress{URL: elsewhere.URL + "/x"}).is(201).into(&file)
	require.Equal(t, "plan.png", file.Name)
	c.do("POST", "/v1/media", api.MediaAddress{URL: elsewhere.URL + "/gone"}).problem(422, engine.CodeInvalid)
	for _, bad := range []string{`{}`, `{"url":"` + elsewhere.URL + "/" + strings.Repeat("x", 2000) + `"}`, `{"url":""}`, `{"url":"file:///etc/passwd"}`, `{"url":"ftp://x/y"}`, `{"url":"http://[::1"}`, `nothing`, `{"url":"x","y":1}`} {
		c.do("POST", "/v1/media", bad).problem(422, engine.CodeInvalid)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	b.client().raw("POST", "/v1/media", "application/octet-stream", strings.NewReader("x")).problem(401, engine.CodeUnauthorized)
	c.raw("POST", "/v1/media", "application/octet-stream", strings.NewReader("")).problem(422, engine.CodeInvalid)
	c.raw("POST", "/v1/media", "application/octet-stream", bytes.NewReader(make([]byte, maxUpload+1))).problem(413, engine.CodeInvalid)
	endless := struct{ io.Reader }{io.LimitReader(zeros{}, maxUpload+1)} // of a length that nobody says
	c.raw("POST", "/v1/media", "application/octet-stream", endless).problem(413, engine.CodeInvalid)
	c.raw("POST", "/v1/media", "a/b/c", strings.NewReader("x")).problem(422, engine.CodeInvalid)
	c.raw("POST", "/v1/media", "multipart/form-data; boundary=x", strings.NewReader("--x\r\n")).problem(422, engine.CodeInvalid)
	c.raw("POST", "/v1/media", "multipart/form-data", strings.NewReader("--x\r\n")).problem(422, engine.CodeInvalid)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// What a browser could run is only ever saved.
func TestNothingRunsInABrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	for name, content := range map[string]string{
		"page.html": "<!doctype html><script>alert(1)</script>", "drawing.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`,
		"code.js": "alert(1)", "feed.xml": "<?xml version=\"1.0\"?><a/>", "lease.pdf": "%PDF-1.7 x",
	} {
		got := c.raw("GET", "/v1/media/"+string(c.upload(name, []byte(content)).ID), "", nil).is(200)
		require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"), name)
		require.True(t, strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;"), name)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := setup(t, open, func(config *api.Config) { config.Now = func() time.Time { return now } })
	c, nobody := b.user("thandi"), b.client()
	file, other := c.upload("a.png", picture()), c.upload("b.png", append(picture(), 0))
	var link api.MediaLink
	c.do("POST", "/v1/media/"+string(file.ID)+"/link", api.NewMediaLink{ExpiresIn: 60}).is(201).into(&link)
	require.Equal(t, picture(), nobody.raw("GET", link.URL, "", nil).is(200).body)
	nobody.raw("GET", link.ThumbnailURL, "", nil).is(200)
	require.NotContains(t, b.log.String(), "signature", "links stay out of the log")

	for name, tampered := range map[string]string{
		"another file":   strings.Replace(link.URL, string(file.ID), string(other.ID), 1),
		"a longer time":  strings.Replace(link.URL, "expires=1", "expires=2", 1),
		"no time":        strings.Replace(link.URL, "expires=", "expires=x", 1),
		"another tenant": strings.Replace(link.URL, "tenant="+string(c.me.Tenant.ID), "tenant="+string(b.user("pieter").me.Tenant.ID), 1),
		"nobody's":       strings.Replace(link.URL, "tenant="+string(c.me.Tenant.ID), "tenant="+engine.NewID(), 1),
		"no signature":   link.URL[:strings.Index(link.URL, "signature=")+10],
	} {
		require.NotEqual(t, link.URL, tampered, name)
		require.NotEqual(t, 200, nobody.raw("GET", tampered, "", nil).status, name)
	}
	now = now.Add(time.Minute)
	nobody.raw("GET", link.URL, "", nil).problem(403, engine.CodeForbidden)

	c.do("POST", "/v1/media/"+string(file.ID)+"/link", api.NewMediaLink{}).is(201).into(&link)
	nobody.raw("GET", link.URL, "", nil).is(200)
	c.do("DELETE", "/v1/media/links", nil).is(204)
	nobody.raw("GET", link.URL, "", nil).problem(403, engine.CodeForbidden)
	c.do("POST", "/v1/media/"+string(file.ID)+"/link", `{"expires_in":5}`).problem(422, engine.CodeInvalid)
}

// What a page of a thread needs: links to all its files at once, which are good
// for just these files, of just this agency, and for a time.
func TestLinksOfManyFiles(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 10, 3, 0, 0, time.UTC)
	b := setup(t, open, func(config *api.Config) { config.Now = func() time.Time { return now } })
	c, other, nobody := b.user("thandi"), b.user("pieter"), b.client()
	file, second, theirs := c.upload("a.png", picture()), c.upload("lease.pdf", []byte("%PDF-1.7 a lease")), other.upload("b.png", picture())
	ask := func(ids ...engine.MediaID) (links api.MediaLinks) {
		c.do("POST", "/v1/media/links", map[string]any{"media": ids, "expires_in": 1800}).is(200).into(&links)
		require.Len(t, links.Items, len(ids))
		return links
	}
	links := ask(file.ID, second.ID, theirs.ID)
	require.Equal(t, []engine.MediaID{file.ID, second.ID, theirs.ID}, []engine.MediaID{links.Items[0].Media, links.Items[1].Media, links.Items[2].Media})
	require.Equal(t, time.Date(2026, 5, 4, 10, 40, 0, 0, time.UTC), links.Items[0].ExpiresAt)
	nobody.raw("GET", links.Items[2].URL, "", nil).problem(404, engine.CodeNotFound)
	now = now.Add(5 * time.Minute)
	require.Equal(t, links, ask(file.ID, second.ID, theirs.ID), "so that a browser finds in its cache what it has seen")

	nobody.header.Set("Range", "bytes=10-19")
	part := nobody.raw("GET", links.Items[0].URL, "", nil).is(206)
	nobody.header.Del("Range")
	require.Equal(t, picture()[10:20], part.body)
	for name, value := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache",
		"Content-Disposition": "inline; filename*=UTF-8''a.png", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		require.Equal(t, value, part.header.Get(name), name)
	}
	saved := nobody.raw("GET", links.Items[1].URL, "", nil).is(200)
	require.Equal(t, "attachment; filename*=UTF-8''lease.pdf", saved.header.Get("Content-Disposition"))
	nobody.header.Set("If-None-Match", part.header.Get("ETag"))
	nobody.raw("GET", links.Items[0].URL, "", nil).is(304)
	nobody.header.Del("If-None-Match")

	swapped := strings.Replace(links.Items[1].URL, string(second.ID), string(file.ID), 1)
	nobody.raw("GET", swapped, "", nil).problem(403, engine.CodeForbidden)
	now = links.Items[0].ExpiresAt
	nobody.raw("GET", links.Items[0].URL, "", nil).problem(403, engine.CodeForbidden)

	links = ask(file.ID)
	nobody.raw("GET", links.Items[0].URL, "", nil).is(200)
	_, err := b.store.DropMedia(t.Context(), c.me.Tenant.ID, file.ID) // as the cleaner does
	require.NoError(t, err)
	nobody.raw("GET", links.Items[0].URL, "", nil).problem(404, engine.CodeNotFound)

	nobody.do("POST", "/v1/media/links", map[string]any{"media": []string{engine.NewID()}}).problem(401, engine.CodeUnauthorized)
	for _, bad := range []string{`{}`, `{"media":[]}`, `{"media":["../x"]}`, `{"media":null}`, `{"media":["` + engine.NewID() + `"],"expires_in":1}`} {
		c.do("POST", "/v1/media/links", bad).problem(422, engine.CodeInvalid)
	}
}

func TestSendMedia(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	c, other := b.user("thandi"), b.user("pieter")
	seat := c.seat("Sales")
	talk := c.conversation(seat.ID, "27831111111")
	at := "/v1/conversations/" + string(talk.ID) + "/messages"
	file := c.upload("front.png", picture())
	var sent engine.MessageView
	c.do("POST", at, api.NewMessage{Media: &api.NewMedia{ID: string(file.ID), Caption: "The front"}}).is(201).into(&sent)
	require.Equal(t, engine.KindImage, sent.Kind)
	require.Equal(t, "The front", sent.Text)
	require.Equal(t, engine.Media{
		ID: file.ID, State: engine.MediaStored, Thumbnail: true, MIMEType: "image/png", Name: "front.png", Size: file.Size, Width: 40, Height: 30,
	}, *sent.Content.Media)
	drafts, err := b.store.Outbox(t.Context(), c.key(seat.ID), 10)
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.Equal(t, file.ID, drafts[0].Content.Media.ID)
	require.NoError(t, drafts[0].Check())

	later := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	c.do("POST", at, api.NewMessage{SendAt: &later, Media: &api.NewMedia{ID: string(file.ID), Caption: "The front"}}).is(201).into(&sent)
	require.Equal(t, engine.Scheduled, sent.Delivery)
	one := at + "/" + string(sent.ID)
	c.do("PATCH", one, map[string]any{"text": ""}).is(202).into(&sent)
	require.Empty(t, sent.Text, "a file needs no words")
	require.Equal(t, file.ID, sent.Content.Media.ID)

	for name, bad := range map[string]api.NewMessage{
		"nothing":               {Media: &api.NewMedia{}},
		"both":                  {Media: &api.NewMedia{ID: string(file.ID), URL: "https://x.example"}},
		"a sticker to see once": {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindSticker, ViewOnce: true}},
		"an image as audio":     {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindAudio}},
		"an image as voice":     {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindVoice}},
		"an image as a video":   {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindVideo}},
		"a GIF as an image":     {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindImage, GIF: true}},
		"with a place":          {Media: &api.NewMedia{ID: string(file.ID)}, Location: &engine.Location{Latitude: 1}},
		"two captions":          {Text: "a", Media: &api.NewMedia{ID: string(file.ID), Caption: "b"}},
		"no FFmpeg":             {Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindSticker}},
	} {
		require.Equal(t, 422, c.do("POST", at, bad).status, name)
	}
	theirs := other.upload("theirs.png", picture())
	c.do("POST", at, api.NewMessage{Media: &api.NewMedia{ID: string(theirs.ID)}}).problem(404, engine.CodeNotFound)
	c.do("POST", at, api.NewMessage{Media: &api.NewMedia{ID: "%00"}}).problem(404, engine.CodeNotFound)
	c.do("POST", at, api.NewMessage{Media: &api.NewMedia{ID: string(file.ID), Kind: engine.KindDocument, Filename: "plan.png"}}).is(201).into(&sent)
	require.Equal(t, "plan.png", sent.Content.Media.Name)
}

func TestFilesOfMessagesAreReadByTheirTenant(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	c, other := b.user("thandi"), b.user("pieter")
	seat := c.seat("Sales")
	fact := engine.Incoming{
		WhatsAppID: "A1", Chat: engine.Party{Phone: engine.PhoneAddress("27831111111")}, Kind: engine.KindImage, Raw: []byte{1}, At: time.Now(),
		Content: &engine.Content{Media: &engine.Media{MIMEType: "image/png", Preview: []byte("\xff\xd8\xff small")}},
	}
	require.NoError(t, b.store.Record(t.Context(), c.key(seat.ID), []engine.Fact{fact}))
	talk := get[api.ConversationList](c, "/v1/conversations").Items[0]
	view := talk.LastMessage
	require.Equal(t, engine.MediaWaiting, view.Content.Media.State)
	at := "/v1/media/" + string(view.Content.Media.ID)
	c.do("GET", at, nil).problem(409, engine.CodeConflict)
	require.Equal(t, "image/jpeg", c.raw("GET", at+"/thumbnail", "", nil).is(200).header.Get("Content-Type"))
	other.do("GET", at+"/thumbnail", nil).problem(404, engine.CodeNotFound)

	id := view.Content.Media.ID
	require.NoError(t, b.store.SetMediaState(t.Context(), c.me.Tenant.ID, id, engine.MediaGone, "It is gone."))
	require.Equal(t, "It is gone.", c.do("GET", at, nil).problem(409, engine.CodeConflict).Detail)
	var again engine.MessageView
	c.do("POST", "/v1/conversations/"+string(talk.ID)+"/messages/"+string(view.ID)+"/media/download", nil).is(202).into(&again)
	require.Equal(t, engine.MediaWaiting, again.Content.Media.State)

	revoke := engine.Incoming{
		WhatsAppID: "A2", Chat: fact.Chat, Kind: engine.KindRevoke, Target: "A1", At: fact.At.Add(time.Second), Raw: []byte{1},
	}
	require.NoError(t, b.store.Record(t.Context(), c.key(seat.ID), []engine.Fact{revoke}))
	c.do("GET", at+"/thumbnail", nil).problem(404, engine.CodeNotFound)
}
