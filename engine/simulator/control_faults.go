package simulator

import (
	"fmt"
	"net/http"
)

func (s *Server) controlFault(r *http.Request) (int, any, error) {
	var fault Fault
	if err := decode(r, &fault); err != nil {
		return 0, nil, err
	}
	if err := s.Inject(fault); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// controlFaults lists the faults that wait for their occasion.
func (s *Server) controlFaults(*http.Request) (int, any, error) {
	return http.StatusOK, s.Faults(), nil
}

// controlDisarm takes armed faults back: all of them, or those of a kind or number that the query names.
func (s *Server) controlDisarm(r *http.Request) (int, any, error) {
	filter, err := query(r, "kind", "number")
	if err != nil {
		return 0, nil, err
	}
	kind, number := FaultKind(filter.Get("kind")), filter.Get("number")
	if _, ok := ruleOf(kind); kind != "" && !ok {
		return 0, nil, fmt.Errorf("%w kind: known are %s", ErrInvalid, faultNames())
	}
	return http.StatusOK, map[string]int{"disarmed": s.Disarm(kind, number)}, nil
}
