package simulator

import (
	"fmt"
	"net/http"
)

// webRevision is the third number of the web client's version that the
// simulator's page tells. WhatsApp counts it up with every build of its web
// client; in 2026 it stood above 1,045,000,000 (whatsmeow, store/clientpayload.go).
const webRevision = 1_050_000_000

// handleWebPage answers like web.whatsapp.com, of whose page clients read one
// thing: the revision of the web client that WhatsApp serves now, as
// "client_revision":N, (whatsmeow, update.go).
func (s *Server) handleWebPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html><head><title>WhatsApp simulator</title></head><body>
<p>A simulated WhatsApp: there is nothing for people here.</p>
<script type="application/json">{"client_revision":%d,"simulated":true}</script></body></html>
`, webRevision)
}
