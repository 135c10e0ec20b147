package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/myaibud/aibud/engine"
)

// MediaAddress is where a file is on the web that is to be sent.
type MediaAddress struct {
	URL      string `json:"url" minLength:"1" maxLength:"2000" doc:"Begins with https:// or http://"`
	Filename string `json:"filename,omitempty" maxLength:"200"`
}

// NewMedia is a file to send.
type NewMedia struct {
	ID       string      `json:"id,omitempty" maxLength:"64" doc:"Of a file that was uploaded, or that came with a message"`
	URL      string      `json:"url,omitempty" maxLength:"2000" doc:"Where the file is on the web, in place of an id"`
	Kind     engine.Kind `json:"kind,omitempty" enum:"image,video,audio,voice,document,sticker" doc:"How it is shown; absent: as what it looks like"`
	Caption  string      `json:"caption,omitempty" doc:"Of an image, a video or a document"`
	Filename string      `json:"filename,omitempty" maxLength:"200" doc:"Of a document"`
	GIF      bool        `json:"gif,omitempty" doc:"Let a video play like a GIF"`
	ViewOnce bool        `json:"view_once,omitempty" doc:"Let an image, a video or a voice note be seen once"`
}

// check says what is wrong with it.
func (m *NewMedia) check(text string) error {
	switch {
	case (m.ID == "") == (m.URL == ""):
		return invalid("body.media", "Give the id of an uploaded file, or the url of one on the web.")
	case m.ID != "" && !isID(m.ID):
		return noMedia()
	case text != "" && m.Caption != "":
		return invalid("body.media.caption", "Give the caption once, as caption or as text.")
	case m.GIF && m.Kind != "" && m.Kind != engine.KindVideo:
		return invalid("body.media.gif", "Only a video can play like a GIF.")
	case m.ViewOnce && (m.Kind == engine.KindAudio || m.Kind == engine.KindDocument || m.Kind == engine.KindSticker):
		return invalid("body.media.view_once", "Only an image, a video or a voice note can be sent to be seen once.")
	}
	return nil
}

func noMedia() *engine.Error { return engine.Errorf(engine.CodeNotFound, "There is no such file.") }

func noMediaHere() *engine.Error {
	return engine.Errorf(engine.CodeUnsupported, "This server is set up without files.")
}

// prepareTime is how long making a file fit to be sent may take.
const prepareTime = 90 * time.Second

// attach makes a message's file fit to be sent.
func (s *Server) attach(ctx context.Context, draft *engine.NewMessage, m *NewMedia) error {
	if s.config.Media == nil {
		return noMediaHere()
	}
	tenant, id := userOf(ctx).Tenant, engine.MediaID(m.ID)
	// Fetching and converting take longer than other requests.
	long, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTime)
	defer cancel()
	if m.URL != "" {
		source := ""
		if draft.IdempotencyKey != "" { // the same request again is about the same file
			source = "key " + string(draft.User) + " " + draft.IdempotencyKey
		}
		file, err := s.config.Media.Fetch(long, tenant, m.URL, m.Filename, source)
		if err != nil {
			return err
		}
		id = file.ID
	}
	file, kind, err := s.config.Media.Prepare(long, tenant, id, m.Kind, m.GIF)
	if err != nil {
		return notFound(err, noMedia())
	}
	if m.ViewOnce && kind != engine.KindImage && kind != engine.KindVideo && kind != engine.KindVoice {
		return invalid("body.media.view_once", "Only an image, a video or a voice note can be sent to be seen once.")
	}
	draft.Kind, draft.Text = kind, cmp.Or(draft.Text, m.Caption)
	draft.Content = &engine.Content{
		Media:    &engine.Media{ID: file.ID, Name: cmp.Or(m.Filename, file.Media.Name), Animated: file.Media.Animated},
		ViewOnce: m.ViewOnce,
	}
	return nil
}

// mediaRoutes are the operations with files. Uploading and serving are plain
// handlers, which are described here.
func (s *Server) mediaRoutes() {
	const tag, one = "Files", "/v1/media/{media}"
	operation(s, route("POST", one+"/link", "linkMedia", tag, "Make a link to a file that works without signing in, for a time", 201,
		invalid400, missing, tooLarge, unprocessed), s.linkMedia)
	operation(s, route("POST", "/v1/media/links", "linkMedias", tag, "Make links to files that work without signing in, for a time", 200,
		invalid400, unprocessed), s.linkMedias)
	operation(s, route("DELETE", "/v1/media/links", "revokeMediaLinks", tag, "Make every link to the agency's files useless", 204), s.revokeMediaLinks)
	operation(s, route("POST", "/v1/conversations/{conversation}/messages/{message}/media/download", "downloadMedia", tag,
		"Fetch a message's file from WhatsApp, if it is not here", 202, forbidden, missing, conflict), s.downloadMedia)
	s.document.AddOperation(s.uploadOperation(tag))
	s.document.AddOperation(s.contentOperation(tag, one, "getMedia", "A message's file, once it is stored; takes ranges"))
	s.document.AddOperation(s.contentOperation(tag, one+"/thumbnail", "getMediaThumbnail", "A small picture of a file"))
}

