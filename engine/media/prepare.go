package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"

	scale "golang.org/x/image/draw"

	"github.com/myaibud/aibud/engine"
)

// voiceType is the type of voice notes as WhatsApp's clients say it.
const voiceType = "audio/ogg; codecs=opus"

// Prepare makes a stored file fit to be sent as a kind, which may lead to
// another file, and returns its row. An empty kind stands for the one that the
// file looks like. gif asks for a video that plays like a GIF.
//
// Errors: [engine.CodeNotFound], [engine.CodeConflict] if it is not stored
// (any more), and [engine.CodeInvalid] with a sentence for what can't be.
func (s *Service) Prepare(ctx context.Context, tenant engine.TenantID, id engine.MediaID, kind engine.Kind, gif bool) (engine.MediaFile, engine.Kind, error) {
	file, err := s.config.Records.Media(ctx, tenant, id)
	if err != nil {
		return engine.MediaFile{}, "", err
	}
	if file.Media.State != engine.MediaStored {
		return engine.MediaFile{}, "", engine.Errorf(engine.CodeConflict, "That file is not here, or not any more. Upload it again.")
	}
	content, _, err := s.config.Blobs.Open(ctx, engine.BlobKey{Tenant: tenant, Hash: file.Hash})
	if err != nil {
		return engine.MediaFile{}, "", err
	}
	defer func() { _ = content.Close() }() // only read
	p := &preparing{Service: s, tenant: tenant, file: file, content: content, format: sniff(content), source: fmt.Sprintf("%s %s %t", id, kind, gif)}
	if gif && kind == "" {
		kind = engine.KindVideo
	}
	if kind == "" {
		kind = kindOf(p.format)
	}
	made, found, err := s.config.Records.MediaBySource(ctx, tenant, p.source)
	if err == nil && !found {
		made, err = p.as(ctx, kind, gif)
	}
	made.Media.Animated = made.Media.Animated || gif
	if err == nil && made.Message != "" { // it goes on, whatever becomes of the message that it came with
		made.Message, made.WhatsAppID, made.Raw, made.Source = "", "", nil, p.source
		made, err = s.addAs(ctx, tenant, nil, made, nil)
	}
	if err != nil {
		return engine.MediaFile{}, "", err
	}
	return made, kind, nil
}

// kindOf is the kind that a file of a format is sent as if nobody says.
func kindOf(format string) engine.Kind {
	switch {
	case format == "image/jpeg", format == "image/png", format == "image/webp":
		return engine.KindImage
	case strings.HasPrefix(format, "video/"):
		return engine.KindVideo
	case strings.HasPrefix(format, "audio/"):
		return engine.KindAudio
	}
	return engine.KindDocument
}

// preparing is a file that is made fit to be sent.
type preparing struct {
	*Service
	tenant  engine.TenantID
	file    engine.MediaFile
	content io.ReadSeekCloser
	format  string
	source  string // names what is made of it
}

func (p *preparing) as(ctx context.Context, kind engine.Kind, gif bool) (engine.MediaFile, error) {
	switch kind {
	case engine.KindImage:
		return p.image(ctx)
	case engine.KindVideo:
		return p.video(ctx, gif)
	case engine.KindAudio:
		return p.audio(ctx)
	case engine.KindVoice:
		return p.voice(ctx)
	case engine.KindSticker:
		return p.sticker(ctx)
	case engine.KindDocument:
		return p.file, nil
	default:
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "A file is sent as an image, video, audio, voice, document or sticker.")
	}
}

// image is a JPEG or PNG on WhatsApp, upright and without what a camera says
// about it; others are made into a JPEG.
func (p *preparing) image(ctx context.Context) (engine.MediaFile, error) {
	if orientationOf(p.content, p.format) == upright && (p.format == "image/jpeg" || p.format == "image/png") {
		made, err := p.stripped(ctx)
		if !errors.Is(err, errNotStripped) {
			return made, err
		}
	}
	icc, err := p.icc()
	if err != nil {
		return engine.MediaFile{}, err
	}
	return p.made(ctx, engine.KindImage, "image/jpeg", func(into *os.File) error {
		err := p.decoded(ctx, p.content, func(picture image.Image, held orientation) error {
			return jpeg.Encode(&behindStart{into: into, segments: icc}, onWhite(held.turn(picture)), &jpeg.Options{Quality: 92})
		})
		if errors.Is(err, errNoPicture) {
			return engine.Errorf(engine.CodeInvalid, "The file is not a picture that can be read, or has too many pixels. Send it as a document.")
		}
		return err
	})
}

