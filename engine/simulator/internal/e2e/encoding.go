package e2e

import (
	"github.com/segmentio/encoding/json"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"
)

// newSerializer is the library's serializer, whose own way of reading a session takes a tenth of what a message costs.
func newSerializer() *serialize.Serializer {
	s := serialize.NewProtoBufSerializer()
	s.Session = sessionEncoding{}
	return s
}

// sessionEncoding keeps sessions as JSON, as the library does.
type sessionEncoding struct{}

func (sessionEncoding) Serialize(session *record.SessionStructure) []byte {
	text, err := json.Marshal(session)
	if err != nil {
		return nil // not possible: there are only bytes and numbers in it
	}
	return text
}

func (sessionEncoding) Deserialize(text []byte) (*record.SessionStructure, error) {
	session := new(record.SessionStructure)
	return session, json.Unmarshal(text, session)
}
