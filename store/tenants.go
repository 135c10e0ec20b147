package store

import (
	"context"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// Tenant is one tenant's rows. It implements api.Tenant.
type Tenant struct {
	store *Store
	id    engine.TenantID
}

// Tenant returns a tenant's rows. Whether it exists shows when they are
// asked for.
func (s *Store) Tenant(id engine.TenantID) *Tenant { return &Tenant{store: s, id: id} }

// inTx runs fn in a transaction that has the tenant's lock.
func (n *Tenant) inTx(ctx context.Context, fn func(ctx context.Context, t *tx) error) error {
	return n.store.inTx(ctx, n.locked(fn))
}

// together is inTx in a transaction that is shared with others: see
// [Store.together]. It is for what is done often and rarely fails.
func (n *Tenant) together(ctx context.Context, fn func(ctx context.Context, t *tx) error) error {
	return n.store.together(ctx, n.id, n.locked(fn))
}

func (n *Tenant) locked(fn func(ctx context.Context, t *tx) error) func(context.Context, *tx) error {
	return func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, n.id); err != nil {
			return err
		}
		return fn(ctx, t)
	}
}

// The limits of [engine.AssistantView], in characters.
const (
	maxPersona  = 4000
	maxBusiness = 16000
)

const assistantQuery = `SELECT enabled, persona, business FROM assistants WHERE tenant = $1`

func scanAssistant(row scanner, a *engine.AssistantView) error {
	return row.Scan(&a.Enabled, &a.Persona, &a.Business)
}

// Assistant implements api.Tenant.
func (n *Tenant) Assistant(ctx context.Context) (engine.AssistantView, error) {
	settings, err := one(ctx, n.store.db, scanAssistant, assistantQuery, n.id)
	return settings, orNotFound(err, "account")
}

const updateAssistantQuery = `UPDATE assistants SET enabled = $2, persona = $3, business = $4 WHERE tenant = $1`

// UpdateAssistant implements api.Tenant. Switching the assistant off also
// cancels the replies that are being prepared.
func (n *Tenant) UpdateAssistant(ctx context.Context, settings engine.AssistantView) (engine.AssistantView, error) {
	settings.Persona, settings.Business = clean(settings.Persona), clean(settings.Business)
	if utf8.RuneCountInString(settings.Persona) > maxPersona {
		return engine.AssistantView{}, engine.Errorf(engine.CodeInvalid, "The persona may have at most %d characters. Shorten it.", maxPersona)
	}
	if utf8.RuneCountInString(settings.Business) > maxBusiness {
		return engine.AssistantView{}, engine.Errorf(engine.CodeInvalid, "The description of the business may have at most %d characters. Shorten it.", maxBusiness)
	}
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, updateAssistantQuery, n.id, settings.Enabled, settings.Persona, settings.Business); err != nil {
			return err
		}
		if !settings.Enabled {
			if err := t.cancelTurns(ctx); err != nil {
				return err
			}
		}
		return t.append(engine.EventAssistantUpdated, "", "", settings)
	})
	if err != nil {
		return engine.AssistantView{}, err
	}
	return settings, nil
}
