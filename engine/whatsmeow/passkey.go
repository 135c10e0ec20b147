package whatsmeow

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// passkeyLife is how long a passkey is waited for: for so long the library can
// prove that it is the one that was scanned (whatsmeow, passkeyHandoffKey).
const passkeyLife = 5 * time.Minute

// passkeyAsked shows what the account's passkey has to sign.
func (s *session) passkeyAsked(evt *events.PairPasskeyRequest) {
	options, err := json.Marshal(evt.PublicKey)
	if err != nil || evt.PublicKey == nil {
		s.client.log.Warn("WhatsApp asked for a passkey in a form that can't be read")
		s.passkeyRefused()
		return
	}
	s.ask(engine.PairPasskey, string(options))
}

// passkeyAnswered goes on after WhatsApp has accepted the passkey: at once, if
// it knows by our proof that we are the client that was scanned, or else when a
// person has compared codes.
func (s *session) passkeyAnswered(evt *events.PairPasskeyConfirmation) {
	if !evt.SkipHandoffUX {
		s.ask(engine.PairConfirm, evt.Code)
		return
	}
	s.client.provider.background(func() {
		err := s.passkeyError(safely(func() error { return s.wm.SendPasskeyConfirmation(s.ctx) }))
		if err != nil && s.ctx.Err() == nil {
			s.client.log.Warn("link by passkey could not be confirmed", "error", harmless(err))
			s.passkeyRefused()
		}
	})
}

// passkeyRefused ends a pairing by passkey.
func (s *session) passkeyRefused() {
	s.finish(engine.PairingEnded{Reason: engine.ReasonPasskeyRefused})
}

// ask shows a step of linking by passkey. What was shown before counts no more.
func (s *session) ask(step engine.PairingStep, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.linked {
		return
	}
	s.asked, s.codes = step, nil
	s.setTimer(passkeyLife, func() {
		s.finish(engine.PairingEnded{Reason: engine.ReasonPasskeyRequired})
	})
	s.signal(engine.PairingCode{Step: step, Text: text, Expires: time.Now().Add(passkeyLife)})
}

// asking returns the session if it waits for the given step.
func (c *Client) asking(step engine.PairingStep) (*session, error) {
	if s := c.current(); s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.over && s.asked == step {
			return s, nil
		}
	}
	return nil, errNobodyAsks(nil)
}

func errNobodyAsks(cause error) error {
	return &engine.Error{
		Code:    engine.CodeConflict,
		Message: "WhatsApp does not wait for that now. Start pairing again.",
		Err:     cause,
	}
}

// AnswerPasskey implements [engine.PasskeyPairer].
func (c *Client) AnswerPasskey(ctx context.Context, answer engine.PasskeyAnswer) error {
	s, err := c.asking(engine.PairPasskey)
	if err != nil {
		return err
	}
	response, err := webAuthn(answer)
	if err != nil {
		return err
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.wm.SendPasskeyResponse(ctx, response)
	})
	return s.passkeyError(err)
}

// ConfirmPasskey implements [engine.PasskeyPairer].
func (c *Client) ConfirmPasskey(ctx context.Context) error {
	s, err := c.asking(engine.PairConfirm)
	if err != nil {
		return err
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.wm.SendPasskeyConfirmation(ctx)
	})
	return s.passkeyError(err)
}

// passkeyError says why WhatsApp did not go on. Once the phone was accepted it
// did, whatever became of the request: linking can be over, and its connection
// gone, before the library has read the answer to it.
func (s *session) passkeyError(err error) error {
	s.mu.Lock()
	linked := s.linked
	s.mu.Unlock()
	switch {
	case err == nil, linked:
		return nil
	case errors.Is(err, wm.ErrIQNotAuthorized), errors.Is(err, wm.ErrIQForbidden), errors.Is(err, wm.ErrIQBadRequest):
		return &engine.Error{
			Code:    engine.CodeForbidden,
			Message: "WhatsApp did not accept this passkey. Use the passkey of the account that is being linked, and sign what is shown now.",
			Err:     err,
		}
	case errors.Is(err, wm.ErrIQNotFound), errors.Is(err, wm.ErrIQGone):
		return errNobodyAsks(err)
	}
	return requestError(err)
}

// webAuthn reads an answer into the library's form.
func webAuthn(answer engine.PasskeyAnswer) (*types.WebAuthnResponse, error) {
	var failed error
	read := func(text string) []byte {
		// Browsers leave the padding out; other programs may not.
		data, err := base64.RawURLEncoding.DecodeString(trimPadding(text))
		if err != nil {
			failed = engine.Errorf(engine.CodeInvalid, "The passkey's answer is damaged. Its bytes have to be base64url, as PublicKeyCredential.toJSON gives them.")
		}
		return data
	}
	response := &types.WebAuthnResponse{
		ID: answer.ID, RawID: read(answer.RawID), Type: answer.Type,
		Response: types.WebAuthnResponseData{
			ClientDataJSON:    read(answer.Response.ClientDataJSON),
			AuthenticatorData: read(answer.Response.AuthenticatorData),
			Signature:         read(answer.Response.Signature),
		},
	}
	if handle := answer.Response.UserHandle; handle != "" {
		user := types.WebAuthnResponseData{Signature: read(handle)}.Signature
		response.Response.UserHandle = &user
	}
	return response, failed
}

func trimPadding(text string) string {
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	return text
}
