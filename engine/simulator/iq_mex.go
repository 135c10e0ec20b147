package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/binary"
)

// mexHandler answers one of the GraphQL queries that clients name by number: variables in, data out.
type mexHandler func(d *device, variables json.RawMessage) (data any, err error)

// Numbers of queries, as whatsmeow has them.
const (
	mexUpdateTextStatus = "9152604461510864"
	// These two are Baileys' (WhiskeySockets/Baileys, QueryIds in Types/Mex).
	mexReachoutTimelock = "23983697327930364"
	mexMessageCapping   = "24503548349331633"
)

// mexOf gives what answers a query, or nil.
func (s *Server) mexOf(id string) mexHandler {
	switch id {
	case mexUpdateTextStatus:
		return s.mexTextStatus
	case mexReachoutTimelock:
		return mexTimelock
	case mexMessageCapping:
		return mexCapping
	default:
		if handle := s.mexChannel(id); handle != nil {
			return handle.decoded()
		}
		return nil
	}
}

// queryMex answers the namespace "w:mex". A query that fails is a result too, with the errors in its JSON.
func (s *Server) queryMex(d *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	asked, ok := n.GetOptionalChildByTag("query")
	var body struct {
		Variables json.RawMessage `json:"variables"`
	}
	if !ok || json.Unmarshal(content(&asked), &body) != nil {
		return nil, errBadRequest
	}
	handle := s.mexOf(attr(&asked, "query_id"))
	if handle == nil {
		return nil, errNotImplemented
	}
	data, err := handle(d, body.Variables)
	answer, err := json.Marshal(mexAnswer(data, err))
	if err != nil {
		s.log.Error("GraphQL answer can't be encoded", "error", err)
		return nil, errInternal
	}
	return []binary.Node{{Tag: "result", Content: answer}}, nil
}

// mexAnswer is an answer in the form that whatsmeow's types.GraphQLErrors reads.
func mexAnswer(data any, err error) map[string]any {
	if err == nil {
		return map[string]any{"data": data}
	}
	failure := refusal(err)
	var named *queryError
	if errors.As(err, &named) {
		failure = named
	}
	return map[string]any{"data": nil, "errors": []any{map[string]any{
		"message": failure.text,
		"extensions": map[string]any{
			"error_code": failure.code, "is_retryable": failure.code >= errInternal.code, "severity": "CRITICAL",
		},
	}}}
}

// mexTextStatus sets the about text in its newer form (whatsmeow, SetStatusMessage).
func (s *Server) mexTextStatus(d *device, variables json.RawMessage) (any, error) {
	var asked struct {
		Input struct {
			Text  *string `json:"text"`
			Emoji *struct {
				Content string `json:"content"`
			} `json:"emoji"`
			Seconds int64 `json:"ephemeral_duration_sec"`
		} `json:"input"`
	}
	if err := json.Unmarshal(variables, &asked); err != nil {
		return nil, fmt.Errorf("%w variables: %w", ErrInvalid, err)
	}
	var text, emoji string
	if asked.Input.Text != nil {
		text = *asked.Input.Text
	}
	if asked.Input.Emoji != nil {
		emoji = asked.Input.Emoji.Content
	}
	if asked.Input.Seconds < 0 || asked.Input.Seconds > int64(maxAboutLife.Seconds()) {
		return nil, fmt.Errorf("%w duration", ErrInvalid)
	}
	err := s.changeAbout(d.account, d, text, emoji, time.Duration(asked.Input.Seconds)*time.Second)
	if err != nil {
		return nil, err
	}
	return map[string]any{"xwa2_update_text_status": map[string]any{"result": "SUCCESS"}}, nil
}

// mexTimelock tells whether the account is locked out of new chats.
func mexTimelock(d *device, _ json.RawMessage) (any, error) {
	return map[string]any{"xwa2_fetch_account_reachout_timelock": d.account.restriction().json()}, nil
}

// mexCapping tells how many new chats the account may begin.
func mexCapping(d *device, _ json.RawMessage) (any, error) {
	return map[string]any{"xwa2_message_capping_info": d.account.capping()}, nil
}
