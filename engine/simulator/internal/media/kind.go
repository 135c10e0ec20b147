package media

// Kind is a kind of file, by the name that it has in an upload's path, such as "image" or "newsletter-video".
type Kind string

// The kinds of files that phones and clients put on the media hosts.
const (
	Image       Kind = "image" // stickers too
	Video       Kind = "video"
	Audio       Kind = "audio"
	Voice       Kind = "ptt"
	Document    Kind = "document"
	StickerPack Kind = "sticker-pack"
	LinkPreview Kind = "thumbnail-link"
	History     Kind = "md-msg-hist"
	AppState    Kind = "md-app-state"

	NewsletterImage Kind = "newsletter-image"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// traits are what the hosts know of a kind.
type traits struct {
	prefix string // of the upload's path
	keys   string // what the media key is expanded for; "" if files are not encrypted
	folder string // of the address
	limit  int64  // bytes as uploaded
}

// traitsOf gives a kind's traits; false for a kind that no host takes. The folders are those of real addresses, as far
// as they tell the kinds apart; the limits are those of the web client (64 MB for media, 2 GB for documents).
func traitsOf(k Kind) (traits, bool) {
	switch k {
	case Image, "sticker":
		return traits{"mms", "WhatsApp Image Keys", "/v/t62.7118-24", 64 * mib}, true
	case Video, "gif", "ptv":
		return traits{"mms", "WhatsApp Video Keys", "/v/t62.7161-24", 64 * mib}, true
	case Audio, Voice:
		return traits{"mms", "WhatsApp Audio Keys", "/v/t62.7117-24", 64 * mib}, true
	case Document:
		return traits{"mms", "WhatsApp Document Keys", "/v/t62.7119-24", 2 * gib}, true
	case StickerPack:
		return traits{"mms", "WhatsApp Sticker Pack Keys", "/v/t62.15575-24", 64 * mib}, true
	case "thumbnail-sticker-pack":
		return traits{"mms", "WhatsApp Sticker Pack Thumbnail Keys", "/v/t62.15575-24", mib}, true
	case LinkPreview:
		return traits{"mms", "WhatsApp Link Thumbnail Keys", "/v/t62.36144-24", mib}, true
	case "thumbnail-image":
		return traits{"mms", "WhatsApp Image Thumbnail Keys", "/v/t62.36144-24", mib}, true
	case "thumbnail-video":
		return traits{"mms", "WhatsApp Video Thumbnail Keys", "/v/t62.36147-24", mib}, true
	case "thumbnail-document":
		return traits{"mms", "WhatsApp Document Thumbnail Keys", "/v/t62.36145-24", mib}, true
	case History:
		return traits{"mms", "WhatsApp History Keys", "/v/t62.36213-24", 64 * mib}, true
	case AppState:
		return traits{"mms", "WhatsApp App State Keys", "/v/t62.36210-24", 64 * mib}, true
	case NewsletterImage, "newsletter-video", "newsletter-gif", "newsletter-ptv", "newsletter-audio", "newsletter-ptt",
		"newsletter-document", "newsletter-sticker", "newsletter-sticker-pack", "newsletter-thumbnail-link":
		return traits{"newsletter", "", "/m1/v/t24", 64 * mib}, true
	}
	return traits{}, false
}

// Encrypted says whether files of this kind are encrypted before they are uploaded.
func (k Kind) Encrypted() bool {
	t, ok := traitsOf(k)
	return ok && t.keys != ""
}

// Newsletter is the kind under which the same sort of file is uploaded for a channel, where nothing is encrypted.
func (k Kind) Newsletter() Kind { return "newsletter-" + k }
