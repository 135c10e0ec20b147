package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed all:dist
var dist embed.FS

// The pages that Vite makes of its two entries, and the one that stands in
// for them while they are not built.
const (
	indexPage = "index.html"
	phonePage = "phone.html"
	stubPage  = "stub.html"
)

// Handler serves the dashboard. GET and HEAD of a path that is no file get
// the dashboard's page if they accept HTML, so that its own addresses can be
// opened and reloaded; / itself answers everybody, monitors too; everything else that is no file is 404, other methods
// are 405. Files under /assets/ carry their content's hash in their name and
// may be kept for ever; all others must be asked for again.
func Handler() http.Handler { return newSite(distFS(), indexPage, "") }

// PhoneHandler serves the page that plays a lead's phone in the demo, for
// /demo and for every path that accepts HTML. Its assets are the dashboard's: [Handler]
// must be mounted at the root of the same origin.
func PhoneHandler() http.Handler { return newSite(distFS(), phonePage, "demo") }

func distFS() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist // cannot be: the name is a constant and valid
	}
	return files
}
