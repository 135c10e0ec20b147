package simulator

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// StickerPack is a pack of WhatsApp's own sticker store, which everybody can fetch.
type StickerPack struct {
	Name        string    `json:"name"`
	Publisher   string    `json:"publisher"`
	Description string    `json:"description"`
	Stickers    []Sticker `json:"stickers"` // 1 to 60
}

// Sticker is one picture of a pack.
type Sticker struct {
	Data   []byte   `json:"data"`   // WebP, at most 1 MiB
	Emojis []string `json:"emojis"` // that it stands for
	Text   string   `json:"text"`   // for those who can't see it
	Width  int      `json:"width"`  // pixels, default 512
	Height int      `json:"height"`
}

const (
	// stickerPath is where the host static.whatsapp.net has its sticker packs (whatsmeow: FetchStickerPack).
	stickerPath     = "/sticker"
	stickerHost     = "static.whatsapp.net"
	maxStickerPacks = 100
	maxStickers     = 60
	maxSticker      = 1 << 20
	maxStickerText  = 256
	stickerSide     = 512
	stickerType     = "image/webp"
)

// stickerPacks are the packs of a server, as they are fetched, by id.
type stickerPacks struct {
	mu   sync.Mutex
	byID map[string]types.StickerPack
}

func (p StickerPack) check() error {
	texts := []string{p.Name, p.Publisher, p.Description}
	for _, sticker := range p.Stickers {
		if len(sticker.Data) == 0 || len(sticker.Data) > maxSticker || len(sticker.Emojis) > 8 {
			return fmt.Errorf("%w sticker: 1 to %d bytes and at most 8 emojis", ErrInvalid, maxSticker)
		}
		if min(sticker.Width, sticker.Height) < 0 || max(sticker.Width, sticker.Height) > 4*stickerSide {
			return fmt.Errorf("%w sticker: 1 to %d pixels wide and high", ErrInvalid, 4*stickerSide)
		}
		texts = append(append(texts, sticker.Text), sticker.Emojis...)
	}
	bad := slices.ContainsFunc(texts, func(text string) bool {
		return !utf8.ValidString(text) || len(text) > maxStickerText
	})
	if p.Name == "" || bad || len(p.Stickers) == 0 || len(p.Stickers) > maxStickers {
		return fmt.Errorf("%w sticker pack: a name, 1 to %d stickers, texts of at most %d bytes", ErrInvalid, maxStickers, maxStickerText)
	}
	return nil
}

// AddStickerPack puts a pack into the sticker store and returns its id. ErrInvalid, ErrRefused when the media hosts are
// full.
func (s *Server) AddStickerPack(pack StickerPack) (id string, err error) {
	if err = pack.check(); err != nil {
		return "", err
	}
	listed := types.StickerPack{
		StickerPackID: newMessageID(), Name: pack.Name, Publisher: pack.Publisher, Description: pack.Description,
	}
	size := 0
	for _, sticker := range pack.Stickers {
		item, err := s.listSticker(sticker)
		if err != nil {
			return "", err
		}
		size += len(sticker.Data)
		listed.Stickers = append(listed.Stickers, item)
		listed.PreviewImageIDs = append(listed.PreviewImageIDs, item.PreviewWebpID)
	}
	listed.FileSize, listed.TrayImageID = strconv.Itoa(size), listed.Stickers[0].PreviewWebpID
	listed.ImageDataHash = listed.TrayImageID
	s.stickers.mu.Lock()
	defer s.stickers.mu.Unlock()
	if len(s.stickers.byID) >= maxStickerPacks {
		return "", fmt.Errorf("%w: at most %d sticker packs", ErrInvalid, maxStickerPacks)
	}
	if s.stickers.byID == nil {
		s.stickers.byID = make(map[string]types.StickerPack)
	}
	s.stickers.byID[listed.StickerPackID] = listed
	return listed.StickerPackID, nil
}

// listSticker puts a sticker on the media hosts, where it is encrypted as one in a message.
func (s *Server) listSticker(sticker Sticker) (*types.StickerPackItem, error) {
	file, err := s.media.Put(stickerHost, media.Image, sticker.Data)
	if err != nil {
		return nil, mediaError(err)
	}
	if sticker.Width == 0 || sticker.Height == 0 {
		sticker.Width, sticker.Height = stickerSide, stickerSide
	}
	return &types.StickerPackItem{
		MediaKey: file.Key, EncFileHash: file.EncSHA256, FileHash: file.SHA256, DirectPath: file.DirectPath, URL: file.URL,
		FileSize: int64(file.Length), MimeType: stickerType, Width: sticker.Width, Height: sticker.Height,
		Emojis: slices.Clone(sticker.Emojis), AccessibilityText: sticker.Text, StickerHashWithoutMeta: file.SHA256,
		PreviewWebpID: hex.EncodeToString(file.SHA256[:8]),
	}, nil
}

// handleStickers serves the sticker store: a list with the one pack that was asked for.
func (s *Server) handleStickers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.stickers.mu.Lock()
	pack, ok := s.stickers.byID[query.Get("id")]
	s.stickers.mu.Unlock()
	if !ok || query.Get("cat") != "sticker_pack_data" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode([]types.StickerPack{pack}); err != nil {
		s.log.Debug("sticker pack not written", "error", err)
	}
}

func (s *Server) controlAddStickerPack(r *http.Request) (int, any, error) {
	var body StickerPack
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	id, err := s.AddStickerPack(body)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"id": id}, nil
}
