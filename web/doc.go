// Package web is the dashboard: a React application that Vite builds into
// dist, which is embedded here. It is built by `npm ci && npm run build` in
// this folder; without that the package still compiles, and serves a page
// that says how to build it.
package web
