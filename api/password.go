package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/myaibud/aibud/engine"
)

const (
	shortestPassword = 10  // characters
	longestPassword  = 256 // bytes
	saltLength       = 16  // bytes
	hashLength       = 32  // bytes
	hashersAtOnce    = 2   // each takes PasswordCost.Memory
	hasherWait       = 10 * time.Second
)

// PasswordCost is how expensive it is to check a password, for us and for
// somebody who stole the hashes.
type PasswordCost struct {
	Memory      uint32 // KiB; 0: 65,536
	Time        uint32 // passes over the memory; 0: 3
	Parallelism uint8  // 0: 1
}

func (c PasswordCost) withDefaults() PasswordCost {
	return PasswordCost{
		Memory:      cmp.Or(c.Memory, 64<<10),
		Time:        cmp.Or(c.Time, 3),
		Parallelism: cmp.Or(c.Parallelism, 1),
	}
}

// passwords hashes with argon2id (RFC 9106), a bounded number at a time:
// sign-ins must not take all memory.
type passwords struct {
	cost   PasswordCost
	places chan struct{}
	nobody string // what is checked when there is no such user, so that it takes as long
	common map[string]bool
}

//go:embed common_passwords.txt
var commonPasswords string

func newPasswords(cost PasswordCost) *passwords {
	p := &passwords{cost: cost, places: make(chan struct{}, hashersAtOnce), common: map[string]bool{}}
	for word := range strings.FieldsSeq(commonPasswords) {
		p.common[word] = true
	}
	p.nobody = phc(cost, salt(), make([]byte, hashLength))
	return p
}

// hash returns the password's hash in PHC string format.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	random := salt()
	sum, err := p.derive(ctx, p.cost, password, random, hashLength)
	if err != nil {
		return "", err
	}
	return phc(p.cost, random, sum), nil
}

// matches says whether the password is the one of the hash. An empty hash is
// nobody's and takes as long as any other.
func (p *passwords) matches(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = p.nobody
	}
	cost, random, want, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	if len(password) > longestPassword {
		password = "" // it can't be one, but takes as long
		known = false
	}
	sum, err := p.derive(ctx, cost, password, random, len(want))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && known, nil
}

func (p *passwords) derive(ctx context.Context, cost PasswordCost, password string, random []byte, length int) ([]byte, error) {
	timer := time.NewTimer(hasherWait)
	defer timer.Stop()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-timer.C:
		return nil, engine.Errorf(engine.CodeBusy, "Many people are signing in right now. Try again in a moment.")
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), random, cost.Time, cost.Memory, cost.Parallelism, uint32(length)), nil
}

// check says what is wrong with a new password.
func (p *passwords) check(password, email string) error {
	const field = "body.password"
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		return invalid(field, fmt.Sprintf("The password is too short. Take at least %d characters; a few words in a row are good.", shortestPassword))
	case len(password) > longestPassword:
		return invalid(field, fmt.Sprintf("The password is too long. Take at most %d bytes.", longestPassword))
	case strings.EqualFold(strings.TrimSpace(password), email):
		return invalid(field, "The password is the e-mail address. Take something that others don't know.")
	case p.common[strings.ToLower(password)] || oneRune(password):
		return invalid(field, "That password is one of the first that anybody would try. Take another.")
	}
	return nil
}

func oneRune(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return strings.Trim(text, string(first)) == ""
}

func salt() []byte {
	random := make([]byte, saltLength)
	_, _ = rand.Read(random) // never fails, says its documentation
	return random
}

// phc writes a hash in the PHC string format:
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
func phc(cost PasswordCost, random, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		cost.Memory, cost.Time, cost.Parallelism, b64.EncodeToString(random), b64.EncodeToString(sum))
}

func parsePHC(hash string) (cost PasswordCost, random, sum []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, errors.New("the stored password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.Memory, &cost.Time, &cost.Parallelism); err != nil {
		return cost, nil, nil, fmt.Errorf("parameters of the stored password hash: %w", err)
	}
	if cost.Memory == 0 || cost.Memory > 1<<20 || cost.Time == 0 || cost.Time > 100 || cost.Parallelism == 0 {
		return cost, nil, nil, errors.New("the stored password hash has parameters out of bounds")
	}
	if random, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, fmt.Errorf("salt of the stored password hash: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return cost, nil, nil, fmt.Errorf("sum of the stored password hash: %w", err)
	}
	if len(sum) < 16 || len(sum) > 64 {
		return cost, nil, nil, errors.New("the stored password hash has a sum of an odd length")
	}
	return cost, random, sum, nil
}
