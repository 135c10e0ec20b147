package simulator

import (
	"strconv"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// queryBusiness answers the namespace "w:biz": a business' profile, and changes to one's own.
func (s *Server) queryBusiness(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	asked, ok := n.GetOptionalChildByTag("business_profile")
	if !ok {
		return nil, errNotImplemented
	}
	if kind == "set" {
		return nil, s.changeBusiness(d, &asked)
	}
	profile := asked.GetChildByTag("profile")
	jid, ok := jidAttr(&profile, "jid")
	if !ok {
		return nil, errBadRequest
	}
	answer := binary.Node{Tag: "business_profile", Attrs: binary.Attrs{"v": attr(&asked, "v")}}
	a := s.directory.find(jid)
	if a == nil {
		return nil, errItemNotFound
	}
	if b := a.businessNow(); b != nil {
		answer.Content = []binary.Node{b.profileNode(bare(jid))}
	}
	return []binary.Node{answer}, nil
}

// changeBusiness takes a business client's changes to its profile (Baileys, updateBussinesProfile): what is named is
// replaced, what is not stays.
func (s *Server) changeBusiness(d *device, asked *binary.Node) *queryError {
	current := d.account.businessNow()
	if current == nil {
		return errForbidden
	}
	changed := current.Business.clone()
	websites := false
	for _, child := range asked.GetChildren() {
		text := string(content(&child))
		switch child.Tag {
		case "address":
			changed.Address = text
		case "email":
			changed.Email = text
		case "description":
			changed.Description = text
		case "website":
			if !websites {
				changed.Websites, websites = nil, true
			}
			changed.Websites = append(changed.Websites, text)
		case "business_hours":
			changed.Timezone, changed.Hours = attr(&child, "timezone"), readHours(&child)
		default:
			return errBadRequest
		}
	}
	if changed.check() != nil {
		return errBadRequest
	}
	next := *current
	next.Business = changed
	d.account.setBusiness(&next)
	return nil
}

func readHours(n *binary.Node) []BusinessHours {
	var out []BusinessHours
	for _, child := range n.GetChildrenByTag("business_hours_config") {
		hours := BusinessHours{Day: attr(&child, "day_of_week"), Mode: attr(&child, "mode")}
		if hours.Mode == "specific_hours" {
			hours.Open, hours.Close = intAttr(&child, "open_time"), intAttr(&child, "close_time")
		}
		out = append(out, hours)
	}
	return out
}

// tellBusiness notifies those who know the account that its name or profile changed, or that it is no business any more
// (WhatsApp Web, WAWebHandleBusinessNotification; whatsmeow passes over this notification).
func (a *account) tellBusiness(b *business) {
	child := func(form types.JID) binary.Node {
		if b == nil {
			return binary.Node{Tag: "remove", Attrs: binary.Attrs{"jid": form}}
		}
		node := b.verifiedName()
		node.Attrs["jid"] = form
		return node
	}
	a.tellOthers("", "business", child)
	if b != nil {
		a.tellOthers("", "business", func(form types.JID) binary.Node {
			return binary.Node{Tag: "profile", Attrs: binary.Attrs{"jid": form}}
		})
	}
}

// businessFact is the certified name in the answer to a user query; nothing for a person.
func (a *account) businessFact() []binary.Node {
	b := a.businessNow()
	if b == nil {
		return nil
	}
	return []binary.Node{{Tag: "business", Content: []binary.Node{b.verifiedName()}}}
}

// queryOrder answers the namespace "fb:thrift_iq": what was ordered, to whoever has the order's token, which comes with
// the message about it (whatsmeow: GetOrderDetails).
func (s *Server) queryOrder(_ *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	asked, ok := n.GetOptionalChildByTag("order")
	if !ok || kind != "get" || attr(&asked, "op") != "get" {
		return nil, errNotImplemented
	}
	order, ok := s.links.order(attr(&asked, "id"), string(childContent(&asked, "token")))
	if !ok {
		return nil, errItemNotFound
	}
	return []binary.Node{order.node()}, nil
}

func (o Order) node() binary.Node {
	text := func(tag, value string) binary.Node { return binary.Node{Tag: tag, Content: []byte(value)} }
	number := func(tag string, value int64) binary.Node { return text(tag, strconv.FormatInt(value, 10)) }
	children := []binary.Node{
		{Tag: "price", Content: []binary.Node{
			number("subtotal", o.total()), number("total", o.total()), text("currency", o.Currency), text("price_status", "CONFIRMED"),
		}},
		{Tag: "catalog", Content: []binary.Node{text("id", o.CatalogID)}},
	}
	for _, product := range o.Products {
		facts := []binary.Node{
			text("id", product.ID), text("name", product.Name), number("price", product.Price), text("currency", o.Currency),
			number("quantity", int64(product.Quantity)),
		}
		if product.ImageURL != "" {
			facts = append(facts, binary.Node{Tag: "image", Content: []binary.Node{
				text("id", product.ID), text("url", product.ImageURL),
			}})
		}
		if product.Variant != "" {
			facts = append(facts, binary.Node{Tag: "variant_info", Content: []binary.Node{text("properties", product.Variant)}})
		}
		children = append(children, binary.Node{Tag: "product", Content: facts})
	}
	return binary.Node{
		Tag: "order", Attrs: binary.Attrs{"id": o.ID, "creation_ts": o.created.Unix()}, Content: children,
	}
}
