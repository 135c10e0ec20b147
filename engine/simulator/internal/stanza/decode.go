package stanza

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/binary/token"
	"go.mau.fi/whatsmeow/types"
)

const (
	// MaxInflated bounds what a compressed stanza may grow to.
	MaxInflated = 16 << 20
	maxDepth    = 32
	// maxParts bounds the nodes and attributes of a stanza: in memory each takes many times what it takes on its way.
	// That is more than the largest stanzas have, messages to groups of thousands.
	maxParts   = 200_000
	compressed = 2
)

// ErrMalformed is wrapped by every error about a stanza that can't be read.
var ErrMalformed = errors.New("malformed stanza")

// Decode reads one stanza as it comes out of a decrypted frame: a flag byte and the binary XML, deflated or not.
// In the answer every content is nil, []byte or []binary.Node, and every attribute a string or a types.JID.
func Decode(frame []byte) (*binary.Node, error) {
	if len(frame) == 0 {
		return nil, fmt.Errorf("%w: empty frame", ErrMalformed)
	}
	data := frame[1:]
	if frame[0]&compressed != 0 {
		var err error
		if data, err = inflate(data); err != nil {
			return nil, err
		}
	}
	d := &decoder{data: data}
	node, err := d.node(0)
	if err != nil {
		return nil, err
	}
	if d.at != len(d.data) {
		return nil, fmt.Errorf("%w: %d bytes left over", ErrMalformed, len(d.data)-d.at)
	}
	return node, nil
}

// Encode writes a stanza as it goes into a frame, flag byte included.
func Encode(node binary.Node) ([]byte, error) { return binary.Marshal(node) }

func inflate(data []byte) ([]byte, error) {
	reader, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	out, err := io.ReadAll(io.LimitReader(reader, MaxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(out) > MaxInflated {
		return nil, fmt.Errorf("%w: inflates to more than %d bytes", ErrMalformed, MaxInflated)
	}
	return out, nil
}

type decoder struct {
	data  []byte
	at    int
	parts int
}

// count notes parts that are going to be read.
func (d *decoder) count(parts int) error {
	if d.parts += parts; d.parts > maxParts {
		return fmt.Errorf("%w: more than %d nodes and attributes", ErrMalformed, maxParts)
	}
	return nil
}

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.data)-d.at {
		return nil, fmt.Errorf("%w: ends too early", ErrMalformed)
	}
	out := d.data[d.at : d.at+n : d.at+n]
	d.at += n
	return out, nil
}

func (d *decoder) number(size int) (int, error) {
	raw, err := d.take(size)
	if err != nil {
		return 0, err
	}
	value := 0
	for _, b := range raw {
		value = value<<8 | int(b)
	}
	return value, nil
}

func (d *decoder) listSize(tag int) (int, error) {
	size, err := 0, error(nil)
	switch tag {
	case token.ListEmpty:
	case token.List8:
		size, err = d.number(1)
	case token.List16:
		size, err = d.number(2)
	default:
		err = fmt.Errorf("%w: no list where one belongs", ErrMalformed)
	}
	if err == nil && size > len(d.data)-d.at {
		err = fmt.Errorf("%w: list is longer than the stanza", ErrMalformed)
	}
	return size, err
}

func (d *decoder) node(depth int) (*binary.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deeply", ErrMalformed)
	}
	tag, err := d.number(1)
	if err != nil {
		return nil, err
	}
	size, err := d.listSize(tag)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return nil, fmt.Errorf("%w: empty node", ErrMalformed)
	}
	if err = d.count(1 + (size-1)/2); err != nil {
		return nil, err
	}
	name, err := d.text()
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, fmt.Errorf("%w: node without a name", ErrMalformed)
	}
	node := &binary.Node{Tag: name}
	if node.Attrs, err = d.attributes((size - 1) / 2); err != nil {
		return nil, err
	}
	if size%2 == 0 {
		node.Content, err = d.content(depth)
	}
	return node, err
}

func (d *decoder) attributes(count int) (binary.Attrs, error) {
	attrs := make(binary.Attrs, count)
	for range count {
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		value, err := d.scalar()
		if err != nil {
			return nil, err
		}
		if value != nil {
			attrs[key] = value
		}
	}
	return attrs, nil
}

func (d *decoder) content(depth int) (any, error) {
	if d.at < len(d.data) {
		if tag := int(d.data[d.at]); tag == token.List8 || tag == token.List16 {
			d.at++
			return d.children(tag, depth)
		}
	}
	value, err := d.scalar()
	switch typed := value.(type) {
	case string:
		return []byte(typed), err
	case types.JID:
		return []byte(typed.String()), err
	default:
		return nil, err
	}
}

func (d *decoder) children(tag, depth int) ([]binary.Node, error) {
	size, err := d.listSize(tag)
	if err != nil {
		return nil, err
	}
	var nodes []binary.Node
	for range size {
		node, err := d.node(depth + 1)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, *node)
	}
	return nodes, nil
}

// text reads a string. A JID is refused before it is read, so JIDs within JIDs can't nest.
func (d *decoder) text() (string, error) {
	if d.at < len(d.data) {
		switch int(d.data[d.at]) {
		case token.JIDPair, token.ADJID, token.FBJID, token.InteropJID:
			return "", fmt.Errorf("%w: JID where text belongs", ErrMalformed)
		}
	}
	value, err := d.scalar()
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%w: no text where some belongs", ErrMalformed)
	}
	return text, nil
}
