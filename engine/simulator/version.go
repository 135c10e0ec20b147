package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// clientVersion is a client's version, such as 2.3000.1045649367.
type clientVersion [3]uint32

func parseVersion(text string) (clientVersion, error) {
	var out clientVersion
	parts := strings.Split(text, ".")
	if len(parts) != len(out) {
		return out, fmt.Errorf("%w version: three numbers with dots, such as 2.3000.1045649367", ErrInvalid)
	}
	for i, part := range parts {
		value, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return out, fmt.Errorf("%w version: three numbers with dots, such as 2.3000.1045649367", ErrInvalid)
		}
		out[i] = uint32(value)
	}
	return out, nil
}

// RequireVersion turns away clients that are older than this version (three numbers with dots; "0.0.0" takes all, as at
// first) when they connect from now on: they are told that they are outdated, as whatsmeow's events.ClientOutdated says.
func (s *Server) RequireVersion(minimum string) error {
	v, err := parseVersion(minimum)
	if err != nil {
		return err
	}
	s.minimum.Store(&v)
	return nil
}

// outdated says whether the client is older than the server takes.
func (c *conn) outdated() bool {
	minimum := c.server.minimum.Load()
	if minimum == nil {
		return false
	}
	v := c.peer.Payload.GetUserAgent().GetAppVersion()
	own := clientVersion{v.GetPrimary(), v.GetSecondary(), v.GetTertiary()}
	return slices.Compare(own[:], minimum[:]) < 0
}
