package engine

// NewAccount is what a sign-up records.
type NewAccount struct {
	Agency       string // the tenant's name
	Name         string // the user's name
	Email        string // normalised: trimmed and in lower case
	PasswordHash string // argon2id in PHC string format
}

// User is a person who signs in.
type User struct {
	ID           UserID
	Tenant       TenantID
	Agency       string
	Name         string
	Email        string
	PasswordHash string
	Admin        bool // the platform's administrator
}
