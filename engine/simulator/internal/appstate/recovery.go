package appstate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/proto/waSyncdSnapshotRecovery"
	"google.golang.org/protobuf/proto"
)

// Recovery is the collection in the form in which a phone gives it to a linked device that can't follow the patches any
// more: unencrypted (it travels in an encrypted message), compressed by gzip. whatsmeow reads it in appstate/recovery.go.
func (r *Replica) Recovery() ([]byte, error) {
	out := &waSyncdSnapshotRecovery.SyncdSnapshotRecovery{
		Version:          &waSyncdSnapshotRecovery.SyncdVersion{Version: proto.Uint64(r.version)},
		CollectionName:   proto.String(r.name),
		CollectionLthash: r.hash[:],
	}
	for _, e := range r.entries {
		index, err := json.Marshal(e.Index)
		if err != nil {
			return nil, fmt.Errorf("encode index: %w", err)
		}
		out.MutationRecords = append(out.MutationRecords, &waSyncdSnapshotRecovery.SyncdPlainTextRecord{
			Value: &waSyncAction.SyncActionData{
				Index: index, Value: e.Value, Padding: []byte{}, Version: proto.Int32(e.Version),
			},
			KeyID: []byte(e.keyID),
			Mac:   e.value[:],
		})
	}
	raw, err := proto.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode recovery: %w", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err = w.Write(raw); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compress recovery: %w", err)
	}
	return packed.Bytes(), nil
}
