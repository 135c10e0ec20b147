package engine

import "context"

// available says whether a seat is to appear online.
func (s *presentSeat) available() bool {
	return s.mode == PresenceAvailable || s.mode == PresenceWatching && len(s.watched) > 0
}

// settle has WhatsApp told what a seat is and follows, if that changed. Whoever
// is followed no more is not known to be online. The caller holds mu.
func (p *Presences) settle(key SeatKey, s *presentSeat) {
	for id := range s.followed {
		if _, watched := s.watched[id]; watched && s.available() {
			continue
		}
		if state := p.states[id]; state != nil && state.view.Online != nil {
			state.view.Online = nil
			p.tell(state)
			if state.view.Doing == Idle {
				delete(p.states, id)
			}
		}
	}
	if s.busy {
		s.again = true
		return
	}
	if p.life == nil || p.life.Err() != nil || p.idleSeat(key, s) {
		return
	}
	s.busy = true
	p.tasks.Go(func() { p.tellSeat(key, s) })
}

// idleSeat says whether there is nothing to tell, and forgets a seat of which
// there never will be until somebody asks. The caller holds mu.
func (p *Presences) idleSeat(key SeatKey, s *presentSeat) bool {
	if len(s.steps()) > 0 {
		return false
	}
	if s.mode == PresenceUnavailable && len(s.watched) == 0 && p.seats[key] == s {
		delete(p.seats, key)
	}
	return true
}

// step is one thing to tell WhatsApp, and what is then known to be told.
type step struct {
	call func(context.Context, PresenceClient) error
	done func(*presentSeat)
}

// steps are what WhatsApp is still to be told. The caller holds mu.
func (s *presentSeat) steps() (steps []step) {
	on := s.available()
	if s.told == nil || *s.told != on {
		steps = append(steps, step{
			call: func(ctx context.Context, client PresenceClient) error { return client.SetAvailable(ctx, on) },
			done: func(s *presentSeat) { s.told = &on },
		})
	}
	for id, chat := range s.followed {
		if _, watched := s.watched[id]; watched && on {
			continue
		}
		steps = append(steps, step{
			call: func(ctx context.Context, client PresenceClient) error { return client.UnfollowPresence(ctx, chat) },
			done: func(s *presentSeat) { delete(s.followed, id) },
		})
	}
	if !on {
		return steps
	}
	for id, w := range s.watched {
		if _, followed := s.followed[id]; followed {
			continue
		}
		steps = append(steps, step{
			call: func(ctx context.Context, client PresenceClient) error { return client.FollowPresence(ctx, w.chat) },
			done: func(s *presentSeat) { s.followed[id] = w.chat },
		})
	}
	return steps
}

// tellSeat tells WhatsApp everything about a seat that it is still to be told.
// What fails is tried again with the next connection or the next watch.
func (p *Presences) tellSeat(key SeatKey, s *presentSeat) {
	for {
		p.mu.Lock()
		steps, connection := s.steps(), s.anew
		s.again = false
		p.mu.Unlock()
		err := p.take(key, s, steps, connection)
		if err != nil && CodeOf(err) != CodeNotConnected && p.life.Err() == nil {
			p.cfg.Log.Info("WhatsApp could not be told whether a seat is online", "seat", key.Seat, "error", err)
		}
		p.mu.Lock()
		if !s.again || p.life.Err() != nil {
			s.busy = false
			if err == nil {
				p.idleSeat(key, s)
			}
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
}

// take tells WhatsApp step by step, within one call of the client.
func (p *Presences) take(key SeatKey, s *presentSeat, steps []step, connection int) error {
	if len(steps) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.life, presenceTimeout)
	defer cancel()
	return guard(func() error {
		return Call(ctx, p.cfg.Clients, key, func(ctx context.Context, client PresenceClient) error {
			for _, step := range steps {
				if err := step.call(ctx, client); err != nil {
					return err
				}
				p.mu.Lock()
				if s.anew == connection {
					step.done(s)
				}
				p.mu.Unlock()
			}
			return nil
		})
	})
}
