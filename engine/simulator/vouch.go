package simulator

import (
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"
)

var errNotVouched = errors.New("sending device is not vouched for")

// vouched checks what a linked device shows with its first message: a statement by its phone that the device is its own,
// which the device has signed too, made for a key index that is on the phone's list. Phones need none.
func (s *Server) vouched(sender *device, n *binary.Node) error {
	if sender.phone != nil {
		return nil
	}
	signed := new(waAdv.ADVSignedDeviceIdentity)
	details := new(waAdv.ADVDeviceIdentity)
	raw := childContent(n, "device-identity")
	if raw == nil || proto.Unmarshal(raw, signed) != nil || proto.Unmarshal(signed.GetDetails(), details) != nil ||
		len(signed.GetAccountSignature()) != 64 || len(signed.GetDeviceSignature()) != 64 {
		return fmt.Errorf("%w: malformed identity", errNotVouched)
	}
	a := sender.account
	phoneKey, deviceKey := a.phone.keys.IdentityKey(), sender.keys.identity
	ofAccount := join([]byte(advAccountPrefix), signed.GetDetails(), deviceKey[:])
	ofDevice := join([]byte(advDevicePrefix), signed.GetDetails(), deviceKey[:], phoneKey[:])
	switch {
	case !ecc.VerifySignature(ecc.NewDjbECPublicKey(phoneKey), ofAccount, [64]byte(signed.GetAccountSignature())):
		return fmt.Errorf("%w: account signature", errNotVouched)
	case !ecc.VerifySignature(ecc.NewDjbECPublicKey(deviceKey), ofDevice, [64]byte(signed.GetDeviceSignature())):
		return fmt.Errorf("%w: device signature", errNotVouched)
	case details.GetKeyIndex() != sender.keyIndex || a.device(sender.id) != sender || details.GetRawID() != a.phone.rawID.Load():
		return fmt.Errorf("%w: key index is not valid any more", errNotVouched)
	}
	return nil
}
