// Package proxy is an HTTP proxy that stands in for hosts: it takes CONNECT for names that it serves, ends TLS itself with
// a certificate of an authority that lives as long as the proxy, and answers what then comes over HTTP. A program that
// honours HTTPS_PROXY and trusts the authority reaches a simulator without knowing. Everything else is refused: nothing
// ever leaves the machine by it.
//
//   - authority.go: the throw-away authority and the certificates of single hosts.
//   - proxy.go: CONNECT, and the connections inside.
package proxy
