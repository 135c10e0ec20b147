package simulator

import (
	"net"
	"net/http"
	"strings"

	"go.mau.fi/whatsmeow/binary"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// mediaLife is how many seconds the list of media hosts is good, as the real server says; mediaBuckets how many parts
// the hosts divide what they store in.
const (
	mediaLife    = 300
	mediaBuckets = 12
	// primaryHost and fallbackHost are what the hosts are called to clients that believe to be at WhatsApp. The first one
	// exists nowhere else.
	primaryHost  = "media-sim1-1.cdn.whatsapp.net"
	fallbackHost = "mmg.whatsapp.net"
)

func (s *Server) newMedia() (*media.Store, error) {
	return media.NewStore(media.Options{Clock: &s.clock, MaxBytes: s.cfg.MediaBytes, Interfere: s.mediaTrouble})
}

// queryMediaHosts gives the hosts for files and the token that uploads carry. A client that reached the server under
// one of WhatsApp's names gets such names, any other one the address at which it is.
func (s *Server) queryMediaHosts(d *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	if _, ok := n.GetOptionalChildByTag("media_conn"); !ok {
		return nil, errBadRequest
	}
	hosts := []binary.Node{mediaHost(primaryHost, "primary"), mediaHost(fallbackHost, "fallback")}
	if at := d.reachedAt(); at != "" && !whatsAppName(at) {
		hosts = []binary.Node{mediaHost(at, "primary")}
	}
	return []binary.Node{{
		Tag: "media_conn",
		Attrs: binary.Attrs{
			"auth": s.media.Authorize(d.account.number), "auth_ttl": int(media.AuthLife.Seconds()), "ttl": mediaLife,
			"max_buckets": mediaBuckets,
		},
		Content: hosts,
	}}, nil
}

// mediaHost is a host of all kinds of files in both directions (Cobalt and whatsapp-rust read its children).
func mediaHost(name, rank string) binary.Node {
	var kinds []binary.Node
	for _, kind := range []string{"video", "audio", "image", "ptt", "sticker", "document", "thumbnail-link", "md-msg-hist", "md-app-state"} {
		kinds = append(kinds, binary.Node{Tag: kind})
	}
	attrs := binary.Attrs{"hostname": name, "type": rank}
	if rank == "primary" && name == primaryHost {
		attrs["fallback_hostname"] = fallbackHost
	}
	return binary.Node{Tag: "host", Attrs: attrs, Content: []binary.Node{
		{Tag: "download", Content: kinds}, {Tag: "upload"},
	}}
}

// reachedAt is the name or address by which the device's client reached the server.
func (d *device) reachedAt() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil {
		return ""
	}
	return d.conn.host
}

// whatsAppName says whether a host, with or without a port, is called as WhatsApp's are.
func whatsAppName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	return strings.HasSuffix(host, ".whatsapp.com") || strings.HasSuffix(host, ".whatsapp.net")
}

func (s *Server) handleMedia(w http.ResponseWriter, r *http.Request) {
	if !s.track() {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return
	}
	defer s.wg.Done()
	s.media.ServeHTTP(w, r)
}

// mediaTrouble is what faults make of one request of the media hosts. A download tells nothing of who makes it, so a
// number's faults strike the downloads of what that number uploaded.
func (s *Server) mediaTrouble(owner string, r *http.Request) media.Trouble {
	trouble := media.Trouble{Delay: s.faults.hold(FaultSlow, owner)}
	if r.Method != http.MethodGet {
		if hit := s.faults.next(FaultMediaRefused, owner); hit != nil {
			trouble.Status = hit.Code
		}
		return trouble
	}
	if hit := s.faults.next(FaultMediaGone, owner); hit != nil {
		trouble.Status = hit.Code
	}
	trouble.Damage = trouble.Status == 0 && s.faults.take(FaultMediaDamaged, owner)
	return trouble
}
