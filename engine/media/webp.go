package media

import "encoding/binary"

// webPHead is how many bytes webPSize looks at.
const webPHead = 30

// webPSize reads the size of a WebP picture from its first bytes, and whether
// it moves (RFC 9649). It reports false for what is no WebP.
func webPSize(head []byte) (width, height int, animated, ok bool) {
	if len(head) < webPHead || string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return 0, 0, false, false
	}
	switch string(head[12:16]) {
	case "VP8X":
		width, height = 1+uint24(head[24:]), 1+uint24(head[27:])
		animated = head[20]&2 != 0
	case "VP8L":
		if head[20] != 0x2f {
			return 0, 0, false, false
		}
		bits := binary.LittleEndian.Uint32(head[21:])
		width, height = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
	case "VP8 ":
		if head[23] != 0x9d || head[24] != 0x01 || head[25] != 0x2a {
			return 0, 0, false, false
		}
		width = int(binary.LittleEndian.Uint16(head[26:]) & 0x3fff)
		height = int(binary.LittleEndian.Uint16(head[28:]) & 0x3fff)
	default:
		return 0, 0, false, false
	}
	if width == 0 || height == 0 || width > maxSide || height > maxSide {
		return 0, 0, false, false
	}
	return width, height, animated, true
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
