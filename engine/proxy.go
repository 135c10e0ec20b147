package engine

import (
	"net/url"
	"strconv"
	"strings"
)

// Proxied is a client that can go through a proxy.
type Proxied interface {
	// SetProxy says which proxy every connection goes through from the next
	// one on: a URL that passed [CheckProxy], or "" for none. If the proxy
	// fails, so does the connection, with [CodeProxyFailed]: it never goes
	// around the proxy.
	SetProxy(address string) error
}

// maxProxy bounds a proxy's URL.
const maxProxy = 1024

// CheckProxy refuses what is no URL of a proxy that can be used. Empty is
// none. The error doesn't repeat the URL, which may hold a password.
func CheckProxy(address string) error {
	if address == "" {
		return nil
	}
	refuse := func(why string) error {
		return Errorf(CodeInvalid, "%s A proxy looks like http://user:password@proxy.example:8080 or socks5://proxy.example:1080.", why)
	}
	u, err := url.Parse(address)
	switch {
	case len(address) > maxProxy:
		return refuse("The proxy's address is too long.")
	case err != nil:
		return refuse("The proxy's address is no URL.")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return refuse("The proxy's address must begin with http://, https:// or socks5://.")
	case u.Hostname() == "":
		return refuse("The proxy's address has no host.")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return refuse("The proxy's address has something behind the port.")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return refuse("The proxy's port is not between 1 and 65535.")
		}
	}
	return nil
}

// ViewProxy shows a proxy without its credentials; nil for none.
func ViewProxy(address string) *ProxyView {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return &ProxyView{}
	}
	return &ProxyView{URL: u.Scheme + "://" + u.Host, Credentials: u.User != nil}
}
