package simulator

import (
	"context"
	"fmt"
	"strconv"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waLidMigrationSyncPayload"
	"google.golang.org/protobuf/proto"
)

// MigrateToLID moves a phone that addressed people by number (UsePhoneNumbers) on to LIDs and tells its clients: when,
// and which LID belongs to which number in its chats.
func (p *Phone) MigrateToLID(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.UsePhoneNumbers(false)
	payload, err := proto.Marshal(&waLidMigrationSyncPayload.LIDMigrationMappingSyncPayload{
		PnToLidMappings: p.lidMappings(), ChatDbMigrationTimestamp: proto.Uint64(uint64(p.server().clock.Unix())),
	})
	if err != nil {
		return fmt.Errorf("encode mappings: %w", err)
	}
	for _, d := range p.account.linked() {
		if err = p.peer(ctx, d, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type:                           waE2E.ProtocolMessage_LID_MIGRATION_MAPPING_SYNC.Enum(),
			LidMigrationMappingSyncMessage: &waE2E.LIDMigrationMappingSyncMessage{EncodedMappingPayload: payload},
		}}); err != nil {
			return err
		}
	}
	return nil
}

// lidMappings are the people in the phone's chats, itself included.
func (p *Phone) lidMappings() []*waLidMigrationSyncPayload.LIDMigrationMapping {
	people := map[*account]bool{p.account: true}
	p.mu.Lock()
	for _, m := range p.messages {
		for _, number := range []string{m.From, m.To} {
			if a := p.server().directory.number(number); a != nil {
				people[a] = true
			}
		}
	}
	p.mu.Unlock()
	var out []*waLidMigrationSyncPayload.LIDMigrationMapping
	for a := range people {
		// Both are digits by construction (checkNumber, hiddenID).
		number, _ := strconv.ParseUint(a.number, 10, 64)
		lid, _ := strconv.ParseUint(a.lid, 10, 64)
		out = append(out, &waLidMigrationSyncPayload.LIDMigrationMapping{Pn: &number, AssignedLid: &lid})
	}
	return out
}
