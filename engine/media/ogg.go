package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// bars is how many values the waveform of a voice note has, each 0 to 100.
const bars = 64

// opusRate is how many samples a second positions in an Ogg file of Opus are
// counted in, whatever rate was recorded (RFC 7845, 4).
const opusRate = 48_000

// maxPackets bounds the packets that are looked at: 20 ms each, a day.
const maxPackets = 24 * 3600 * 50

var errNotOpus = errors.New("not an Ogg file of Opus")

// opus is what an Ogg file of Opus tells of itself.
type opus struct {
	seconds int
	// sizes are those of its packets in bytes. Opus spends more of them on what
	// is loud.
	sizes []uint16
}

// readOpus reads an Ogg file of one Opus stream (RFC 3533, RFC 7845), page by
// page.
func readOpus(from io.Reader) (opus, error) {
	var o opus
	in := bufio.NewReaderSize(from, 64<<10)
	var last uint64
	skip := uint64(0)
	head := true
	for {
		page, err := readPage(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return opus{}, err
		}
		if head {
			if len(page.body) < 19 || string(page.body[:8]) != "OpusHead" {
				return opus{}, errNotOpus
			}
			skip, head = uint64(binary.LittleEndian.Uint16(page.body[10:])), false
			continue
		}
		if page.position != math.MaxUint64 && page.position > last {
			last = page.position
		}
		o.sizes = append(o.sizes, page.packets...)
		if len(o.sizes) > maxPackets {
			return opus{}, errNotOpus
		}
	}
	if head {
		return opus{}, errNotOpus
	}
	if last > skip {
		o.seconds = int(min((last-skip+opusRate-1)/opusRate, maxSeconds))
	}
	if len(o.sizes) > 0 {
		o.sizes = o.sizes[1:] // the comments
	}
	return o, nil
}

// maxSeconds bounds what is taken for a length: a week.
const maxSeconds = 7 * 24 * 3600

// page is a page of an Ogg file.
type page struct {
	position uint64 // in samples, at its end
	packets  []uint16
	body     []byte // of the first page; later ones are skipped
}

// pageHead is how long a page's header is before its table of segments.
const pageHead = 27

func readPage(in *bufio.Reader) (page, error) {
	var head [pageHead]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errNotOpus
		}
		return page{}, err
	}
	if string(head[:4]) != "OggS" || head[4] != 0 {
		return page{}, errNotOpus
	}
	segments := make([]byte, head[26])
	if _, err := io.ReadFull(in, segments); err != nil {
		return page{}, errNotOpus
	}
	p := page{position: binary.LittleEndian.Uint64(head[6:])}
	size, packet := 0, 0
	for _, segment := range segments {
		size += int(segment)
		packet += int(segment)
		if segment < 255 {
			p.packets = append(p.packets, uint16(min(packet, math.MaxUint16)))
			packet = 0
		}
	}
	if head[5]&2 != 0 { // the first page
		p.body = make([]byte, size)
		if _, err := io.ReadFull(in, p.body); err != nil {
			return page{}, errNotOpus
		}
		return p, nil
	}
	if _, err := in.Discard(size); err != nil {
		return page{}, errNotOpus
	}
	return p, nil
}

// waveform makes bars of levels, the loudest of which is 100.
func waveform[N uint16 | float64](levels []N) []byte {
	if len(levels) == 0 {
		return nil
	}
	means := make([]float64, bars)
	loudest := 0.0
	for i := range means {
		from, to := i*len(levels)/bars, max((i+1)*len(levels)/bars, i*len(levels)/bars+1)
		sum := 0.0
		for _, level := range levels[from:to] {
			sum += float64(level)
		}
		means[i] = sum / float64(to-from)
		loudest = max(loudest, means[i])
	}
	wave := make([]byte, bars)
	for i, mean := range means {
		if loudest > 0 {
			wave[i] = byte(math.Round(100 * mean / loudest))
		}
	}
	return wave
}
