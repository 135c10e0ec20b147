package stanza

import (
	"fmt"

	"go.mau.fi/whatsmeow/binary/token"
	"go.mau.fi/whatsmeow/types"
)

// scalar reads a string, a JID or nothing (nil).
func (d *decoder) scalar() (any, error) {
	tag, err := d.number(1)
	if err != nil {
		return nil, err
	}
	switch tag {
	case token.ListEmpty:
		return nil, nil
	case token.Binary8:
		return d.sized(1)
	case token.Binary20:
		return d.sized(3)
	case token.Binary32:
		return d.sized(4)
	case token.Dictionary0, token.Dictionary1, token.Dictionary2, token.Dictionary3:
		return d.dictionary(tag - token.Dictionary0)
	case token.Nibble8:
		return d.packed("0123456789-.\xff\xff\xff\x00")
	case token.Hex8:
		return d.packed("0123456789ABCDEF")
	case token.JIDPair:
		return d.jidPair()
	case token.ADJID:
		return d.deviceJID()
	case token.FBJID:
		return d.otherJID(types.MessengerServer, 1)
	case token.InteropJID:
		return d.otherJID(types.InteropServer, 2)
	}
	if tag >= 1 && tag < len(token.SingleByteTokens) {
		return token.SingleByteTokens[tag], nil
	}
	return nil, fmt.Errorf("%w: unknown token %d", ErrMalformed, tag)
}

func (d *decoder) sized(bytes int) (any, error) {
	length, err := d.number(bytes)
	if err != nil {
		return nil, err
	}
	if bytes == 3 {
		length &= 1<<20 - 1
	}
	raw, err := d.take(length)
	return string(raw), err
}

func (d *decoder) dictionary(which int) (any, error) {
	index, err := d.number(1)
	if err != nil {
		return nil, err
	}
	text, err := token.GetDoubleToken(which, index)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return text, nil
}

// packed reads two characters a byte; the first byte's top bit says that the last half is padding.
func (d *decoder) packed(alphabet string) (any, error) {
	start, err := d.number(1)
	if err != nil {
		return nil, err
	}
	raw, err := d.take(start & 127)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 2*len(raw))
	for _, b := range raw {
		out = append(out, alphabet[b>>4], alphabet[b&15])
	}
	if start&128 != 0 && len(out) > 0 {
		out = out[:len(out)-1]
	}
	for _, b := range out {
		if b == 0xff {
			return nil, fmt.Errorf("%w: unknown packed character", ErrMalformed)
		}
	}
	return string(out), nil
}

func (d *decoder) jidPair() (any, error) {
	user := ""
	if d.at < len(d.data) && int(d.data[d.at]) == token.ListEmpty {
		d.at++
	} else {
		var err error
		if user, err = d.text(); err != nil {
			return nil, err
		}
	}
	server, err := d.text()
	if err != nil {
		return nil, err
	}
	return types.NewJID(user, server), nil
}

func (d *decoder) deviceJID() (any, error) {
	head, err := d.take(2)
	if err != nil {
		return nil, err
	}
	user, err := d.text()
	if err != nil {
		return nil, err
	}
	return types.NewADJID(user, head[0], head[1]), nil
}

func (d *decoder) otherJID(server string, numbers int) (any, error) {
	user, err := d.text()
	if err != nil {
		return nil, err
	}
	jid := types.JID{User: user, Server: server}
	device, err := d.number(2)
	if err != nil {
		return nil, err
	}
	jid.Device = uint16(device)
	if numbers == 2 {
		integrator, err := d.number(2)
		if err != nil {
			return nil, err
		}
		jid.Integrator = uint16(integrator)
	}
	got, err := d.text()
	if err == nil && got != server {
		err = fmt.Errorf("%w: JID of another server than its kind", ErrMalformed)
	}
	return jid, err
}
