package whatsmeow

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// A place whose coordinates are no numbers can't be written down; it would
// come again and again.
func TestPlacesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, at := range [][2]float64{{math.NaN(), 1}, {1, math.NaN()}, {math.Inf(1), 1}, {1, math.Inf(-1)}, {91, 1}, {1, -181}, {1e300, 1e300}} {
		for _, message := range []*waE2E.Message{
			{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: &at[0], DegreesLongitude: &at[1]}},
			{LiveLocationMessage: &waE2E.LiveLocationMessage{DegreesLatitude: &at[0], DegreesLongitude: &at[1]}},
		} {
			got, ok := contentOf(message)
			require.True(t, ok)
			require.Equal(t, content{kind: engine.KindUnknown}, got, at)
		}
	}
	pole, ok := contentOf(&waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-90), DegreesLongitude: proto.Float64(180)}})
	require.True(t, ok)
	require.Equal(t, &engine.Location{Latitude: -90, Longitude: 180}, pole.more.Location)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 100_000)
	many := make([]string, 20_000)
	for i := range many {
		many[i] = long
	}
	c := content{kind: engine.KindText, text: long, more: engine.Content{
		Quote: &engine.Quote{WhatsAppID: long, Text: long}, Media: &engine.Media{Name: long, MIMEType: long},
		Location: &engine.Location{Name: long, Address: long}, Link: &engine.Link{URL: long, Title: long, Description: long},
		Menu: &engine.Menu{Title: long, Footer: long, Options: many}, Poll: &engine.Poll{Options: many},
		Vote: &engine.Vote{Hashes: make([][]byte, 20_000)}, Cards: make([]engine.Card, 20_000),
	}}
	for i := range c.more.Cards {
		c.more.Cards[i] = engine.Card{Name: long, VCard: long}
	}
	require.True(t, c.bound())
	require.Equal(t, strings.Repeat("é", engine.MaxTextLength), c.text)
	require.Equal(t, long, c.more.Cards[0].VCard, "a card is whole or empty")
	require.Empty(t, c.more.Cards[len(c.more.Cards)-1].VCard)
	encoded, err := json.Marshal(c.more)
	require.NoError(t, err)
	require.Less(t, len(encoded), 10<<20)
	require.False(t, c.bound(), "what is bounded stays as it is")

	reaction := content{kind: engine.KindReaction, text: long}
	require.True(t, reaction.bound())
	require.LessOrEqual(t, len(reaction.text), maxReaction)

	whole := content{kind: engine.KindText, text: strings.Repeat("é", engine.MaxTextLength)}
	require.False(t, whole.bound())
}

func TestTimesThatAreNone(t *testing.T) {
	t.Parallel()
	otherwise := time.Unix(1, 0)
	for _, ms := range []int64{0, -1, math.MaxInt64, math.MinInt64, lastTime.UnixMilli() + 1000} {
		require.Equal(t, otherwise, millis(ms, otherwise), ms)
	}
	require.Equal(t, lastTime.Unix(), millis(lastTime.UnixMilli(), otherwise).Unix())
}
