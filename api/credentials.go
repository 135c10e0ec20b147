package api

import "context"

// HashPassword checks an e-mail address and a new password by the rules of
// the sign-up, and returns the address as accounts have it and the hash as
// [engine.User] has it. It is for tools that change accounts beside the API.
// Errors are of [engine.CodeInvalid] and say what is wrong.
func HashPassword(ctx context.Context, email, password string) (normalised, hash string, err error) {
	if normalised, err = normalEmail(email); err != nil {
		return "", "", err
	}
	passwords := newPasswords(PasswordCost{}.withDefaults())
	if err := passwords.check(password, normalised); err != nil {
		return "", "", err
	}
	hash, err = passwords.hash(ctx, password)
	return normalised, hash, err
}
