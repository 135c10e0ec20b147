package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// ErrPrivate refuses an address that is not one of the internet.
var ErrPrivate = errors.New("not an address of the internet")

// OnlyInternet is a [net.Dialer]'s Control that lets it call no private
// network, whatever name led there: for addresses that users name, who could
// otherwise look around in the network of this server. Its error is
// [ErrPrivate].
func OnlyInternet(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPrivate, err)
	}
	if !isPublic(at.Addr()) {
		return ErrPrivate
	}
	return nil
}

// notPublic are the blocks that IANA's registries of special addresses keep
// off the internet, beyond those that package netip knows.
func notPublic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
	}
}

// isPublic says whether an address is one of the internet.
func isPublic(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, block := range notPublic() {
		if block.Contains(address) {
			return false
		}
	}
	return true
}
