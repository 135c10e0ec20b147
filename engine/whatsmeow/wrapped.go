package whatsmeow

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxWraps is how many wrappers are taken off one message; WhatsApp's own
// programs use three at most.
const maxWraps = 8

// opened takes off the wrappers that the library leaves on a message. WhatsApp
// puts what older programs can't show into a field for which they have a
// placeholder: each file of an album, for example (associatedChildMessage).
// They all have the same type, so new ones are taken off too. What belongs to
// the outer message, such as its secret, stays.
func opened(msg *waE2E.Message) *waE2E.Message {
	for range maxWraps {
		inner := inside(msg)
		if inner == nil {
			break
		}
		if inner.MessageContextInfo == nil {
			inner.MessageContextInfo = msg.MessageContextInfo
		}
		msg = inner
	}
	return msg
}

// inside is what a message wraps, or nil.
func inside(msg *waE2E.Message) (found *waE2E.Message) {
	msg.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind || field.IsList() || field.IsMap() || silent(field.Name()) {
			return true
		}
		if wrapper, ok := value.Message().Interface().(*waE2E.FutureProofMessage); ok {
			found = wrapper.GetMessage()
		}
		return found == nil
	})
	return found
}

// twin says whether a message is a second version of another one's file, in a
// better quality: WhatsApp's programs show the two as one. Which version it is
// stands beside the message or in it (mautrix-whatsapp#818).
func twin(msg *waE2E.Message) bool {
	switch msg.GetMessageContextInfo().GetMessageAssociation().GetAssociationType() {
	case waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD, waE2E.MessageAssociation_HD_VIDEO_DUAL_UPLOAD,
		waE2E.MessageAssociation_HEVC_VIDEO_DUAL_UPLOAD, waE2E.MessageAssociation_MOTION_PHOTO:
		return true
	default:
		return false
	}
}
