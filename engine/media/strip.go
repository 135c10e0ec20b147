package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// WhatsApp's own clients make every picture anew before they send it, so that
// nobody learns from it where it was taken, when, and with what. strip leaves
// the same out without losing quality: it copies the picture and what its
// colours mean, and nothing else that is said about it.

var errNotStripped = errors.New("the picture is not made as its type says")

// strip copies a JPEG or PNG without what it says beside the picture. left says
// whether there was anything to leave out.
func strip(into io.Writer, from io.Reader, format string) (left bool, err error) {
	in, out := bufio.NewReader(from), bufio.NewWriter(into)
	if format == "image/png" {
		left, err = stripPNG(out, in)
	} else {
		left, err = stripJPEG(out, in)
	}
	return left, errors.Join(err, out.Flush())
}

// The markers of a JPEG that matter here (ITU T.81, B.1).
const (
	jpegStart   = 0xD8
	jpegEnd     = 0xD9
	jpegScan    = 0xDA // a part of the encoded picture follows
	jpegRestart = 0xD0 // the first of eight that stand within it
	jpegApp     = 0xE0 // the first of sixteen for whoever wants to say something
	jpegICC     = 0xE2
	jpegAdobe   = 0xEE // how its colours are encoded
	jpegComment = 0xFE
)

func stripJPEG(out *bufio.Writer, in *bufio.Reader) (left bool, err error) {
	start := make([]byte, 2)
	if _, err := io.ReadFull(in, start); err != nil || start[0] != 0xFF || start[1] != jpegStart {
		return false, errNotStripped
	}
	_, _ = out.Write(start) // Flush tells
	for {
		segment, err := readSegment(in)
		if err != nil {
			return left, err
		}
		if !keptJPEG(segment) {
			left = true
			continue
		}
		_, _ = out.Write(segment)
		switch segment[1] {
		case jpegEnd: // phones put further pictures and films behind it
			_, err := in.ReadByte()
			return left || err == nil, nil
		case jpegScan:
			if err := copyScan(out, in); err != nil {
				return left, err
			}
		}
	}
}

// copyScan copies what is encoded of the picture up to the next marker, which it
// leaves to be read.
func copyScan(out *bufio.Writer, in *bufio.Reader) error {
	for {
		next, err := in.Peek(2)
		switch {
		case err != nil:
			return errNotStripped
		case next[0] == 0xFF && next[1] != 0 && (next[1] < jpegRestart || next[1] > jpegRestart+7):
			return nil
		}
		_ = out.WriteByte(next[0])
		_, _ = in.Discard(1) // it is there
	}
}

// readSegment reads a marker with its length and what belongs to it.
func readSegment(in *bufio.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(in, head[:2]); err != nil || head[0] != 0xFF {
		return nil, errNotStripped
	}
	for head[1] == 0xFF { // there may be more of these before a marker
		next, err := in.ReadByte()
		if err != nil {
			return nil, errNotStripped
		}
		head[1] = next
	}
	if head[1] == jpegEnd {
		return head[:2], nil
	}
	if _, err := io.ReadFull(in, head[2:]); err != nil {
		return nil, errNotStripped
	}
	length := int(binary.BigEndian.Uint16(head[2:]))
	if length < 2 {
		return nil, errNotStripped
	}
	segment := make([]byte, 2+length)
	copy(segment, head)
	if _, err := io.ReadFull(in, segment[4:]); err != nil {
		return nil, errNotStripped
	}
	return segment, nil
}

func keptJPEG(segment []byte) bool {
	switch marker := segment[1]; {
	case marker == jpegApp:
		return bytes.HasPrefix(segment[4:], []byte("JFIF\x00"))
	case marker == jpegICC: // another says that more pictures follow, which have an Exif of their own
		return isICC(segment)
	case marker == jpegAdobe:
		return true
	default:
		return marker < jpegApp || marker > jpegApp+15 && marker != jpegComment
	}
}

func isICC(segment []byte) bool {
	return segment[1] == jpegICC && bytes.HasPrefix(segment[4:], []byte("ICC_PROFILE\x00"))
}

// iccOf returns the segments of a JPEG that say what its colours mean.
func iccOf(from io.Reader) []byte {
	in := bufio.NewReader(from)
	if _, err := in.Discard(2); err != nil {
		return nil
	}
	var found []byte
	for {
		segment, err := readSegment(in)
		if err != nil || segment[1] == jpegScan || segment[1] == jpegEnd {
			return found
		}
		if isICC(segment) {
			found = append(found, segment...)
		}
	}
}

const pngStart = "\x89PNG\r\n\x1a\n"

func stripPNG(out *bufio.Writer, in *bufio.Reader) (left bool, err error) {
	start := make([]byte, len(pngStart))
	if _, err := io.ReadFull(in, start); err != nil || string(start) != pngStart {
		return false, errNotStripped
	}
	_, _ = out.Write(start) // Flush tells
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(in, head); err != nil {
			return left, errNotStripped
		}
		kind, rest := string(head[4:]), int64(binary.BigEndian.Uint32(head))+4 // with its checksum
		var into io.Writer = out
		switch kind {
		case "eXIf", "tEXt", "zTXt", "iTXt", "tIME":
			into, left = io.Discard, true
		default:
			_, _ = out.Write(head)
		}
		if n, err := io.Copy(into, io.LimitReader(in, rest)); err != nil || n != rest {
			return left, errors.Join(errNotStripped, err)
		}
		if kind == "IEND" {
			return left, nil
		}
	}
}
