package engine

import (
	"context"
	"encoding/json"
)

// PairingStep is what a person has to do to link a phone. The set is closed.
type PairingStep string

// The steps, with what [PairingCode.Text] holds.
const (
	PairQR      PairingStep = "qr"      // scan a QR code: its text
	PairCode    PairingStep = "code"    // type a code into the phone: eight characters, such as ABCD-EFGH
	PairPasskey PairingStep = "passkey" // answer with the account's passkey: [PasskeyOptions] as JSON
	PairConfirm PairingStep = "confirm" // compare a code with the phone's, and confirm: eight characters
)

// CodePairer is a client that can be linked by a code which a person types
// into the phone, beside the QR code.
type CodePairer interface {
	// PairByCode says that the next connection is to show a code for the phone
	// with this number, in digits with country code; with an empty number it
	// shows QR codes again. It returns at once. What WhatsApp has against it is
	// told by [PairingEnded].
	PairByCode(number string)
}

// PasskeyPairer is a client that can link a phone whose account has a
// passkey. It tells [PairPasskey], and after an answer [PairConfirm] if the
// person has to compare codes.
type PasskeyPairer interface {
	// AnswerPasskey hands WhatsApp what the passkey signed. Errors:
	// [CodeForbidden] if it is the wrong passkey, and one can try again;
	// [CodeConflict] if nobody asks for one.
	AnswerPasskey(ctx context.Context, answer PasskeyAnswer) error
	// ConfirmPasskey says that the person has compared the codes and found
	// them to be the same. It fails with [CodeConflict] if nobody asks.
	ConfirmPasskey(ctx context.Context) error
}

// PasskeyOptions is what a passkey has to sign: the options of WebAuthn's
// navigator.credentials.get, in the form of
// PublicKeyCredential.parseRequestOptionsFromJSON (bytes are base64url).
type PasskeyOptions struct {
	Challenge        string              `json:"challenge" doc:"To be signed, base64url"`
	Timeout          int                 `json:"timeout,omitempty" doc:"Milliseconds"`
	RelyingParty     string              `json:"rpId" doc:"The site that the passkey is for" example:"whatsapp.com"`
	AllowCredentials []PasskeyCredential `json:"allowCredentials,omitempty" nullable:"false"`
	UserVerification string              `json:"userVerification,omitempty"`
	Extensions       map[string]any      `json:"extensions,omitempty"`
}

// PasskeyCredential is a passkey that may answer.
type PasskeyCredential struct {
	ID         string   `json:"id" doc:"base64url"`
	Type       string   `json:"type"`
	Transports []string `json:"transports,omitempty" nullable:"false"`
}

// PasskeyAnswer is what a passkey signed: what WebAuthn's
// PublicKeyCredential.toJSON gives (bytes are base64url).
type PasskeyAnswer struct {
	ID       string `json:"id" minLength:"1" maxLength:"4096" doc:"base64url"`
	RawID    string `json:"rawId" minLength:"1" maxLength:"4096" doc:"base64url"`
	Type     string `json:"type" minLength:"1" maxLength:"32" example:"public-key"`
	Response struct {
		ClientDataJSON    string `json:"clientDataJSON" minLength:"1" maxLength:"16384" doc:"base64url"`
		AuthenticatorData string `json:"authenticatorData" minLength:"1" maxLength:"16384" doc:"base64url"`
		Signature         string `json:"signature" minLength:"1" maxLength:"4096" doc:"base64url"`
		UserHandle        string `json:"userHandle,omitempty" maxLength:"4096" doc:"base64url"`
	} `json:"response"`
}

// PasskeyOptionsOf reads the options from a pairing code's text.
func PasskeyOptionsOf(text string) *PasskeyOptions {
	var options PasskeyOptions
	if json.Unmarshal([]byte(text), &options) != nil {
		return nil
	}
	return &options
}
