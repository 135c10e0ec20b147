package simulator

import "net/http"

// controlReinstall installs the phone's app anew.
func (s *Server) controlReinstall(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	if err = p.Reinstall(r.Context()); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// controlAddressing says whether the phone addresses people by number or by LID; going over to LIDs tells its clients.
func (s *Server) controlAddressing(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	on, err := decodeOn(r)
	if err != nil {
		return 0, nil, err
	}
	if !on {
		p.UsePhoneNumbers(true)
		return http.StatusOK, struct{}{}, nil
	}
	if err = p.MigrateToLID(r.Context()); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
