package whatsmeow

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// sound says whether a text can be stored in any database.
func sound(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

func FuzzChannelMessage(f *testing.F) {
	text, err := proto.Marshal(&waE2E.Message{Conversation: proto.String("Low tide at six")})
	require.NoError(f, err)
	f.Add(100, "ABC", "🏡", 3, text)
	f.Add(-1, "\x00\xff", "\xff", -5, []byte(nil))
	f.Fuzz(func(t *testing.T, serverID int, id, emoji string, count int, raw []byte) {
		m := &types.NewsletterMessage{MessageServerID: serverID, MessageID: id, ViewsCount: count, ReactionCounts: map[string]int{emoji: count}}
		var content waE2E.Message
		if proto.Unmarshal(raw, &content) == nil {
			m.Message = &content
		}
		got := channelMessage(m)
		require.True(t, sound(got.WhatsAppID) && sound(got.Text))
		require.GreaterOrEqual(t, got.Views, 0)
		require.NotEmpty(t, got.Kind)
		for emoji := range got.Reactions {
			require.True(t, sound(emoji))
		}
	})
}

func FuzzChannelOf(f *testing.F) {
	f.Add("1203@newsletter", "Name", "About", "CODE", "ACTIVE", "all", "owner", "1", 5)
	f.Add("\xff@g.us", "\x00", "\xff", "\x00", "", "", "", "\xff", -1)
	f.Fuzz(func(t *testing.T, id, name, about, code, state, reactions, role, picture string, followers int) {
		jid, err := types.ParseJID(id)
		if err != nil {
			return
		}
		info := &types.NewsletterMetadata{
			ID: jid, State: types.WrappedNewsletterState{Type: types.NewsletterState(state)},
			ViewerMeta: &types.NewsletterViewerMetadata{Role: types.NewsletterRole(role)},
		}
		info.ThreadMeta.Name.Text, info.ThreadMeta.Description.Text, info.ThreadMeta.InviteCode = name, about, code
		info.ThreadMeta.Settings.ReactionCodes.Value = types.NewsletterReactionsMode(reactions)
		info.ThreadMeta.Preview.ID, info.ThreadMeta.SubscriberCount = picture, followers
		got := channelOf(info)
		for _, text := range []string{got.Name, got.Description, got.Link, got.State, got.Reactions, got.PictureID, string(got.Address)} {
			require.True(t, sound(text))
		}
		require.True(t, got.Address == "" || got.Address.IsChannel() || got.Address.IsGroup())
	})
}

func FuzzLinkCode(f *testing.F) {
	for _, link := range []string{"", "ABCD", "https://chat.whatsapp.com/ABCD?x=1#y", "https://chat.whatsapp.com/invite/ABCD/", "https://evil.example/ABCD", "\xff"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		code, err := inviteCode(link)
		if err != nil {
			require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
			require.Empty(t, code)
			return
		}
		require.Equal(t, link == "", code == "")
		require.LessOrEqual(t, len(code), maxCode)
		again, err := inviteCode(code)
		require.NoError(t, err)
		require.Equal(t, code, again)
	})
}

func FuzzAvatar(f *testing.F) {
	var small bytes.Buffer
	require.NoError(f, png.Encode(&small, image.NewGray(image.Rect(0, 0, 3, 2))))
	f.Add(small.Bytes())
	var photo bytes.Buffer
	require.NoError(f, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 16)), nil))
	f.Add(photo.Bytes())
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	p := &Provider{drawing: make(chan struct{}, maxDrawing)}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := p.avatar(t.Context(), data)
		if err != nil {
			require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
			return
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(out))
		require.NoError(t, err)
		require.Equal(t, config.Width, config.Height)
		require.LessOrEqual(t, config.Width, avatarSide)
	})
}

func TestPicturesWithTooManyPixelsAreRefusedUnread(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, 8000, 7000))))
	_, err := (&Provider{drawing: make(chan struct{})}).avatar(t.Context(), out.Bytes()) // there is no room to decode it
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
	require.Contains(t, engine.MessageOf(err), "pixels")
}

func TestPicturesComeFromWhatsAppOnly(t *testing.T) {
	t.Parallel()
	s := offline(t, &recorder{}, func(c *Config) { c.Endpoint = nil })
	for _, address := range []string{"http://pps.whatsapp.net/x", "https://pps.whatsapp.net.evil.example/x", "https://127.0.0.1/x", "file:///etc/passwd", "\x00", ""} {
		_, err := s.client.provider.fetchPicture(t.Context(), s.transport(), address)
		require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), address)
	}
}

func TestErrorsForTheLogNameNobody(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		queryError(refusedError(404), groupWords),
		queryError(namingError{}, groupWords),
	} {
		require.NotContains(t, err.Error(), "27821234567")
		require.NotEmpty(t, engine.MessageOf(err))
	}
}

type namingError struct{}

func (namingError) Error() string {
	return "failed to get privacy token for 27821234567@s.whatsapp.net"
}
