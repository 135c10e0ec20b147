package simulator

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/myaibud/aibud/engine/simulator/internal/proxy"
)

// ProxyURL is what HTTPS_PROXY has to say for a program that is to reach this server under WhatsApp's own names
// (web.whatsapp.com and the media hosts), without a change to its addresses; "" unless Config.Proxy asks for it. The
// program has to trust ProxyAuthority, and RootKey inside of it. No other host is reached by this proxy.
func (s *Server) ProxyURL() string {
	if s.proxy == nil {
		return ""
	}
	return s.proxy.URL()
}

// ProxyAuthority is the certificate, in PEM, that signs those of WhatsApp's names for clients of the proxy. It is drawn
// anew for each server. nil without a proxy.
func (s *Server) ProxyAuthority() []byte {
	if s.proxy == nil {
		return nil
	}
	return s.proxy.Authority()
}

func (s *Server) openProxy(ctx context.Context) error {
	if s.cfg.Proxy == "" {
		return nil
	}
	listener, err := proxy.Listen(ctx, s.cfg.Proxy)
	if err != nil {
		return err
	}
	routes := s.routes()
	s.proxy, err = proxy.New(listener, proxy.Options{
		Serves: whatsAppName, Log: s.log,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// WhatsApp has no control API.
			if strings.HasPrefix(r.URL.Path, "/control/") {
				http.NotFound(w, r)
				return
			}
			routes.ServeHTTP(w, r)
		}),
	})
	if err != nil {
		_ = listener.Close()
		return fmt.Errorf("make the proxy: %w", err)
	}
	return nil
}

func (s *Server) serveProxy() {
	if s.proxy == nil {
		return
	}
	s.wg.Go(func() {
		if err := s.proxy.Serve(); err != nil {
			s.log.Error("simulator's proxy stopped", "error", err)
		}
	})
}
