package whatsmeow

import (
	"github.com/segmentio/encoding/json"
	groups "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/state/record"
)

// sessionEncoding reads and writes the Signal library's sessions as the library
// does itself, byte for byte, with a package that reads JSON in a fifth of the
// time: each message that comes in reads and writes one.
type sessionEncoding struct{}

// Serialize implements [record.SessionSerializer].
func (sessionEncoding) Serialize(session *record.SessionStructure) []byte {
	return encoded(session)
}

// Deserialize implements [record.SessionSerializer].
func (sessionEncoding) Deserialize(text []byte) (*record.SessionStructure, error) {
	session := new(record.SessionStructure)
	return session, json.Unmarshal(text, session)
}

// senderKeyEncoding is the same for the keys of groups.
type senderKeyEncoding struct{}

// Serialize implements [groups.SenderKeySerializer].
func (senderKeyEncoding) Serialize(key *groups.SenderKeyStructure) []byte {
	return encoded(key)
}

// Deserialize implements [groups.SenderKeySerializer].
func (senderKeyEncoding) Deserialize(text []byte) (*groups.SenderKeyStructure, error) {
	key := new(groups.SenderKeyStructure)
	return key, json.Unmarshal(text, key)
}

// encoded is a value as JSON. The values have fields of bytes, numbers and such
// structures only, which can always be written; nil, as the library's own
// serializer returns it too, would not be saved as a session.
func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}
