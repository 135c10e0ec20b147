package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// defaultPersona is who a new tenant's assistant is, until somebody writes a
// better one.
const defaultPersona = `You are the assistant of a South African estate agency and answer its leads on WhatsApp.
You are warm, helpful and brief: one to three short sentences, the way people write on WhatsApp.
Ask one question at a time. Find out what the person wants (to buy, to sell, to rent or to let), in which area, for which budget or price, and by when.
Never invent listings, prices, addresses or appointments. If you don't know something, say that an agent will find out and get back to them.
Offer to let an agent take over when the person asks for one or when a decision has to be made.
Answer in the language that the person writes in.`

const (
	lockSignupQuery      = `UPDATE settings SET value = '' WHERE key = 'signup'`
	countUsersQuery      = `SELECT COUNT(*) FROM (SELECT 1 FROM users LIMIT 1) u`
	insertTenantQuery    = `INSERT INTO tenants (id, name, last_seq, created_at) VALUES ($1, $2, 0, $3)`
	insertAssistantQuery = `INSERT INTO assistants (tenant, enabled, persona, business) VALUES ($1, true, $2, '')`
	insertUserQuery      = `INSERT INTO users (tenant, id, name, email, password_hash, admin, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)`
)

// SignUp implements api.Accounts.
func (s *Store) SignUp(ctx context.Context, account engine.NewAccount, open bool) (engine.User, error) {
	user := engine.User{
		ID: engine.UserID(engine.NewID()), Tenant: engine.TenantID(engine.NewID()),
		Agency: clean(account.Agency), Name: clean(account.Name), Email: account.Email, PasswordHash: account.PasswordHash,
	}
	err := s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, lockSignupQuery); err != nil {
			return err
		}
		users, err := one(ctx, t, column[int], countUsersQuery)
		if err != nil {
			return err
		}
		user.Admin = users == 0
		if !user.Admin && !open {
			return engine.Errorf(engine.CodeForbidden, "Sign-up is closed. Ask the administrator of this server for an account.")
		}
		if _, err := t.exec(ctx, insertTenantQuery, user.Tenant, user.Agency, millis(t.now)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, insertAssistantQuery, user.Tenant, defaultPersona); err != nil {
			return err
		}
		return t.insertUser(ctx, user)
	})
	if err != nil {
		return engine.User{}, err
	}
	return user, nil
}

func (t *tx) insertUser(ctx context.Context, user engine.User) error {
	_, err := t.exec(ctx, insertUserQuery,
		user.Tenant, user.ID, user.Name, user.Email, user.PasswordHash, user.Admin, millis(t.now))
	if isTaken(err) {
		return engine.Errorf(engine.CodeConflict, "There is an account with this e-mail address already. Sign in, or use another address.")
	}
	return err
}

const tenantNameQuery = `SELECT name FROM tenants WHERE id = $1`

// AddUser adds a user to a tenant; the account's agency is ignored. A taken
// e-mail address fails with [engine.CodeConflict], an unknown tenant with
// [engine.CodeNotFound].
func (s *Store) AddUser(ctx context.Context, tenant engine.TenantID, account engine.NewAccount) (engine.User, error) {
	user := engine.User{
		ID: engine.UserID(engine.NewID()), Tenant: tenant,
		Name: clean(account.Name), Email: account.Email, PasswordHash: account.PasswordHash,
	}
	err := s.inTx(ctx, func(ctx context.Context, t *tx) (err error) {
		if user.Agency, err = one(ctx, t, column[string], tenantNameQuery, tenant); err != nil {
			return orNotFound(err, "agency")
		}
		return t.insertUser(ctx, user)
	})
	if err != nil {
		return engine.User{}, err
	}
	return user, nil
}

// Empty implements api.Accounts.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	users, err := one(ctx, s.db, column[int], countUsersQuery)
	return users == 0, translate(err)
}

const (
	userQuery = `SELECT u.id, u.tenant, t.name, u.name, u.email, u.password_hash, u.admin
FROM users u JOIN tenants t ON t.id = u.tenant WHERE `
	userByIDQuery    = userQuery + `u.id = $1`
	userByEmailQuery = userQuery + `u.email = $1`
)

func scanUser(row scanner, u *engine.User) error {
	return row.Scan(&u.ID, &u.Tenant, &u.Agency, &u.Name, &u.Email, &u.PasswordHash, &u.Admin)
}

// UserByEmail implements api.Accounts.
func (s *Store) UserByEmail(ctx context.Context, email string) (engine.User, error) {
	user, err := one(ctx, s.db, scanUser, userByEmailQuery, email)
	return user, orNotFound(err, "user")
}

// User implements api.Accounts.
func (s *Store) User(ctx context.Context, id engine.UserID) (engine.User, error) {
	user, err := one(ctx, s.db, scanUser, userByIDQuery, id)
	return user, orNotFound(err, "user")
}