func (s *Server) uploadOperation(tag string) *huma.Operation {
	schemas := s.document.Components.Schemas
	op := route("POST", "/v1/media", "uploadMedia", tag, "Upload a file that is to be sent", 201)
	op.Description = "The body is the file itself, a form whose field `file` has it, or a JSON document with its address on the web. " +
		"A file that is not sent within a day is deleted."
	op.Security = []map[string][]string{{security: {}}}
	op.Parameters = []*huma.Param{{
		Name: "filename", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "What the file is called, if the body doesn't say",
	}}
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json":         {Schema: schemas.Schema(reflect.TypeFor[MediaAddress](), true, "")},
		"application/octet-stream": {Schema: binary},
		"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": binary}, Required: []string{"file"},
		}},
	}}
	op.Responses = problems(schemas, []int{invalid400, http.StatusUnauthorized, tooLarge, unprocessed})
	op.Responses["201"] = &huma.Response{Description: "The file", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[engine.Media](), true, "")},
	}}
	return &op
}

func (s *Server) contentOperation(tag, path, id, summary string) *huma.Operation {
	op := route("GET", path, id, tag, summary, 200)
	op.Security = []map[string][]string{{security: {}}}
	op.Parameters = []*huma.Param{{
		Name: "media", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: "The file's ID",
	}}
	op.Parameters = append(op.Parameters, linkParameters()...)
	op.Responses = problems(s.document.Components.Schemas, []int{http.StatusUnauthorized, forbidden, missing, conflict})
	binary := map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	for status, meaning := range map[string]string{"200": "The file", "206": "A part of it"} {
		op.Responses[status] = &huma.Response{Description: meaning, Content: binary}
	}
	op.Responses["304"] = &huma.Response{Description: "It has not changed"}
	op.Responses["416"] = &huma.Response{Description: "There is no such part"}
	return &op
}

func (s *Server) downloadMedia(ctx context.Context, request *MessagePath) (*messageResponse, error) {
	if !isID(request.Conversation) || !isID(request.Message) {
		return nil, noMessage()
	}
	view, err := s.tenant(ctx).DownloadMedia(ctx, engine.ConversationID(request.Conversation), engine.MessageID(request.Message))
	if err != nil {
		return nil, notFound(err, noMessage())
	}
	return &messageResponse{Body: view}, nil
}

// uploadMedia takes a file. It streams: neither the body nor a form in it is
// ever whole in memory.
func (s *Server) uploadMedia(w http.ResponseWriter, r *http.Request) {
	user, err := s.sessions.user(r)
	if err == nil && s.config.Media == nil {
		err = noMediaHere()
	}
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	body := &patient{body: r.Body, control: http.NewResponseController(w), limit: uploadPause}
	file, err := s.receive(r, user.Tenant, body)
	if err != nil {
		writeProblem(w, s.uploadProblem(r.Context(), err))
		return
	}
	writeJSON(w, http.StatusCreated, file.Media)
}

// maxMediaURL is the longest address of a file, as the document says too.
const maxMediaURL = 2000

// receive reads a file out of a request.
func (s *Server) receive(r *http.Request, tenant engine.TenantID, body io.Reader) (engine.MediaFile, error) {
	kind, params, err := mime.ParseMediaType(cmp.Or(r.Header.Get("Content-Type"), "application/octet-stream"))
	if err != nil {
		return engine.MediaFile{}, invalid("header.Content-Type", "The header Content-Type is malformed.")
	}
	name := r.URL.Query().Get("filename")
	switch kind {
	case "application/json":
		return s.receiveAddress(r.Context(), tenant, body, name)
	case "multipart/form-data":
		return s.receiveForm(r.Context(), tenant, multipart.NewReader(body, params["boundary"]), name)
	}
	if r.ContentLength > s.config.Media.MaxBytes() {
		return engine.MediaFile{}, engine.ErrMediaTooLarge
	}
	return s.config.Media.Upload(r.Context(), tenant, body, name)
}

