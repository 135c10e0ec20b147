package simulator

// KeysLeft is how many one-time keys a linked device has on the server.
func (s *Server) KeysLeft(number string, id uint16) int {
	return s.directory.number(number).device(id).keys.count()
}

// Busy keeps a phone from taking anything in until it is released.
func (p *Phone) Busy() (release func()) {
	p.mu.Lock()
	return p.mu.Unlock
}
