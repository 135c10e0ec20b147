package api

import (
	"context"
	"net/mail"
	"strings"

	"github.com/myaibud/aibud/engine"
)

type (
	signUpRequest struct {
		Body SignUp
	}
	signInRequest struct {
		Body SignIn
	}
	// startedResponse is an answer that starts a session.
	startedResponse struct {
		SetCookie string `header:"Set-Cookie" doc:"The session"`
		Body      Me
	}
	endedResponse struct {
		SetCookie string `header:"Set-Cookie" doc:"Makes the browser forget the session"`
	}
	meResponse struct {
		Body Me
	}
)

// SignUp makes a tenant with its first user.
type SignUp struct {
	Agency   string `json:"agency" minLength:"1" maxLength:"80" doc:"The agency's name" example:"Baobab Estates"`
	Name     string `json:"name" minLength:"1" maxLength:"80" doc:"The user's name" example:"Thandi Nkosi"`
	Email    string `json:"email" minLength:"3" maxLength:"254" example:"thandi@baobab.example"`
	Password string `json:"password" doc:"At least 10 characters, at most 256 bytes, and none of the most common ones" example:"a few words in a row"`
}

// SignIn is a user's e-mail address and password.
type SignIn struct {
	Email    string `json:"email" maxLength:"254" example:"thandi@baobab.example"`
	Password string `json:"password" example:"a few words in a row"`
}

// Me is who is signed in.
type Me struct {
	User   MyUser   `json:"user"`
	Tenant MyTenant `json:"tenant"`
}

// MyUser is the signed-in user.
type MyUser struct {
	ID    engine.UserID `json:"id"`
	Name  string        `json:"name"`
	Email string        `json:"email"`
	Admin bool          `json:"admin" doc:"Whether the user administers the platform"`
}

// MyTenant is the signed-in user's agency.
type MyTenant struct {
	ID   engine.TenantID `json:"id"`
	Name string          `json:"name"`
}

func me(user engine.User) Me {
	return Me{
		User:   MyUser{ID: user.ID, Name: user.Name, Email: user.Email, Admin: user.Admin},
		Tenant: MyTenant{ID: user.Tenant, Name: user.Agency},
	}
}

func (s *Server) signUp(ctx context.Context, request *signUpRequest) (*startedResponse, error) {
	body := request.Body
	if err := s.attempts.addresses.take(s.config.ClientAddress(requestOf(ctx))); err != nil {
		return nil, err
	}
	account, err := s.newAccount(body)
	if err != nil {
		return nil, err
	}
	if err := s.checkSignup(ctx); err != nil { // before the expensive part
		return nil, err
	}
	if account.PasswordHash, err = s.passwords.hash(ctx, body.Password); err != nil {
		return nil, err
	}
	user, err := s.config.Accounts.SignUp(ctx, account, s.config.SignupOpen)
	if err != nil {
		return nil, err
	}
	return s.signedIn(ctx, user)
}

// newAccount checks a sign-up.
func (s *Server) newAccount(body SignUp) (engine.NewAccount, error) {
	for field, name := range map[string]string{"agency": body.Agency, "name": body.Name} {
		if err := checkName(field, name); err != nil {
			return engine.NewAccount{}, err
		}
	}
	email, err := normalEmail(body.Email)
	if err != nil {
		return engine.NewAccount{}, err
	}
	if err := s.passwords.check(body.Password, email); err != nil {
		return engine.NewAccount{}, err
	}
	return engine.NewAccount{Agency: strings.TrimSpace(body.Agency), Name: strings.TrimSpace(body.Name), Email: email}, nil
}

func (s *Server) checkSignup(ctx context.Context) error {
	if s.config.SignupOpen {
		return nil
	}
	empty, err := s.config.Accounts.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty {
		return engine.Errorf(engine.CodeForbidden, "Sign-up is closed on this server. Ask its administrator for an account.")
	}
	return nil
}

func (s *Server) signIn(ctx context.Context, request *signInRequest) (*startedResponse, error) {
	email := strings.ToLower(strings.TrimSpace(request.Body.Email))
	address := s.config.ClientAddress(requestOf(ctx))
	if err := s.attempts.addresses.take(address); err != nil {
		return nil, err
	}
	// By address too: who keeps guessing must not lock the owner out.
	guess := email + " " + address
	if err := s.attempts.guesses.take(guess); err != nil {
		return nil, err
	}
	user, err := s.userByEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	matches, err := s.passwords.matches(ctx, user.PasswordHash, request.Body.Password)
	if err != nil {
		return nil, err
	}
	if !matches {
		return nil, engine.Errorf(engine.CodeUnauthorized, "E-mail address and password don't match an account.")
	}
	s.attempts.guesses.forget(guess)
	return s.signedIn(ctx, user)
}

// userByEmail returns an empty user if there is none, so that what follows is
// the same for both.
func (s *Server) userByEmail(ctx context.Context, email string) (engine.User, error) {
	if !printableText(email) {
		return engine.User{}, nil
	}
	user, err := s.config.Accounts.UserByEmail(ctx, email)
	if engine.CodeOf(err) == engine.CodeNotFound {
		return engine.User{}, nil
	}
	return user, err
}

func (s *Server) signedIn(ctx context.Context, user engine.User) (*startedResponse, error) {
	r := requestOf(ctx)
	cookie, err := s.sessions.start(ctx, r, user)
	if err != nil {
		return nil, err
	}
	s.live.endSession(tokenOf(r))
	return &startedResponse{SetCookie: cookie, Body: me(user)}, nil
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*endedResponse, error) {
	r := requestOf(ctx)
	cookie, err := s.sessions.end(ctx, r)
	if err != nil {
		return nil, err
	}
	s.live.endSession(tokenOf(r))
	return &endedResponse{SetCookie: cookie}, nil
}

func (s *Server) getMe(ctx context.Context, _ *struct{}) (*meResponse, error) {
	return &meResponse{Body: me(userOf(ctx))}, nil
}

// normalEmail returns an address in the one form that accounts have: trimmed
// and in lower case. It takes what can be an address on the internet: no
// display name, no comments, no quoted or local host.
func normalEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	parsed, err := mail.ParseAddress(email)
	_, host, _ := strings.Cut(email, "@")
	if err != nil || parsed.Name != "" || parsed.Address != email || !printableText(email) ||
		strings.ContainsAny(email, "\"<>() ") || !strings.Contains(strings.Trim(host, "."), ".") || len(email) > 254 {
		return "", invalid("body.email", "That is not an e-mail address. It should look like name@agency.co.za.")
	}
	return email, nil
}
