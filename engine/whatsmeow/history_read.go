package whatsmeow

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	// maxHistoryField bounds one field of a part, such as one conversation's
	// piece, since what is compressed may be anything.
	maxHistoryField = 64 << 20
	// maxHistoryRest bounds everything but the conversations.
	maxHistoryRest = 64 << 20
	// maxHistoryPart bounds a part when it is inflated.
	maxHistoryPart = 4 << 30
	// conversationsField is the number of HistorySync.conversations.
	conversationsField = 2
)

var errHistoryTooLarge = errors.New("a part of the history is larger than phones make them")

// historyFile is a part as it was downloaded: compressed.
type historyFile struct {
	io.ReadSeeker
	file *os.File // nil if it came within the notice
}

func (f *historyFile) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
}

// done is how much of the part has been read, from 0 to 1. What is compressed
// counts, since nothing tells how much it will be.
func (f *historyFile) done() (float64, error) {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, fmt.Errorf("read the history's file: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("read the history's file: %w", err)
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return 0, fmt.Errorf("read the history's file: %w", err)
	}
	return float64(at) / float64(max(size, 1)), nil
}

// download fetches a part into a file without a name, so that none is left
// behind whatever happens.
func (s *session) download(ctx context.Context, notice *waE2E.HistorySyncNotification) (*historyFile, error) {
	if inline := notice.GetInitialHistBootstrapInlinePayload(); inline != nil {
		return &historyFile{ReadSeeker: bytes.NewReader(inline)}, nil
	}
	file, err := os.CreateTemp("", "aibud-history-")
	if err != nil {
		return nil, fmt.Errorf("make a file for the history: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("hide the history's file: %w", err)
	}
	if err := s.wm.DownloadToFile(ctx, notice, file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return &historyFile{ReadSeeker: file, file: file}, nil
}

// rest reads everything but the conversations.
func (f *historyFile) rest() (*waHistorySync.HistorySync, error) {
	var fields []byte
	err := f.each(func(number protowire.Number, field []byte) error {
		if number == conversationsField {
			return nil
		}
		if len(fields)+len(field) > maxHistoryRest {
			return errHistoryTooLarge
		}
		fields = append(fields, field...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	rest := new(waHistorySync.HistorySync)
	if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(fields, rest); err != nil {
		return nil, unreadableHistory(err)
	}
	return rest, nil
}

// conversations hands one conversation's piece after the other to take.
func (f *historyFile) conversations(take func(*waHistorySync.Conversation) error) error {
	return f.each(func(number protowire.Number, field []byte) error {
		if number != conversationsField {
			return nil
		}
		_, _, tag := protowire.ConsumeTag(field)
		body, size := protowire.ConsumeBytes(field[tag:])
		if size < 0 {
			return unreadableHistory(protowire.ParseError(size))
		}
		conversation := new(waHistorySync.Conversation)
		if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(body, conversation); err != nil {
			return unreadableHistory(err)
		}
		return take(conversation)
	})
}

// each hands every field of the part, with its tag, to take.
func (f *historyFile) each(take func(number protowire.Number, field []byte) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the history's file: %w", err)
	}
	inflated, err := zlib.NewReader(bufio.NewReader(f))
	if err != nil {
		return unreadableHistory(err)
	}
	defer inflated.Close()
	in := bufio.NewReaderSize(io.LimitReader(inflated, maxHistoryPart), 64<<10)
	for {
		number, field, err := nextField(in)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadableHistory(err)
		}
		if err := take(number, field); err != nil {
			return err
		}
	}
}

// nextField reads one field with its tag. It returns io.EOF only between two
// fields.
func nextField(in *bufio.Reader) (protowire.Number, []byte, error) {
	tag, err := binary.ReadUvarint(in)
	if err != nil {
		return 0, nil, err
	}
	number, kind := protowire.DecodeTag(tag)
	if number < protowire.MinValidNumber {
		return 0, nil, errors.New("a field without a number")
	}
	field := protowire.AppendTag(nil, number, kind)
	var size uint64
	switch kind {
	case protowire.VarintType:
		value, err := binary.ReadUvarint(in)
		return number, protowire.AppendVarint(field, value), cutOff(err)
	case protowire.Fixed32Type:
		size = 4
	case protowire.Fixed64Type:
		size = 8
	case protowire.BytesType:
		if size, err = binary.ReadUvarint(in); err != nil {
			return 0, nil, cutOff(err)
		}
		field = protowire.AppendVarint(field, size)
	default:
		return 0, nil, fmt.Errorf("a field of type %d", kind)
	}
	if size > maxHistoryField {
		return 0, nil, errHistoryTooLarge
	}
	// Grown as it is read, since the size is only what the part says of itself.
	body := bytes.NewBuffer(field)
	_, err = io.CopyN(body, in, int64(size)) // bounded above
	return number, body.Bytes(), cutOff(err)
}

// cutOff makes an end in the midst of a field an error.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
