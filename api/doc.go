// Package api is the dashboard's HTTP API and its live websocket.
//
// [New] builds a [Server] whose handler answers everything on the one port:
// the API under /v1 with its OpenAPI document and docs page, the websocket at
// /v1/live, /health and /ready, the job queue's pages for the platform's
// administrator, and the dashboard everywhere else. Everything it needs of
// the rest is in [Config].
//
// routes.go lists all operations. A handler there is a function of a context
// and a request that returns a response or an [engine.Error]; operation.go
// does the HTTP around it.
package api