func (s *Server) receiveAddress(ctx context.Context, tenant engine.TenantID, body io.Reader, name string) (engine.MediaFile, error) {
	var address MediaAddress
	decoder := json.NewDecoder(io.LimitReader(body, bodyLimit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&address); err != nil || address.URL == "" || len(address.URL) > maxMediaURL {
		return engine.MediaFile{}, invalid("body.url", "Give the file's address on the web as url, or send the file itself as application/octet-stream.")
	}
	return s.config.Media.Fetch(ctx, tenant, address.URL, cmp.Or(address.Filename, name), "")
}

func (s *Server) receiveForm(ctx context.Context, tenant engine.TenantID, form *multipart.Reader, name string) (engine.MediaFile, error) {
	for {
		part, err := form.NextPart()
		if err != nil {
			return engine.MediaFile{}, invalid("body.file", "The form has no field “file” with the file.")
		}
		if part.FormName() == "file" {
			return s.config.Media.Upload(ctx, tenant, part, cmp.Or(part.FileName(), name))
		}
	}
}

// uploadProblem gives the errors of uploads their own status.
func (s *Server) uploadProblem(ctx context.Context, err error) *Problem {
	_, ours := errors.AsType[*engine.Error](err)
	switch {
	case errors.Is(err, engine.ErrMediaTooLarge):
		p := newProblem(engine.CodeInvalid, engine.MessageOf(err))
		if !ours {
			p.Detail = "The file is larger than this server takes."
		}
		p.Status, p.Title = tooLarge, "Too large"
		return p
	case !ours && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, multipart.ErrMessageTooLarge) || isTimeout(err)):
		p := newProblem(engine.CodeInvalid, "The file did not arrive whole. Check the connection and send it again.")
		p.Status, p.Title = invalid400, "Malformed request"
		return p
	}
	return s.problem(ctx, err)
}

func isTimeout(err error) bool {
	var slow interface{ Timeout() bool }
	return errors.As(err, &slow) && slow.Timeout()
}

// uploadPause is how long a body may say nothing while it is read.
const uploadPause = 30 * time.Second

// patient reads a body as long as something comes, however long that takes.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	limit   time.Duration
	until   time.Time
}

// Read implements [io.Reader].
func (p *patient) Read(b []byte) (int, error) {
	if now := time.Now(); p.until.Sub(now) < p.limit/2 {
		p.until = now.Add(p.limit)
		_ = p.control.SetReadDeadline(p.until) // a connection without deadlines has the server's own
	}
	return p.body.Read(b)
}

// serveMedia answers with a file, or with a small picture of it.
func (s *Server) serveMedia(small bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tenant, err := s.mediaReader(r)
		if err == nil && s.config.Media == nil {
			err = noMediaHere()
		}
		id := r.PathValue("media")
		if err == nil && !isID(id) {
			err = noMedia()
		}
		if err != nil {
			writeProblem(w, s.problem(r.Context(), err))
			return
		}
		content, file, err := s.config.Media.Content(r.Context(), tenant, engine.MediaID(id), small)
		if err != nil {
			writeProblem(w, s.problem(r.Context(), notFound(err, noMedia())))
			return
		}
		defer func() { _ = content.Close() }() // only read
		contentHeaders(w.Header(), &file, small, isLink(r.URL.Query()))
		http.ServeContent(w, r, "", time.Time{}, content)
	}
}

// mediaReader returns whose files a request may read: the signed-in user's
// agency's, or those of the one that signed a link.
func (s *Server) mediaReader(r *http.Request) (engine.TenantID, error) {
	if isLink(r.URL.Query()) {
		return s.linkedTenant(r, mediaLink, r.PathValue("media"))
	}
	user, err := s.sessions.user(r)
	return user.Tenant, err
}

// shown are the types that browsers may show. Whatever else somebody sent is
// only ever saved: a page or a drawing could run scripts as ours.
func shown(mimeType string) bool {
	switch mimeType {
	case "image/jpeg", "image/png", "image/webp", "image/gif",
		"video/mp4", "video/webm", "video/3gpp", "video/quicktime",
		"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "audio/webm":
		return true
	}
	return false
}

// contentHeaders says what a file is, and keeps browsers from taking it for
// anything else.
func contentHeaders(h http.Header, file *engine.MediaFile, small, link bool) {
	mimeType, _, _ := mime.ParseMediaType(file.Media.MIMEType)
	tag, fresh := file.Hash, "private, max-age=86400, immutable"
	disposition := "inline"
	switch {
	case small && file.Thumbnail == "":
		mimeType, tag, fresh = http.DetectContentType(file.Preview), "preview-"+string(file.ID), "private, no-cache"
	case small:
		mimeType, tag = "image/jpeg", file.Thumbnail
	}
	if !shown(mimeType) {
		mimeType, disposition = "application/octet-stream", "attachment"
	}
	if name := file.Media.Name; name != "" && !small {
		disposition += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	h.Set("Content-Type", mimeType)
	h.Set("Content-Disposition", disposition)
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", fresh)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if link {
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "private, no-cache") // it may be revoked
	}
}
