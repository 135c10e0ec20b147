package simulator

import (
	"strconv"

	"go.mau.fi/whatsmeow/binary"
)

// strikeAll plays a connection's fault on those that are there, and arms it for the logins that follow if it is to
// happen more than once.
func (s *Server) strikeAll(f Fault) error {
	for _, c := range s.connsOf(f.Number) {
		s.strike(c, f)
	}
	if f.Kind == FaultRemoved {
		s.removeAll(f.Number) // those that are offline, too
	}
	s.faults.note(f.Kind)
	if f.Times == 1 || (f.Times == 0 && f.Seconds == 0) {
		return nil
	}
	f.Times = max(f.Times-1, 0)
	return s.faults.arm(f)
}

// strike plays a connection's fault on one of them.
func (s *Server) strike(c *conn, f Fault) {
	switch f.Kind {
	case FaultDrop:
		c.close()
	case FaultStreamError:
		c.end(streamError(strconv.Itoa(f.Code), ""))
	case FaultReplaced:
		c.end(streamError("", "replaced"))
	case FaultRemoved:
		s.unlink(c.device.Load(), true)
	case FaultGarbage:
		c.sendGarbage()
	case FaultHalfOpen:
		c.abandon()
	default: // a fault of something else
	}
}

// strikeLogin plays the connection faults that still wait on a client that has just logged in.
func (s *Server) strikeLogin(c *conn, number string) {
	for _, kind := range []FaultKind{
		FaultDrop, FaultStreamError, FaultReplaced, FaultRemoved, FaultGarbage, FaultHalfOpen,
	} {
		if hit := s.faults.next(kind, number); hit != nil {
			s.strike(c, hit.Fault)
		}
	}
}

func (s *Server) restartFault(f Fault) error {
	s.faults.note(FaultRestart)
	if f.Seconds > 0 {
		away := Fault{Kind: FaultRefuse, Seconds: f.Seconds, Code: failUnavailable}
		if err := s.faults.arm(away); err != nil {
			return err
		}
	}
	s.Restart()
	return nil
}

func (s *Server) removeAll(number string) {
	for _, a := range s.directory.all() {
		if number != "" && a.number != number {
			continue
		}
		for _, d := range a.linked() {
			s.unlink(d, true)
		}
	}
}

// refusal is the <failure> that a fault makes of a login, or nil.
func (s *Server) refusal(number string) *binary.Node {
	var node binary.Node
	if s.faults.take(FaultOutdated, number) {
		node = failed(failOutdated, nil)
	} else if ban := s.faults.next(FaultBanned, number); ban != nil {
		left := defaultBan
		if ban.Until != nil {
			left = int(s.clock.Until(*ban.Until).Seconds()) + 1
		}
		node = failed(failBanned, binary.Attrs{"code": ban.Code, "expire": left})
	} else if hit := s.faults.next(FaultFailure, number); hit != nil {
		node = failed(hit.Code, nil)
	} else if hit = s.faults.next(FaultRefuse, number); hit != nil {
		node = failed(hit.Code, nil)
	} else {
		return nil
	}
	return &node
}

// throttled is the error that a fault makes of a query, or nil.
func (s *Server) throttled(number, namespace string, n *binary.Node) *queryError {
	hit := s.faults.nextFor(FaultRateLimit, number, func(a *ArmedFault) bool {
		if a.Namespace != "" {
			return a.Namespace == namespace
		}
		_, counts := n.GetOptionalChildByTag("count") // of pre-keys, at each login
		return !counts && namespace != "w:p" && namespace != "urn:xmpp:ping" && namespace != "passive"
	})
	if hit == nil {
		return nil
	}
	return &queryError{hit.Code, queryErrorText(hit.Code)}
}

// queryErrorText words a query's error code as the server does (whatsmeow's IQError values).
func queryErrorText(code int) string {
	switch code {
	case 400:
		return "bad-request"
	case 401:
		return "not-authorized"
	case 403:
		return "forbidden"
	case 404:
		return "item-not-found"
	case 405:
		return "not-allowed"
	case 406:
		return "not-acceptable"
	case 410:
		return "gone"
	case 419:
		return "resource-limit"
	case 423:
		return "locked"
	case 429:
		return "rate-overlimit"
	case 501:
		return "feature-not-implemented"
	case 503:
		return "service-unavailable"
	case 530:
		return "partial-server-error"
	default:
		return "internal-server-error"
	}
}

// stricken is a message as faults let it reach a client, and whether it comes twice.
func (f *faults) stricken(node binary.Node, number string) (binary.Node, bool) {
	if f.take(FaultUndecryptable, number) {
		node = spoil(node)
	}
	if f.take(FaultUnavailable, number) {
		node = withhold(node)
	}
	return node, f.take(FaultDuplicate, number)
}

// spoil damages the last byte (the MAC) of every ciphertext of a message, on a copy.
func spoil(node binary.Node) binary.Node {
	children := append([]binary.Node(nil), node.GetChildren()...)
	for i := range children {
		raw := content(&children[i])
		if children[i].Tag != "enc" || len(raw) == 0 {
			continue
		}
		damaged := append([]byte(nil), raw...)
		damaged[len(damaged)-1] ^= 0xff
		children[i].Content = damaged
	}
	node.Content = children
	return node
}

// withhold takes the ciphertexts out of a message, on a copy: the server says that it has none for this device.
func withhold(node binary.Node) binary.Node {
	children := []binary.Node{{Tag: "unavailable"}}
	for _, child := range node.GetChildren() {
		if child.Tag != "enc" && child.Tag != "device-identity" {
			children = append(children, child)
		}
	}
	node.Content = children
	return node
}
