package simulator

import (
	"maps"

	"go.mau.fi/whatsmeow/binary"
)

const (
	maxNotices     = 100
	maxNoticeField = 64
)

// queryTerms answers the namespace "tos": a person agreed to new terms of service (whatsmeow: AcceptTOSNotice). Whether
// the real server refuses anything to those who did not, is not known; nothing is refused here.
func (s *Server) queryTerms(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	notice, ok := n.GetOptionalChildByTag("notice")
	id, stage := attr(&notice, "id"), attr(&notice, "stage")
	if !ok || kind != "set" {
		return nil, errNotImplemented
	}
	if id == "" || len(id) > maxNoticeField || stage == "" || len(stage) > maxNoticeField {
		return nil, errBadRequest
	}
	a := d.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.notices == nil {
		a.notices = make(map[string]string)
	}
	if _, known := a.notices[id]; !known && len(a.notices) >= maxNotices {
		return nil, errNotAcceptable
	}
	a.notices[id] = stage
	return nil, nil
}

// Notices are the terms of service that this account's clients accepted: the stage that each notice is at, by its id.
func (p *Phone) Notices() map[string]string {
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	return maps.Clone(p.account.notices)
}
