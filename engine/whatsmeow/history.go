package whatsmeow

import (
	"context"
	"errors"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

var _ engine.HistoryClient = (*Client)(nil)

// noticed stores that the phone has left a part of its history, and only then
// tells the phone so. It reports false in ok for any other message.
func (s *session) noticed(evt *events.Message) (stored, ok bool) {
	notice := evt.Message.GetProtocolMessage().GetHistorySyncNotification()
	if notice == nil {
		return false, false
	}
	if !evt.Info.IsFromMe { // nobody else has our history
		return true, true
	}
	raw, err := proto.Marshal(notice)
	if err != nil {
		s.client.log.Warn("a notice of the phone's history can't be kept", "error", harmless(err))
		return true, true
	}
	fact := engine.HistoryNotice{
		WhatsAppID: clean(evt.Info.ID), Phase: phaseOf(notice.GetSyncType()),
		Order: int(notice.GetChunkOrder()), Percent: int(min(notice.GetProgress(), 100)), Raw: raw,
		Again: clean(notice.GetOriginalMessageID()),
	}
	if !s.deliver(fact) {
		return false, true
	}
	s.client.provider.background(func() {
		if err := s.wm.SendProtocolMessageReceipt(s.ctx, evt.Info.ID, types.ReceiptTypeHistorySync); err != nil {
			s.client.log.Debug("the phone could not be told that its history was noticed", "error", harmless(err))
		}
	})
	return true, true
}

// phaseOf names the phase that a part belongs to.
func phaseOf(t waE2E.HistorySyncType) engine.HistoryPhase {
	switch t { // the others have nothing that people wait for
	case waE2E.HistorySyncType_INITIAL_BOOTSTRAP:
		return engine.HistoryInitial
	case waE2E.HistorySyncType_RECENT:
		return engine.HistoryRecent
	case waE2E.HistorySyncType_FULL:
		return engine.HistoryFull
	case waE2E.HistorySyncType_ON_DEMAND:
		return engine.HistoryOnDemand
	default:
		return engine.HistoryOther
	}
}

// history returns the session that can do something for a part, and what the
// phone told of it.
func (c *Client) history(notice engine.HistoryNotice) (*session, *waE2E.HistorySyncNotification, error) {
	s, err := c.ready()
	if err != nil {
		return nil, nil, err
	}
	told := new(waE2E.HistorySyncNotification)
	if err := proto.Unmarshal(notice.Raw, told); err != nil {
		return nil, nil, unreadableHistory(err)
	}
	return s, told, nil
}

// FetchHistory implements [engine.HistoryClient]. Of a part it has no more in
// memory than one conversation's piece of it.
func (c *Client) FetchHistory(ctx context.Context, notice engine.HistoryNotice, take func(ctx context.Context, facts []engine.Fact, done float64) error) error {
	s, told, err := c.history(notice)
	if err != nil {
		return err
	}
	file, err := s.download(ctx, told)
	if err != nil {
		return historyError(err)
	}
	defer file.close()
	importer := &historyImport{session: s, phase: notice.Phase, file: file, take: take}
	return importer.run(ctx)
}

// AskForHistory implements [engine.HistoryClient], as WhatsApp Web does: by a
// receipt that is encrypted with the file's key.
func (c *Client) AskForHistory(ctx context.Context, notice engine.HistoryNotice) error {
	s, told, err := c.history(notice)
	if err != nil {
		return err
	}
	if len(told.GetMediaKey()) == 0 { // it came within the notice
		return engine.Errorf(engine.CodeUnsupported, "This part of the phone's history can't be asked for again.")
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.wm.SendHistorySyncServerErrorReceipt(ctx, notice.WhatsAppID, told.GetMediaKey())
	})
	if err != nil {
		return requestError(err)
	}
	return nil
}

// ForgetHistory implements [engine.HistoryClient].
func (c *Client) ForgetHistory(ctx context.Context, notice engine.HistoryNotice) error {
	s, told, err := c.history(notice)
	if err != nil {
		return err
	}
	err = s.wm.DeleteMedia(ctx, wm.MediaHistory, told.GetDirectPath(), told.GetFileEncSHA256(), told.GetEncHandle())
	if err != nil {
		return requestError(err)
	}
	return nil
}

func unreadableHistory(err error) error {
	return &engine.Error{
		Code: engine.CodeInvalid, Message: "A part of the phone's history could not be read, so it is missing.", Err: err,
	}
}

// historyError says why a part could not be fetched.
func historyError(err error) error {
	for _, gone := range []error{
		wm.ErrMediaDownloadFailedWith403, wm.ErrMediaDownloadFailedWith404, wm.ErrMediaDownloadFailedWith410, wm.ErrNoURLPresent,
	} {
		if errors.Is(err, gone) {
			return &engine.Error{
				Code:    engine.CodeNotFound,
				Message: "A part of the phone's history is not at WhatsApp any more, so it is missing. Link the phone again to get it.",
				Err:     err,
			}
		}
	}
	for _, broken := range []error{wm.ErrInvalidMediaHMAC, wm.ErrInvalidMediaEncSHA256, wm.ErrInvalidMediaSHA256, wm.ErrTooShortFile} {
		if errors.Is(err, broken) {
			return unreadableHistory(err)
		}
	}
	return requestError(err)
}
