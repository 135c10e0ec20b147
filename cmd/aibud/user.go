package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

// userCommand manages accounts for whoever has the database at hand.
type userCommand struct {
	Add         addUserCommand     `cmd:"" help:"Add a colleague to an agency. The password is read from standard input."`
	SetPassword setPasswordCommand `cmd:"" help:"Give a user a new password, which is read from standard input. Ends the user's sessions, within five seconds."`
}

type setPasswordCommand struct {
	database
	Email string `arg:"" help:"The user's e-mail address."`
}

// Run asks for the new password and sets it.
func (c *setPasswordCommand) Run(ctx context.Context, io streams) error {
	email, hash, err := newPassword(ctx, io, c.Email)
	if err != nil {
		return err
	}
	accounts, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer accounts.Close()
	if err := accounts.SetPassword(ctx, email, hash); err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, "The password is changed. Whoever was signed in as this user has to sign in again.")
	return err
}

type addUserCommand struct {
	database
	Email     string `arg:"" help:"The colleague's e-mail address."`
	Name      string `required:"" help:"The colleague's name."`
	Colleague string `required:"" help:"E-mail address of somebody who is in the agency already."`
}

// Run asks for a password and adds the user.
func (c *addUserCommand) Run(ctx context.Context, io streams) error {
	email, hash, err := newPassword(ctx, io, c.Email)
	if err != nil {
		return err
	}
	accounts, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer accounts.Close()
	colleague, err := accounts.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(c.Colleague)))
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Colleague, err)
	}
	user, err := accounts.AddUser(ctx, colleague.Tenant, engine.NewAccount{Name: c.Name, Email: email, PasswordHash: hash})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s can sign in and belongs to %s.\n", user.Email, user.Agency)
	return err
}

// newPassword asks for a new password of the account with an e-mail address,
// and returns the address as accounts have it and the password's hash.
func newPassword(ctx context.Context, io streams, address string) (email, hash string, err error) {
	password, err := readPassword(io)
	if err != nil {
		return "", "", fmt.Errorf("read the password: %w", err)
	}
	return api.HashPassword(ctx, address, password)
}

// readPassword reads a line, without showing it if a person types it.
func readPassword(io streams) (string, error) {
	if file, ok := io.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(io.err, "New password: ")
		password, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(io.err)
		return string(password), err
	}
	line, err := bufio.NewReader(io.in).ReadString('\n')
	if err != nil && line == "" {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
