package main

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// onlyHosts refuses requests that name another host than ours, if the server
// listens on loopback only: a page in a browser on this machine could
// otherwise reach it under a name of its own (DNS rebinding), which neither
// cookies nor origins stop. A proxy's name is told by AIBUD_PUBLIC_URL.
func onlyHosts(cfg settings, listening net.Addr, next http.Handler) http.Handler {
	address, ok := listening.(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return next
	}
	public := ""
	if u, err := url.Parse(cfg.PublicURL); err == nil {
		public = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.Trim(host, "[]"))
		if host == "localhost" || (public != "" && host == strings.ToLower(public)) || isLoopback(host) {
			next.ServeHTTP(w, r)
			return
		}
		problem(w, http.StatusMisdirectedRequest, "This server answers on this machine only. If a proxy is in front of it, set AIBUD_PUBLIC_URL to the address that browsers use.")
	})
}
