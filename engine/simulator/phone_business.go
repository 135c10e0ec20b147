package simulator

import (
	"context"
	"fmt"
	"strings"
)

// SetBusiness makes this account a business with a certified name, or changes what it tells of itself. Its messages and
// answers about it carry the name from now on. ErrInvalid.
func (p *Phone) SetBusiness(ctx context.Context, b Business) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	made, err := p.certify(b)
	if err != nil {
		return err
	}
	p.account.setBusiness(made)
	return nil
}

// EndBusiness makes this account a person's again. ErrNotFound if it is no business.
func (p *Phone) EndBusiness(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.account.businessNow() == nil {
		return fmt.Errorf("business %w", ErrNotFound)
	}
	p.account.setBusiness(nil)
	return nil
}

// Business is what this account tells of itself as a business; false for a person's account.
func (p *Phone) Business() (Business, bool) {
	b := p.account.businessNow()
	if b == nil {
		return Business{}, false
	}
	return b.Business.clone(), true
}

// Beginnings of short links (whatsmeow: ContactQRLinkPrefix, BusinessMessageLinkPrefix).
const (
	contactLink = "https://wa.me/qr/"
	messageLink = "https://wa.me/message/"
)

// ContactLink is the link behind this account's contact QR; renew makes the old one worthless.
func (p *Phone) ContactLink(ctx context.Context, renew bool) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return contactLink + p.server().links.contactCode(p.account, renew), nil
}

// MessageLink makes a link to write to this business; text is what its followers are to write (at most 512 characters,
// "" for nothing). ErrRefused for a person's account, ErrInvalid.
func (p *Phone) MessageLink(ctx context.Context, text string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if p.account.businessNow() == nil {
		return "", fmt.Errorf("%w: only a business has such links; see SetBusiness", ErrRefused)
	}
	if err := checkTexts(text); err != nil || len([]rune(text)) > maxBusinessText {
		return "", fmt.Errorf("%w text: at most %d characters", ErrInvalid, maxBusinessText)
	}
	code, err := p.server().links.addMessage(p.account, text)
	if err != nil {
		return "", err
	}
	return messageLink + code, nil
}

// LinkTarget is whom a contact or message link leads to.
type LinkTarget struct {
	Number   string `json:"number"`
	Name     string `json:"name"`
	Business bool   `json:"business"`       // a link to write to a business
	Text     string `json:"text,omitempty"` // what to write
}

// FollowLink finds whom a contact or message link, or its code, leads to. ErrNotFound.
func (p *Phone) FollowLink(ctx context.Context, url string) (LinkTarget, error) {
	if err := ctx.Err(); err != nil {
		return LinkTarget{}, err
	}
	found, ok := p.server().links.find(strings.TrimPrefix(strings.TrimPrefix(url, contactLink), messageLink))
	if !ok {
		return LinkTarget{}, fmt.Errorf("link %w", ErrNotFound)
	}
	return LinkTarget{
		Number: found.account.number, Name: found.account.pushName(), Business: found.message, Text: found.text,
	}, nil
}

// AddOrder notes what somebody ordered from this business, and gives it an id and a token, which a message about the
// order carries (waE2E.OrderMessage). ErrRefused for a person's account, ErrInvalid.
func (p *Phone) AddOrder(ctx context.Context, order Order) (Order, error) {
	if err := ctx.Err(); err != nil {
		return Order{}, err
	}
	if p.account.businessNow() == nil {
		return Order{}, fmt.Errorf("%w: only a business takes orders; see SetBusiness", ErrRefused)
	}
	if err := order.check(); err != nil {
		return Order{}, err
	}
	if order.CatalogID == "" {
		order.CatalogID = "1"
	}
	order.created = p.server().clock.Now()
	order.Products = append([]Product{}, order.Products...)
	return p.server().links.addOrder(p.account, order)
}