// stripped is the picture without what is said about it beside: the same file,
// if nothing is. Error: [errNotStripped].
func (p *preparing) stripped(ctx context.Context) (engine.MediaFile, error) {
	if _, err := p.content.Seek(0, io.SeekStart); err != nil {
		return engine.MediaFile{}, fmt.Errorf("read a file: %w", err)
	}
	temp, err := p.config.Blobs.Temp()
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	left, err := strip(temp, p.content, p.format)
	switch {
	case err != nil:
		return engine.MediaFile{}, err
	case !left:
		return p.typed(ctx, p.format)
	}
	return p.add(ctx, p.tenant, temp, engine.KindImage, engine.Media{Name: p.file.Media.Name, MIMEType: p.format}, p.source)
}

// icc are the segments of a JPEG that say what its colours mean.
func (p *preparing) icc() ([]byte, error) {
	if p.format != "image/jpeg" {
		return nil, nil
	}
	if _, err := p.content.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	return iccOf(p.content), nil
}

// behindStart puts segments into a JPEG, behind the two bytes that it starts
// with.
type behindStart struct {
	into     io.Writer
	segments []byte
	written  int
}

// Write implements [io.Writer].
func (b *behindStart) Write(p []byte) (int, error) {
	start := min(max(2-b.written, 0), len(p))
	n, err := b.into.Write(p[:start])
	b.written += n
	if err != nil || b.written < 2 {
		return n, err
	}
	if len(b.segments) > 0 {
		if _, err := b.into.Write(b.segments); err != nil {
			return n, err
		}
		b.segments = nil
	}
	more, err := b.into.Write(p[start:])
	b.written += more
	return n + more, err
}

func onWhite(picture image.Image) image.Image {
	if p, ok := picture.(interface{ Opaque() bool }); ok && p.Opaque() {
		return picture
	}
	made := image.NewRGBA(picture.Bounds())
	draw.Draw(made, made.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(made, made.Bounds(), picture, picture.Bounds().Min, draw.Over)
	return made
}

// video is an MP4 on WhatsApp.
func (p *preparing) video(ctx context.Context, gif bool) (engine.MediaFile, error) {
	if p.format != "image/gif" && !strings.HasPrefix(p.format, "video/") {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file is not a video. Send it as a document.")
	}
	if p.format == "video/mp4" || p.format == "video/3gpp" {
		return p.typed(ctx, p.format)
	}
	sound := []string{"-c:a", "aac"}
	if gif {
		sound = []string{"-an"}
	}
	return p.converted(ctx, engine.KindVideo, "video/mp4", "Only MP4 videos can be sent by this server, since FFmpeg is not installed. "+
		"Convert it first, or send it as a document.", append(sound,
		"-map_metadata", "-1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-movflags", "+faststart", "-f", "mp4")...)
}

// audio is what phones can play.
func (p *preparing) audio(ctx context.Context) (engine.MediaFile, error) {
	switch p.format {
	case "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr":
		return p.typed(ctx, p.format)
	case "audio/ogg":
		if p.isOpus() {
			return p.typed(ctx, voiceType)
		}
	}
	if !strings.HasPrefix(p.format, "audio/") && p.format != "video/webm" && p.format != "video/mp4" {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file is no audio. Send it as a document.")
	}
	return p.converted(ctx, engine.KindAudio, voiceType, "Phones can't play this audio, and FFmpeg, which could convert it, is not installed on this "+
		"server. Send an MP3, or send it as a document.", opusArgs()...)
}

func (p *preparing) isOpus() bool {
	if _, err := p.content.Seek(0, io.SeekStart); err != nil {
		return false
	}
	_, err := readOpus(p.content)
	return err == nil
}

// opusArgs make FFmpeg write what WhatsApp's own voice notes are.
func opusArgs() []string {
	return []string{"-vn", "-map_metadata", "-1", "-c:a", "libopus", "-ac", "1", "-ar", "48000", "-b:a", "32k", "-application", "voip", "-f", "ogg"}
}

// voice is Opus in Ogg, with how long and how loud it is.
func (p *preparing) voice(ctx context.Context) (engine.MediaFile, error) {
	if p.format != "audio/ogg" || !p.isOpus() {
		if !strings.HasPrefix(p.format, "audio/") && p.format != "video/webm" && p.format != "video/mp4" {
			return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file is no audio, so it can't be a voice note.")
		}
		return p.converted(ctx, engine.KindVoice, voiceType, "A voice message must be Opus in an Ogg file. FFmpeg, which could convert this one, is not installed "+
			"on this server: have it installed, or send the recording as an audio file.", opusArgs()...)
	}
	if len(p.file.Media.Waveform) > 0 && p.file.Media.MIMEType == voiceType {
		return p.file, nil
	}
	temp, err := p.copy()
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	about := p.file.Media
	about.MIMEType, about.Waveform = voiceType, nil
	p.listen(ctx, temp, p.format, engine.KindVoice, &about)
	return p.addAs(ctx, p.tenant, nil, engine.MediaFile{Hash: p.file.Hash, Source: p.source, Media: about}, nil)
}

// stickerSide is how wide and high stickers are on WhatsApp.
const stickerSide = 512

// sticker is a WebP.
func (p *preparing) sticker(ctx context.Context) (engine.MediaFile, error) {
	if p.format == "image/webp" {
		return p.typed(ctx, p.format)
	}
	temp, err := p.config.Blobs.Temp()
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	err = p.decoded(ctx, p.content, func(picture image.Image, held orientation) error {
		return png.Encode(temp, held.turn(square(picture)))
	})
	if errors.Is(err, errNoPicture) {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "The file is not a picture that can be read, so it can't be a sticker.")
	}
	if err != nil {
		return engine.MediaFile{}, diskError(fmt.Errorf("make a sticker: %w", err))
	}
	return p.convertedFrom(ctx, temp, "image/png", engine.KindSticker, "image/webp", "A sticker must be a WebP picture. FFmpeg, which could convert this one, "+
		"is not installed on this server. Convert it first, or send it as an image.", "-c:v", "libwebp", "-q:v", "80", "-f", "webp")
}

