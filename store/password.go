package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

const setPasswordQuery = `UPDATE users SET password_hash = $2 WHERE email = $1`

// SetPassword gives the user with the e-mail address, in the form that
// accounts have it, another password hash. It fails with
// [engine.CodeNotFound] if there is no such user.
func (s *Store) SetPassword(ctx context.Context, email, hash string) error {
	changed, err := s.db.exec(ctx, setPasswordQuery, email, hash)
	if err != nil {
		return translate(err)
	}
	if changed == 0 {
		return engine.Errorf(engine.CodeNotFound, "There is no account with that e-mail address.")
	}
	return nil
}
