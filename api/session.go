package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/myaibud/aibud/engine"
)

const (
	cookieName = "aibud_session"
	keyUser    = "user"     // the user's ID
	keyProof   = "password" // which password it was opened with: see passwordProof
	keySeen    = "seen"     // Unix seconds of a recent request
)

// sessions knows who sends a request. A session is a random token in a
// cookie; what belongs to it is in the store.
type sessions struct {
	manager  *scs.SessionManager
	accounts Accounts
	idle     time.Duration
	secure   bool // the cookie is for https even if the request is not
	now      func() time.Time

	touching sync.Mutex // a sign-out is not undone by a request that runs beside it
	cache    sessionCache
}

func newSessions(config *Config) *sessions {
	return &sessions{
		// Not by scs.New: it starts a goroutine for a store in memory, which
		// can't be ended without a data race.
		manager:  &scs.SessionManager{Store: config.Sessions, Lifetime: config.Session.Lifetime, Codec: scs.GobCodec{}},
		accounts: config.Accounts,
		idle:     config.Session.Idle,
		secure:   len(config.PublicURL) > 6 && config.PublicURL[:6] == "https:",
		now:      config.Now,
	}
}

// start makes a session under a new token and returns its cookie. The
// session that the request came with ends.
func (s *sessions) start(ctx context.Context, r *http.Request, user engine.User) (string, error) {
	if _, err := s.end(ctx, r); err != nil {
		return "", err
	}
	ctx, err := s.manager.Load(ctx, "")
	if err != nil {
		return "", fmt.Errorf("make a session: %w", err)
	}
	s.manager.Put(ctx, keyUser, string(user.ID))
	s.manager.Put(ctx, keyProof, passwordProof(user))
	s.manager.Put(ctx, keySeen, s.now().Unix())
	token, expiry, err := s.manager.Commit(ctx)
	if err != nil {
		return "", fmt.Errorf("store the session: %w", err)
	}
	return s.cookie(r, token, expiry), nil
}

// end ends the session that the request came with, if any, and returns the
// cookie that makes the browser forget it.
func (s *sessions) end(ctx context.Context, r *http.Request) (string, error) {
	if token := tokenOf(r); token != "" {
		if err := s.destroy(ctx, token); err != nil {
			return "", err
		}
	}
	return s.cookie(r, "", time.Time{}), nil
}

func (s *sessions) destroy(ctx context.Context, token string) error {
	s.touching.Lock()
	defer s.touching.Unlock()
	ctx, err := s.manager.Load(ctx, token)
	if err == nil {
		err = s.manager.Destroy(ctx)
	}
	s.cache.drop(keyOf(token))
	if err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// user returns who sent the request, or [engine.CodeUnauthorized].
func (s *sessions) user(r *http.Request) (engine.User, error) {
	return s.userOf(r.Context(), tokenOf(r))
}

// userOf returns whose session a token is, or [engine.CodeUnauthorized].
func (s *sessions) userOf(ctx context.Context, token string) (engine.User, error) {
	if token == "" {
		return engine.User{}, unauthorized()
	}
	key, now := keyOf(token), s.now()
	user, known, ended := s.cache.get(key, now)
	if known {
		return user, nil
	}
	user, err := s.lookUp(ctx, token)
	if err == nil {
		s.cache.put(key, user, now, ended)
	}
	return user, err
}

// lookUp is userOf by the store.
func (s *sessions) lookUp(ctx context.Context, token string) (engine.User, error) {
	loaded, err := s.manager.Load(ctx, token)
	if err != nil {
		return engine.User{}, fmt.Errorf("load the session: %w", err)
	}
	id := s.manager.GetString(loaded, keyUser)
	if id == "" {
		return engine.User{}, unauthorized()
	}
	quiet := s.now().Sub(time.Unix(s.manager.GetInt64(loaded, keySeen), 0))
	if quiet > s.idle {
		if err := s.destroy(ctx, token); err != nil {
			return engine.User{}, err
		}
		return engine.User{}, unauthorized()
	}
	if quiet > s.idle/64 { // rarely enough that requests don't become writes
		if err := s.touch(ctx, token); err != nil {
			return engine.User{}, err
		}
	}
	user, err := s.accounts.User(ctx, engine.UserID(id))
	if engine.CodeOf(err) == engine.CodeNotFound {
		return engine.User{}, unauthorized()
	}
	if err == nil && s.manager.GetString(loaded, keyProof) != passwordProof(user) {
		return engine.User{}, unauthorized() // the password was changed since
	}
	return user, err
}

// passwordProof tells passwords apart without telling them: a new password
// ends the sessions that the old one opened.
func passwordProof(user engine.User) string {
	sum := sha256.Sum256([]byte(user.PasswordHash))
	return hex.EncodeToString(sum[:8])
}

// touch records that the session is in use.
func (s *sessions) touch(ctx context.Context, token string) error {
	s.touching.Lock()
	defer s.touching.Unlock()
	ctx, err := s.manager.Load(ctx, token)
	if err != nil {
		return fmt.Errorf("load the session: %w", err)
	}
	if s.manager.GetString(ctx, keyUser) == "" {
		return nil // ended in the meantime
	}
	s.manager.Put(ctx, keySeen, s.now().Unix())
	if _, _, err := s.manager.Commit(ctx); err != nil {
		return fmt.Errorf("store the session: %w", err)
	}
	return nil
}

// cookie is the header that hands a token to the browser, or takes it away
// if the token is empty.
func (s *sessions) cookie(r *http.Request, token string, expiry time.Time) string {
	cookie := http.Cookie{
		Name: cookieName, Value: token, Path: "/", HttpOnly: true,
		Secure: s.secure || r.TLS != nil, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if token != "" {
		cookie.Expires = expiry
		cookie.MaxAge = int(time.Until(expiry).Seconds())
	}
	return cookie.String()
}

func tokenOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(cookie.Value) > 128 {
		return ""
	}
	return cookie.Value
}

// sessionKey names a session in memory without holding its token.
type sessionKey [sha256.Size]byte

func keyOf(token string) sessionKey { return sha256.Sum256([]byte(token)) }

func unauthorized() *engine.Error {
	return engine.Errorf(engine.CodeUnauthorized, "You are not signed in. Sign in and try again.")
}
