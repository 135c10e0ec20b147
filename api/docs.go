package api

import _ "embed"

// The page that shows the OpenAPI document. It loads nothing from elsewhere.
var (
	//go:embed docs/page.html
	docsHTML []byte
	//go:embed docs/page.css
	docsCSS []byte
	//go:embed docs/page.js
	docsJS []byte
)
