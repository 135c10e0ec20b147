package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// refusalTimeout bounds how long refusing a call may take. It rings for less
// than a minute.
const refusalTimeout = 20 * time.Second

// CallRecords are the seats' calls. Package store implements it.
type CallRecords interface {
	// CallRef returns a call as WhatsApp knows it, with its seat. One that
	// isn't there, or is another tenant's, fails with [CodeNotFound].
	CallRef(ctx context.Context, tenant TenantID, id CallID) (SeatKey, CallChange, error)
}

// refusedMark stands in the data of every event that refuse is for.
var refusedMark = []byte(`"refused":true`) //nolint:gochecknoglobals // constant

// refuse refuses a call at WhatsApp, if the event tells that the seat's
// settings ask for it. A call that can't be refused goes on ringing.
func (sv *Supervisor) refuse(event Event) {
	if sv.cfg.Calls == nil || !bytes.Contains(event.Data, refusedMark) {
		return
	}
	var call CallView
	if err := json.Unmarshal(event.Data, &call); err != nil || !call.Refused || call.State != CallRinging {
		return
	}
	sv.mu.RLock()
	life := sv.life
	sv.mu.RUnlock()
	if life == nil {
		return
	}
	sv.refusals.Go(func() {
		ctx, cancel := context.WithTimeout(life, refusalTimeout)
		defer cancel()
		if err := guard(func() error { return sv.rejectCall(ctx, event.Tenant, call.ID) }); err != nil && life.Err() == nil {
			sv.cfg.Log.Warn("a call could not be refused", "seat", event.Seat, "error", err)
		}
	})
}

func (sv *Supervisor) rejectCall(ctx context.Context, tenant TenantID, id CallID) error {
	seat, call, err := sv.cfg.Calls.CallRef(ctx, tenant, id)
	if err != nil {
		return err
	}
	return RejectCall(ctx, sv, seat, call)
}

// RejectCall refuses a call that rings. One that doesn't ring any more is
// [CodeConflict].
func RejectCall(ctx context.Context, clients Clients, seat SeatKey, call CallChange) error {
	if call.State != CallRinging {
		return Errorf(CodeConflict, "This call doesn't ring any more.")
	}
	return Call(ctx, clients, seat, func(ctx context.Context, client CallClient) error {
		return client.RejectCall(ctx, call)
	})
}
