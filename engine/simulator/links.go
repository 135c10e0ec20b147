package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// links are the short codes and orders that lead to accounts.
type links struct {
	mu      sync.Mutex
	byCode  map[string]*link
	contact map[*account]string // the code of its contact QR
	orders  map[string]Order
	owned   map[*account]int // how many links and orders an account made
}

// link is what a code of https://wa.me/qr/ or https://wa.me/message/ leads to.
type link struct {
	account *account
	message bool   // of a business, to begin a conversation with
	text    string // what the person who follows it is to write
}

// Order is what somebody ordered from a business.
type Order struct {
	ID        string    `json:"id"`         // given by AddOrder
	Token     string    `json:"token"`      // the same: whoever has it may look at the order
	CatalogID string    `json:"catalog_id"` // default "1"
	Currency  string    `json:"currency"`   // three letters
	Products  []Product `json:"products"`
	created   time.Time
}

// Product is one line of an Order.
type Product struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Price    int64  `json:"price"` // of one, in thousandths of the currency
	Quantity int    `json:"quantity"`
	ImageURL string `json:"image_url,omitempty"`
	Variant  string `json:"variant,omitempty"`
}

const (
	// maxOwned bounds how many links and orders one account makes.
	maxOwned    = 1000
	maxProducts = 100
	maxPrice    = 1_000_000_000_000
	codeLength  = 14
)

// shortCode draws a code such as wa.me/qr/ and wa.me/message/ links end with.
func shortCode() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	out := make([]byte, codeLength)
	for i := range out {
		// Never fails: crypto/rand ends the program instead (Go 1.24).
		k, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		out[i] = alphabet[k.Int64()]
	}
	return string(out)
}

func (l *links) init() {
	if l.byCode == nil {
		l.byCode, l.contact = make(map[string]*link), make(map[*account]string)
		l.orders, l.owned = make(map[string]Order), make(map[*account]int)
	}
}

// contactCode is the code of an account's contact QR; renew revokes the old one.
func (l *links) contactCode(a *account, renew bool) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.init()
	if code := l.contact[a]; code != "" && !renew {
		return code
	}
	delete(l.byCode, l.contact[a])
	code := shortCode()
	l.contact[a], l.byCode[code] = code, &link{account: a}
	return code
}

func (l *links) find(code string) (link, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byCode[code]
	if found == nil {
		return link{}, false
	}
	return *found, true
}

// own counts one more thing of an account. The caller holds l.mu.
func (l *links) own(a *account) error {
	l.init()
	if l.owned[a] >= maxOwned {
		return fmt.Errorf("%w: at most %d links and orders of one account", ErrInvalid, maxOwned)
	}
	l.owned[a]++
	return nil
}

// addMessage makes a link to write to a business.
func (l *links) addMessage(a *account, text string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.own(a); err != nil {
		return "", err
	}
	code := shortCode()
	l.byCode[code] = &link{account: a, message: true, text: text}
	return code, nil
}

func (l *links) addOrder(a *account, order Order) (Order, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.own(a); err != nil {
		return Order{}, err
	}
	var secret [16]byte
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(secret[:])
	order.ID, order.Token = fmt.Sprint(len(l.orders)+1_000_001), base64.StdEncoding.EncodeToString(secret[:])
	l.orders[order.ID] = order
	return order, nil
}

func (l *links) order(id, token string) (Order, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	order, ok := l.orders[id]
	return order, ok && order.Token == token
}

func (o Order) total() int64 {
	var sum int64
	for _, product := range o.Products {
		sum += product.Price * int64(product.Quantity)
	}
	return sum
}

func (o Order) check() error {
	if len(o.Products) == 0 || len(o.Products) > maxProducts || len(o.Currency) != 3 || strings.ToUpper(o.Currency) != o.Currency {
		return fmt.Errorf("%w order: a currency of three capital letters and 1 to %d products", ErrInvalid, maxProducts)
	}
	for _, p := range o.Products {
		for _, text := range []string{p.ID, p.Name, p.ImageURL, p.Variant, o.CatalogID} {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxBusinessText {
				return fmt.Errorf("%w order: texts of at most %d characters", ErrInvalid, maxBusinessText)
			}
		}
		if p.ID == "" || p.Name == "" || p.Price < 0 || p.Price > maxPrice || p.Quantity < 1 || p.Quantity > 9999 {
			return fmt.Errorf("%w product: an id, a name, a price in thousandths and a quantity of 1 to 9999", ErrInvalid)
		}
	}
	return nil
}
