package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/myaibud/aibud/engine"
)

// Config is what a [Server] needs. Accounts, Tenant, Sessions, Seats, Feed
// and Log must be set; the zero value of every other field is a documented
// default.
type Config struct {
	Accounts Accounts
	Tenant   func(engine.TenantID) Tenant // the rows of one tenant
	Sessions scs.Store                    // asked with a context if it is an [scs.CtxStore]
	Seats    Seats
	Feed     *engine.Feed
	Log      *slog.Logger

	// Presences knows what people do at the moment; nil: nobody does.
	Presences Presences

	// Media has the files of messages; nil: this server keeps none.
	Media Media

	SignupOpen   bool   // whether anyone may start a tenant; the first account always may be made
	PublicURL    string // scheme and host under which browsers reach us, if a proxy changes them; empty: as the request says
	Version      string
	Assistant    AssistantInfo
	SimulatorURL string // what WhatsApp is replaced with; empty: the real one
	DemoURL      string // the page that plays a lead's phone; empty: there is none

	JobsUI    http.Handler // pages of the job queue under /admin/jobs/; nil: none
	Dashboard http.Handler // everything that is not the API's; nil: nothing

	// Ready checks that requests can be served; /ready asks it. Nil: a read
	// from Accounts.
	Ready func(context.Context) error
	// ClientAddress names who sends a request, for rate limits. Nil: the
	// address that the connection came from, which behind a proxy is the
	// proxy's.
	ClientAddress func(*http.Request) string
	// Now is the clock. Nil: [time.Now].
	Now func() time.Time

	Timeout     time.Duration // for a request whose body is read, the websocket aside; 0: 15 s
	BodyTimeout time.Duration // for reading a body; 0: 10 s
	WritePause  time.Duration // for which a client may take nothing of an answer; 0: 1 min
	Password    PasswordCost
	Limits      Limits
	Session     SessionLife
	Live        LiveLimits
}

// AssistantInfo tells the dashboard which AI answers.
type AssistantInfo struct {
	Configured bool   // whether there is a key
	Model      string // the model's name; empty if not configured
	Scripted   bool   // whether a local script stands in for the model
}

// SessionLife is how long somebody stays signed in.
type SessionLife struct {
	Idle     time.Duration // without a request; 0: 14 days
	Lifetime time.Duration // at most, counted from the sign-in; 0: 60 days
}

func (c *Config) withDefaults() error {
	for name, missing := range map[string]bool{
		"Accounts": c.Accounts == nil, "Tenant": c.Tenant == nil, "Sessions": c.Sessions == nil,
		"Seats": c.Seats == nil, "Feed": c.Feed == nil, "Log": c.Log == nil,
	} {
		if missing {
			return errors.New("api: Config." + name + " is not set")
		}
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return errors.New("api: the public URL must look like https://aibud.example")
		}
	}
	if c.Ready == nil {
		c.Ready = func(ctx context.Context) error {
			_, err := c.Accounts.Empty(ctx)
			return err
		}
	}
	if c.ClientAddress == nil {
		c.ClientAddress = remoteAddress
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Timeout = cmp.Or(c.Timeout, 15*time.Second)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 10*time.Second)
	c.WritePause = cmp.Or(c.WritePause, time.Minute)
	c.Session.Idle = cmp.Or(c.Session.Idle, 14*24*time.Hour)
	c.Session.Lifetime = cmp.Or(c.Session.Lifetime, 60*24*time.Hour)
	c.Password = c.Password.withDefaults()
	c.Limits = c.Limits.withDefaults()
	c.Live = c.Live.withDefaults()
	return nil
}

// publicOrigin is the origin of PublicURL, or empty.
func (c *Config) publicOrigin() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
