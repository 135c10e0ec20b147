package whatsmeow

import (
	"cmp"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine"
)

// file is what all messages with a file have.
type file interface {
	GetMimetype() string
	GetFileLength() uint64
}

// mediaOf reads what has a file.
func mediaOf(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.ImageMessage != nil:
		image := msg.GetImageMessage()
		c := withFile(engine.KindImage, image.GetCaption(), image)
		c.more.Media.Preview = previewOf(image.GetJPEGThumbnail())
		c.more.Media.Width, c.more.Media.Height = int(image.GetWidth()), int(image.GetHeight())
		c.more.ViewOnce = image.GetViewOnce()
		return c, true
	case msg.VideoMessage != nil:
		return videoOf(msg.GetVideoMessage()), true
	case msg.PtvMessage != nil:
		return videoOf(msg.GetPtvMessage()), true
	case msg.AudioMessage != nil:
		return audioOf(msg.GetAudioMessage()), true
	case msg.DocumentMessage != nil:
		document := msg.GetDocumentMessage()
		name := cmp.Or(engine.FileName(document.GetFileName()), engine.FileName(document.GetTitle()))
		c := withFile(engine.KindDocument, cmp.Or(document.GetCaption(), name), document)
		c.more.Media.Name, c.more.Media.Pages = name, int(document.GetPageCount())
		c.more.Media.Preview = previewOf(document.GetJPEGThumbnail())
		return c, true
	case msg.StickerMessage != nil:
		sticker := msg.GetStickerMessage()
		c := withFile(engine.KindSticker, "", sticker)
		c.more.Media.Width, c.more.Media.Height = int(sticker.GetWidth()), int(sticker.GetHeight())
		c.more.Media.Animated = sticker.GetIsAnimated()
		c.more.Media.Preview = previewOf(sticker.GetPngThumbnail())
		return c, true
	}
	return content{}, false
}

func withFile(kind engine.Kind, caption string, f file) content {
	return content{kind: kind, text: caption, more: engine.Content{Media: &engine.Media{
		MIMEType: clean(f.GetMimetype()), Size: int64(min(f.GetFileLength(), 1<<62)),
	}}}
}

// maxPreview is how many bytes a preview may have; phones send a few thousand.
const maxPreview = 64 << 10

// previewOf takes the small picture that a sender's phone made, unless it is
// not small.
func previewOf(picture []byte) []byte {
	if len(picture) > maxPreview {
		return nil
	}
	return picture
}

func videoOf(video *waE2E.VideoMessage) content {
	c := withFile(engine.KindVideo, video.GetCaption(), video)
	c.more.Media.Preview = previewOf(video.GetJPEGThumbnail())
	c.more.Media.Width, c.more.Media.Height = int(video.GetWidth()), int(video.GetHeight())
	c.more.Media.Seconds, c.more.Media.Animated = int(video.GetSeconds()), video.GetGifPlayback()
	c.more.ViewOnce = video.GetViewOnce()
	return c
}

// maxWaveform is how many values of a voice note's waveform are kept; phones
// send 64.
const maxWaveform = 256

func audioOf(audio *waE2E.AudioMessage) content {
	kind := engine.KindAudio
	if audio.GetPTT() {
		kind = engine.KindVoice
	}
	c := withFile(kind, "", audio)
	c.more.Media.Seconds, c.more.ViewOnce = int(audio.GetSeconds()), audio.GetViewOnce()
	if wave := audio.GetWaveform(); len(wave) <= maxWaveform {
		c.more.Media.Waveform = wave
	}
	return c
}
