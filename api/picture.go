package api

import (
	"container/list"
	"encoding/base64"
	"sync"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/myaibud/aibud/engine"
)

const (
	picturesKept = 64
	moduleSize   = 6 // pixels of one black or white square
)

// pictures draws QR codes. It keeps those it drew last, since several
// browsers ask for the same one.
type pictures struct {
	mu    sync.Mutex
	drawn map[string]*list.Element // of *picture, by code
	order *list.List               // the one used last is in front
}

type picture struct{ code, png string }

func newPictures() *pictures {
	return &pictures{drawn: map[string]*list.Element{}, order: list.New()}
}

// seat returns the seat with the picture of its QR code.
func (p *pictures) seat(view engine.SeatView, now time.Time) engine.SeatView {
	if view.Pairing != nil {
		pairing := p.pairing(*view.Pairing, now)
		view.Pairing = &pairing
	}
	return view
}

// pairing returns the code with its picture, unless it has expired: nobody
// is to scan it then.
func (p *pictures) pairing(view engine.PairingView, now time.Time) engine.PairingView {
	if view.Step == engine.PairQR && now.Before(view.ExpiresAt) {
		view.PNG = p.png(view.Code)
	}
	return view
}

// png returns a QR code as a data URL, or nothing if the text doesn't fit.
func (p *pictures) png(code string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if element, ok := p.drawn[code]; ok {
		p.order.MoveToFront(element)
		return element.Value.(*picture).png
	}
	png, err := qrcode.Encode(code, qrcode.Low, -moduleSize)
	if err != nil {
		return "" // the browser still has the text
	}
	if p.order.Len() >= picturesKept {
		delete(p.drawn, p.order.Remove(p.order.Back()).(*picture).code)
	}
	made := &picture{code: code, png: "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)}
	p.drawn[code] = p.order.PushFront(made)
	return made.png
}
