package whatsmeow_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestPhotosOfAnAlbum: phones say beforehand that some files follow, wrap some
// of them, and send pictures in high quality twice. People see each once.
func TestPhotosOfAnAlbum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	send := func(message *waE2E.Message) string {
		id, err := lead.Send(t.Context(), agentNumber, simulator.Raw{Message: message})
		require.NoError(t, err)
		return id
	}
	part := func(kind waE2E.MessageAssociation_AssociationType, parent string) *waE2E.MessageContextInfo {
		return &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
			AssociationType: kind.Enum(), ParentMessageKey: &waCommon.MessageKey{ID: proto.String(parent), FromMe: proto.Bool(true)},
		}}
	}
	photo := func(caption string) *waE2E.Message {
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String(caption), Mimetype: proto.String("image/jpeg")}}
	}

	album := send(&waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{ExpectedImageCount: proto.Uint32(2)}})
	kitchen := photo("Kitchen")
	kitchen.MessageContextInfo = part(waE2E.MessageAssociation_MEDIA_ALBUM, album)
	first := send(kitchen)
	send(&waE2E.Message{
		AssociatedChildMessage: &waE2E.FutureProofMessage{Message: photo("Garden")},
		MessageContextInfo:     part(waE2E.MessageAssociation_MEDIA_ALBUM, album),
	})
	send(&waE2E.Message{
		AssociatedChildMessage: &waE2E.FutureProofMessage{Message: photo("Kitchen")},
		MessageContextInfo:     part(waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD, first),
	})
	_, err := lead.SendText(t.Context(), agentNumber, "That is all")
	require.NoError(t, err)

	s.message(t, "That is all")
	var all []engine.Incoming
	s.set(func(m *memory) { all = slices.Clone(m.messages) })
	require.Len(t, all, 3)
	for i, caption := range []string{"Kitchen", "Garden"} {
		require.Equal(t, engine.KindImage, all[i].Kind)
		require.Equal(t, caption, all[i].Text)
		require.Equal(t, "image/jpeg", all[i].Content.Media.MIMEType)
	}
}