// square puts a picture into the middle of a transparent square.
func square(picture image.Image) image.Image {
	bounds := picture.Bounds()
	longest := max(bounds.Dx(), bounds.Dy())
	width, height := max(1, bounds.Dx()*stickerSide/longest), max(1, bounds.Dy()*stickerSide/longest)
	made := image.NewNRGBA(image.Rect(0, 0, stickerSide, stickerSide))
	at := image.Pt((stickerSide-width)/2, (stickerSide-height)/2)
	scale.ApproxBiLinear.Scale(made, image.Rectangle{Min: at, Max: at.Add(image.Pt(width, height))}, picture, bounds, scale.Over, nil)
	return made
}

// typed is the file as it is, with the type that it has.
func (p *preparing) typed(ctx context.Context, format string) (engine.MediaFile, error) {
	if p.file.Media.MIMEType == format {
		return p.file, nil
	}
	file := p.file
	file.Message, file.WhatsAppID, file.Raw, file.Source = "", "", nil, p.source
	file.Media.MIMEType = format
	return p.addAs(ctx, p.tenant, nil, file, nil)
}

// copy writes the content into a file on the disk.
func (p *preparing) copy() (*os.File, error) {
	if _, err := p.content.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	temp, err := p.config.Blobs.Temp()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(temp, p.content); err != nil {
		engine.Discard(temp)
		return nil, diskError(fmt.Errorf("copy a file: %w", err))
	}
	return temp, nil
}

// converted lets FFmpeg make another file of this one. without is the sentence
// that says what to do if there is no FFmpeg.
func (p *preparing) converted(ctx context.Context, kind engine.Kind, mimeType, without string, args ...string) (engine.MediaFile, error) {
	if p.config.FFmpeg == "" {
		return engine.MediaFile{}, engine.Errorf(engine.CodeInvalid, "%s", without)
	}
	temp, err := p.copy()
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	return p.convertedFrom(ctx, temp, p.format, kind, mimeType, without, args...)
}

func (p *preparing) convertedFrom(ctx context.Context, from *os.File, format string, kind engine.Kind, mimeType, without string, args ...string) (engine.MediaFile, error) {
	return p.made(ctx, kind, mimeType, func(into *os.File) error {
		err := p.run(ctx, from, format, func(io.Reader) error { return nil }, append(args, "-fs", fmt.Sprint(p.config.MaxBytes), "-y", into.Name())...)
		switch {
		case err == nil, ctx.Err() != nil:
			return err
		case errors.Is(err, errNoFFmpeg):
			return engine.Errorf(engine.CodeInvalid, "%s", without)
		}
		return &engine.Error{Code: engine.CodeInvalid, Message: "The file could not be converted. It may be damaged; send it as a document.", Err: err}
	})
}

// made stores a file that write makes.
func (p *preparing) made(ctx context.Context, kind engine.Kind, mimeType string, write func(into *os.File) error) (engine.MediaFile, error) {
	temp, err := p.config.Blobs.Temp()
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	if err := write(temp); err != nil {
		return engine.MediaFile{}, diskError(err)
	}
	return p.add(ctx, p.tenant, temp, kind, engine.Media{Name: p.file.Media.Name, MIMEType: mimeType}, p.source)
}
